"""Masks by hand, and each against the plain words: same segment, not later."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.trainer_files.packing.attention_masks import additive_mask, boolean_mask, flex_mask
from udfs.trainer_files.packing.boundaries import row_boundaries

INF = np.inf


def test_a_row_of_two_segments() -> None:
    segments = np.array([0, 0, 1])
    assert boolean_mask(segments).tolist() == [
        [True, False, False], [True, True, False], [False, False, True],
    ]  # fmt: skip
    assert additive_mask(segments, 8.0).tolist() == [[0, -INF, -INF], [0, 0, -INF], [-8, -8, 0]]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.integers(0, 4))
@settings(deadline=None)
def test_all_forms_say_the_same(lengths: list[int], padding: int) -> None:
    size = sum(lengths) + padding
    segments = row_boundaries(np.zeros(size, np.int32), lengths, padding).segment_ids
    mask = boolean_mask(segments)
    assert mask.any(axis=1).all()
    assert np.array_equal(additive_mask(segments) == 0, mask)
    mask_mod = flex_mask(segments[None, :])
    for query in range(size):
        for key in range(size):
            sees = segments[query] == segments[key] and key <= query
            assert mask[query, key] == mask_mod(0, 3, query, key) == sees


def test_no_bias_is_the_causal_mask() -> None:
    assert np.array_equal(additive_mask(np.array([0, 1, 2]), 0.0) == 0, np.tri(3, dtype=bool))


@pytest.mark.parametrize("bias", [-1.0, np.nan])
def test_a_bias_that_would_be_added_is_an_error(bias: float) -> None:
    with pytest.raises(ValueError, match="wanted 0 to infinity"):
        additive_mask(np.array([0]), bias)

"""Positions, labels and boundaries of a packed row, by hand and by property."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.trainer_files.packing.boundaries import IGNORED_LABEL, row_boundaries, unshifted_labels

NO = IGNORED_LABEL


def test_a_row_of_two_documents_and_padding() -> None:
    found = row_boundaries([11, 12, 2, 21, 2, 0, 0], [3, 2], 2)
    assert found.position_ids.tolist() == [0, 1, 2, 0, 1, 0, 1]
    # EOS (2) is a label; what follows it is not predicted from it; padding has no labels.
    assert found.labels.tolist() == [12, 2, NO, 2, NO, NO, NO]
    assert found.segment_ids.tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert found.cumulative_lengths.tolist() == [0, 3, 5, 7]
    assert found.longest_segment == 3
    assert unshifted_labels(found).tolist() == [NO, 12, 2, NO, 2, NO, NO]


def test_a_full_row_has_no_segment_of_padding() -> None:
    found = row_boundaries([1, 2, 3], [3], 0)
    assert found.cumulative_lengths.tolist() == [0, 3]
    assert found.labels.tolist() == [2, 3, NO]


@given(st.lists(st.integers(1, 9), max_size=8), st.integers(0, 5))
@settings(deadline=None)
def test_labels_never_cross(lengths: list[int], padding: int) -> None:
    size = sum(lengths) + padding
    ids = np.arange(100, 100 + size, dtype=np.int32)
    found = row_boundaries(ids, lengths, padding)
    assert len(found.labels) == len(found.position_ids) == size
    for place, label in enumerate(found.labels):
        last = place + 1 == size or found.segment_ids[place] != found.segment_ids[place + 1]
        assert label == (NO if last or place >= size - padding else ids[place + 1])
    assert (found.labels != NO).sum() == sum(lengths) - len(lengths)
    ends = found.cumulative_lengths[1:]
    assert np.array_equal(
        np.bincount(found.segment_ids, minlength=len(ends)), np.diff(found.cumulative_lengths)
    )
    assert found.longest_segment == max([*lengths, padding], default=0)


def test_lengths_that_do_not_add_up_are_an_error() -> None:
    with pytest.raises(ValueError, match="have 4 tokens, but the row has 3"):
        row_boundaries([1, 2, 3], [3], 1)

"""A phrase in texts: its first place, whole tokens only, never over the border of two texts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.tracing.matching import phrase_places

TOKENS = st.lists(st.integers(0, 2), max_size=20)


@settings(deadline=None)
@given(
    texts=st.lists(TOKENS, max_size=5), phrase=st.lists(st.integers(0, 2), min_size=1, max_size=5)
)
def test_places_are_those_of_a_plain_search(texts: list[list[int]], phrase: list[int]) -> None:
    offsets = np.cumsum([0, *map(len, texts)])
    tokens = np.array([token for text in texts for token in text], np.uint64)
    found = phrase_places(tokens, offsets, np.array(phrase, np.uint64))
    for text, first, place in zip(texts, offsets, found.tolist(), strict=False):
        starts = [i for i in range(len(text)) if text[i : i + len(phrase)] == phrase]
        assert place == (first + starts[0] if starts else -1)


def test_a_phrase_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no token"):
        phrase_places(np.zeros(3, np.uint64), np.array([0, 3]), np.empty(0, np.uint64))

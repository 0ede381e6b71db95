"""Tokens of every n-th document are counted once, however the documents come."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.tracing.token_counts import (
    COUNTERS,
    SAMPLED_BYTES,
    TokenCounts,
    counters_of,
    unpacked,
)

TEXTS = st.lists(st.lists(st.integers(0, (1 << 64) - 1), max_size=20), max_size=20)


@settings(max_examples=100, deadline=None)
@given(texts=TEXTS, every=st.integers(1, 4), border=st.integers(0, 20))
def test_counts_do_not_depend_on_batches(texts: list[list[int]], every: int, border: int) -> None:
    parts = [TokenCounts(every * SAMPLED_BYTES) for _ in range(2)]
    for part, here in zip(parts, (slice(border), slice(border, None)), strict=True):
        offsets = np.cumsum([0, *map(len, texts[here])], dtype=np.int64)
        hashes = np.array([token for text in texts[here] for token in text], np.uint64)
        part.add(hashes, offsets, np.arange(len(texts), dtype=np.int64)[here])
    sampled = np.array([token for text in texts[::every] for token in text], np.uint64)
    wanted = np.bincount(counters_of(sampled), minlength=COUNTERS)
    assert np.array_equal(parts[0].counts + parts[1].counts, wanted)
    packed = np.concatenate([part.packed() for part in parts])
    assert np.array_equal(unpacked(packed), wanted)


def test_of_few_texts_all_are_counted_and_of_none_nothing() -> None:
    for size in (0, 1, SAMPLED_BYTES):
        counts = TokenCounts(size)
        counts.add(np.array([7, 7], np.uint64), np.array([0, 1, 2]), np.array([3, 4]))
        assert counts.counts.sum() == 2
    assert not len(TokenCounts(0).packed())

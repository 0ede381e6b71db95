"""Packed postings are those that were packed, in the order of hash and document, each in its bucket."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.tracing.posting_keys import PostingKeys

POSTINGS = st.lists(st.tuples(st.integers(0, (1 << 40) - 1), st.integers(0, (1 << 31) - 1)))


@settings(max_examples=200, deadline=None)
@given(postings=POSTINGS, bucket_bits=st.integers(7, 12))
def test_dealt_and_read_again(postings: list[tuple[int, int]], bucket_bits: int) -> None:
    layout = PostingKeys(40, bucket_bits, 31)
    hashes = np.array([one for one, _ in postings], np.int64)
    documents = np.array([other for _, other in postings], np.int32)
    firsts, keys = layout.dealt(hashes, documents)
    assert (firsts[0], firsts[-1], len(firsts)) == (0, len(postings), (1 << bucket_bits) + 1)
    read: list[tuple[int, int]] = []
    for bucket in np.flatnonzero(np.diff(firsts)).tolist():
        here = np.sort(keys[firsts[bucket] : firsts[bucket + 1]])
        found, numbers = layout.postings(bucket, here)
        assert set((found >> layout.bucket_shift).tolist()) == {bucket}
        read += zip(found.tolist(), numbers.tolist(), strict=True)
    assert read == sorted(postings)


@pytest.mark.parametrize(("hash_bits", "document_bits"), [(40, 24), (24, 40), (1, 1)])
def test_one_bucket_holds_all(hash_bits: int, document_bits: int) -> None:
    layout = PostingKeys(hash_bits, 0, document_bits)
    largest = np.array([(1 << hash_bits) - 1, 0], np.int64)
    firsts, keys = layout.dealt(largest, np.array([1, 0], np.int32))
    assert firsts.tolist() == [0, 2]
    hashes, documents = layout.postings(0, keys)
    assert (hashes.tolist(), documents.tolist()) == (largest.tolist(), [1, 0])

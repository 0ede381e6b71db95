"""Postings as numbers of 64 bits, dealt out to the files that the first bits of their hashes name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel


@dataclass(frozen=True)
class PostingKeys:
    """How postings of a bucket are packed into numbers, whose order is theirs.

    Attributes:
        hash_bits: Bits of a hash.
        bucket_bits: The first of them, which name its bucket and are in no key.
        document_bits: Bits of a document's number; with the others of the hash at most 64.
    """

    hash_bits: int
    bucket_bits: int
    document_bits: int

    @property
    def bucket_shift(self) -> int:
        """Bits of a hash behind those that name its bucket."""
        return self.hash_bits - self.bucket_bits

    def dealt(
        self, hashes: npt.NDArray[np.int64], documents: npt.NDArray[np.int32]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
        """Return where each bucket's keys begin, int64[buckets + 1], and the keys, bucket by bucket.

        Args:
            hashes: int64[n]; 0 to 2 ** hash_bits - 1.
            documents: int32[n].
        """
        firsts = np.zeros((1 << self.bucket_bits) + 1, np.int64)
        keys = np.empty(len(hashes), np.uint64)
        _deal(hashes, documents, self.bucket_shift, self.document_bits, firsts, keys)
        return firsts, keys

    def postings(
        self, bucket: int, keys: npt.NDArray[np.uint64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """Return hashes, int64[n], and documents, int32[n], of keys of one bucket."""
        hashes = (keys >> np.uint64(self.document_bits)).astype(np.int64)
        hashes += bucket << self.bucket_shift
        documents = keys & np.uint64((1 << self.document_bits) - 1)
        return hashes, documents.astype(np.int32)


@kernel
def _deal(
    hashes: npt.NDArray[np.int64],
    documents: npt.NDArray[np.int32],
    bucket_shift: int,
    document_bits: int,
    firsts: npt.NDArray[np.int64],
    keys: npt.NDArray[np.uint64],
) -> None:
    """Fill ``firsts``, all zero before, and ``keys``: counted first, then put in their places."""
    for place in range(len(hashes)):
        firsts[(hashes[place] >> bucket_shift) + 1] += 1
    for bucket in range(1, len(firsts)):
        firsts[bucket] += firsts[bucket - 1]
    rest = np.int64((np.int64(1) << bucket_shift) - 1)
    free = firsts[:-1].copy()
    for place in range(len(hashes)):
        bucket = hashes[place] >> bucket_shift
        key = np.uint64(hashes[place] & rest) << np.uint64(document_bits)
        keys[free[bucket]] = key | np.uint64(documents[place])
        free[bucket] += 1

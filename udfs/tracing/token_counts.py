"""How often each token is seen, in few counters: what tells a rare phrase from a set one."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel

COUNTERS: Final = 1 << 16
"""Tokens share counters: a rare one looks as common as the commonest it shares with, 65,536 to a counter."""
SAMPLED_BYTES: Final = 8 << 20
_COUNTER_SHIFT: Final = np.uint64(48)  # bits of a hash behind those that name its counter
_COUNT_BITS: Final = np.uint64(48)


class TokenCounts:
    """Counts the tokens of every n-th document on their way into an index: no text is read twice.

    Attributes:
        counts: int64[COUNTERS].
    """

    def __init__(self, text_bytes: int) -> None:
        """Take the bytes of all texts: the tokens of about 8 MiB of them, evenly spread, are counted."""
        self.counts = np.zeros(COUNTERS, np.int64)
        self._every = max(1, -(-text_bytes // SAMPLED_BYTES))

    def add(
        self,
        hashes: npt.NDArray[np.uint64],
        offsets: npt.NDArray[np.int64],
        documents: npt.NDArray[np.int64],
    ) -> None:
        """Count the tokens of those texts that are of the sample.

        Args:
            hashes: uint64[tokens], folded.
            offsets: int64[texts + 1].
            documents: int64[texts]; their numbers.
        """
        _count(hashes, offsets, documents, self._every, self.counts)

    def packed(self) -> npt.NDArray[np.uint64]:
        """Return what :func:`unpacked` reads: the counters that are not zero, each above its count."""
        used = np.flatnonzero(self.counts)
        return (used.astype(np.uint64) << _COUNT_BITS) | self.counts[used].astype(np.uint64)


def counters_of(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Return the counter of each token: int64[tokens]."""
    return (hashes >> _COUNTER_SHIFT).astype(np.int64)


def unpacked(packed: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Return the sums of what several :meth:`TokenCounts.packed` gave: int64[COUNTERS]."""
    counts = np.zeros(COUNTERS, np.int64)
    low = np.uint64((1 << int(_COUNT_BITS)) - 1)
    np.add.at(counts, (packed >> _COUNT_BITS).astype(np.int64), (packed & low).astype(np.int64))
    return counts


@kernel
def _count(
    hashes: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    documents: npt.NDArray[np.int64],
    every: int,
    counts: npt.NDArray[np.int64],
) -> None:
    for text in range(len(documents)):
        if documents[text] % every == 0:
            for token in range(offsets[text], offsets[text + 1]):
                counts[np.int64(hashes[token] >> _COUNTER_SHIFT)] += 1

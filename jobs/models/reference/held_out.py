"""Which held-out segments are apart from what is trained on: those that training rows hardly quote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from jobs.models.reference.row_stream import PackedRow

GRAM: Final = 13
"""Tokens of a run that counts as seen (GPT-3, arXiv 2005.14165, appendix C, in words)."""
MOST_SEEN: Final = 0.2
"""Share of a segment's tokens in such runs from which it is no longer clean (Llama 2, 2307.09288, A.6)."""
_FACTOR: Final = np.uint64(0x9FB21C651E98DF25)

Hashes = npt.NDArray[np.uint64]


def seen_shares(
    held_out: Sequence[PackedRow], training: Iterable[PackedRow]
) -> npt.NDArray[np.float64]:
    """Return the share of each held-out segment's tokens that lie in a run that training rows have.

    Args:
        held_out: Rows whose segments are judged; their runs are held in memory.
        training: Rows of all that is trained on, read once.

    Returns:
        float64[segments], in the rows' order; NaN for segments too short to have a run.
    """
    segments = [part for row in held_out for part in segment_ids(row)]
    grams = [_grams(ids) for ids in segments]
    known, places = np.unique(np.concatenate([*grams, np.empty(0, np.uint64)]), return_inverse=True)
    seen = np.zeros(len(known), np.bool_)
    for row in training:
        for ids in segment_ids(row):
            found = _grams(ids)
            at = np.minimum(np.searchsorted(known, found), max(0, len(known) - 1))
            if len(known):
                seen[at[known[at] == found]] = True
    shares, first = np.full(len(segments), np.nan), 0
    for number, (ids, own) in enumerate(zip(segments, grams, strict=True)):
        if len(own):
            covered = np.convolve(seen[places[first : first + len(own)]], np.ones(GRAM)) > 0
            shares[number] = covered.sum() / len(ids)
        first += len(own)
    return shares


def segment_ids(row: PackedRow) -> list[npt.NDArray[np.int32]]:
    """Return the ids of each segment."""
    return np.split(row.ids[: row.segment_lengths.sum()], np.cumsum(row.segment_lengths)[:-1])


def _grams(ids: npt.NDArray[np.int32]) -> Hashes:
    """Hashes of all runs of 13."""
    count = len(ids) - GRAM + 1
    if count < 1:
        return np.empty(0, np.uint64)
    # Ids are small and close: unmixed, their sums would collide.
    values = (ids.astype(np.uint64) + np.uint64(1)) * _FACTOR
    values ^= values >> np.uint64(29)
    found = np.zeros(count, np.uint64)
    for place in range(GRAM):
        found = found * _FACTOR + values[place : place + count]
    return found

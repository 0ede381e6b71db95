"""What an answer shares with documents: the longest runs of its tokens that stand in one of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.tracing.fingerprints import GUARANTEED, gram_hashes


class AnswerGrams(NamedTuple):
    """An answer, ready to be compared with documents.

    Attributes:
        hashes: uint64[tokens].
        keys: uint64[tokens - GRAM + 1]; hashes of its runs of GRAM tokens, ascending.
        places: int64[the same]; where each begins.
    """

    hashes: npt.NDArray[np.uint64]
    keys: npt.NDArray[np.uint64]
    places: npt.NDArray[np.int64]


def answer_grams(hashes: npt.NDArray[np.uint64]) -> AnswerGrams:
    """Sort the runs of an answer's tokens: uint64[tokens]."""
    grams = np.empty(len(hashes), np.uint64)
    grams = grams[: gram_hashes(hashes, 0, len(hashes), grams)]
    places = np.argsort(grams, kind="stable")
    return AnswerGrams(hashes, grams[places], places)


def extend_spans(
    answer: AnswerGrams,
    hashes: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    longest: npt.NDArray[np.int64],
) -> None:
    """Raise ``longest`` to what documents share with an answer.

    Args:
        answer: Of :func:`answer_grams`.
        hashes: uint64[tokens] of the documents.
        offsets: int64[documents + 1].
        longest: int64[tokens of the answer]; tokens of the longest run from each on that one document has.
    """
    if len(answer.keys):
        _extend(answer, hashes, offsets, np.empty(len(hashes), np.uint64), longest)


def maximal_spans(longest: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return (first token, token after the last) of the spans that lie in no other, in their order.

    Args:
        longest: Of :func:`extend_spans`; runs below ``GUARANTEED`` tokens are left out, as some of them
            were never found.
    """
    spans = []
    reached = 0
    for first in np.flatnonzero(longest >= GUARANTEED):
        stop = int(first + longest[first])
        if stop > reached:
            spans.append((int(first), stop))
            reached = stop
    return spans


@kernel
def _extend(
    answer: AnswerGrams,
    hashes: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    grams: npt.NDArray[np.uint64],
    longest: npt.NDArray[np.int64],
) -> None:
    tokens, keys, places = answer
    for text in range(len(offsets) - 1):
        first, stop = offsets[text], offsets[text + 1]
        for step in range(gram_hashes(hashes, first, stop, grams)):
            key = grams[step]
            low, high = 0, len(keys)
            while low < high:
                middle = (low + high) >> 1
                if keys[middle] < key:
                    low = middle + 1
                else:
                    high = middle
            while low < len(keys) and keys[low] == key:
                place = places[low]
                low += 1
                here = first + step
                # Only from the left end of what both share: else a long run costs its square.
                if place > 0 and here > first and tokens[place - 1] == hashes[here - 1]:
                    continue
                length = 0
                while (
                    place + length < len(tokens)
                    and here + length < stop
                    and tokens[place + length] == hashes[here + length]
                ):
                    length += 1
                longest[place] = max(longest[place], length)

"""How alike two documents are: estimated from 8-bit sketches, or exactly from their shingle hashes."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.dedup.shingles import Shingles

ACCIDENTAL_MATCH: Final = 1 / 256  # two different 8-bit values are equal this often


@kernel
def equal_bytes(sketches: npt.NDArray[np.uint8], first: int, second: int) -> int:
    """Count the places where rows ``first`` and ``second`` of uint8[rows, k] agree."""
    equal = 0
    for place in range(sketches.shape[1]):
        equal += sketches[first, place] == sketches[second, place]
    return equal


def compare_sketches(
    first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8]
) -> npt.NDArray[np.int32]:
    """Equal bytes of row i of ``first`` and row i of ``second``: both uint8[pairs, k]; int32[pairs]."""
    equal: npt.NDArray[np.int32] = np.count_nonzero(first == second, axis=1).astype(np.int32)
    return equal


def estimated_similarity(equal: npt.ArrayLike, places: int) -> npt.NDArray[np.float64]:
    """Jaccard similarity estimated from the number of equal sketch bytes.

    Args:
        equal: Numbers of equal places, 0..places.
        places: Permutations in a sketch.

    Returns:
        float64, 0-1; the accidental matches of 8-bit values are taken out.
    """
    share = np.asarray(equal, np.float64) / places
    return np.clip((share - ACCIDENTAL_MATCH) / (1 - ACCIDENTAL_MATCH), 0.0, 1.0)


def least_equal_bytes(similarity: float, places: int) -> int:
    """The smallest number of equal bytes whose estimate reaches ``similarity`` (places + 1: none)."""
    share = similarity * (1 - ACCIDENTAL_MATCH) + ACCIDENTAL_MATCH
    return max(0, math.ceil(share * places - 1e-9))


def standard_error(similarity: float, places: int) -> float:
    """Standard error of the estimate at a true similarity: binomial, sqrt(J (1 - J) / k)."""
    return math.sqrt(max(similarity * (1 - similarity), 0.0) / places)


def distinct_sorted(shingles: Shingles) -> Shingles:
    """The shingles of each row as a set: ascending, without repeats."""
    hashes = shingles.hashes.copy()
    offsets = np.zeros_like(shingles.offsets)
    count = _sort_rows(hashes, shingles.offsets, offsets)
    return Shingles(hashes[:count], offsets)


def exact_similarity(
    sets: Shingles, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Jaccard similarity of pairs of rows.

    Exact but for collisions of 32-bit hashes, which change J by less than 1e-6 for documents of
    some thousand shingles. Two empty sets have similarity 0: nothing speaks for a duplicate.

    Args:
        sets: ``distinct_sorted`` shingles.
        first: int64[pairs]; row numbers.
        second: int64[pairs].

    Returns:
        float64[pairs].
    """
    result = np.empty(len(first), np.float64)
    _jaccard_pairs(sets.hashes, sets.offsets, first, second, result)
    return result


@kernel
def jaccard(
    hashes: npt.NDArray[np.uint32], offsets: npt.NDArray[np.int64], one: int, other: int
) -> float:
    """Jaccard similarity of two rows of ascending distinct hashes; 0 when both are empty."""
    left = offsets[one]
    left_stop = offsets[one + 1]
    right = offsets[other]
    right_stop = offsets[other + 1]
    total = left_stop - left + right_stop - right
    common = 0
    while left < left_stop and right < right_stop:
        a = hashes[left]
        b = hashes[right]
        common += a == b
        left += a <= b
        right += b <= a
    return common / (total - common) if total > 0 else 0.0


@kernel
def _sort_rows(
    hashes: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    result: npt.NDArray[np.int64],
) -> int:
    """Sort and thin each row in place, closing the gaps; return the hashes left."""
    count = 0
    for row in range(len(offsets) - 1):
        part = np.sort(hashes[offsets[row] : offsets[row + 1]])
        first = count
        for value in part:
            if count == first or hashes[count - 1] != value:
                hashes[count] = value
                count += 1
        result[row + 1] = count
    return count


@kernel
def _jaccard_pairs(
    hashes: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    result: npt.NDArray[np.float64],
) -> None:
    for pair in range(len(result)):
        result[pair] = jaccard(hashes, offsets, first[pair], second[pair])

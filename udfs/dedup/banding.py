"""What a banding finds: the S-curve of locality-sensitive hashing, and the curve after verification.

A signature of ``bands * rows`` MinHash values is cut into bands; two documents of Jaccard similarity
s meet when all values of a band agree, with probability ``1 - (1 - s**rows)**bands`` (Leskovec,
Rajaraman and Ullman, "Mining of Massive Datasets", 3.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.dedup.similarity import ACCIDENTAL_MATCH

GRID: Final = 400  # points of numerical integration; the curves are smooth, 400 give five digits
MOST_ROWS: Final = 20  # the longest band in use anywhere (RefinedWeb)
MOST_BANDS: Final = 1000


class Banding(NamedTuple):
    """``bands`` bands of ``rows`` values."""

    bands: int
    rows: int

    @property
    def permutations(self) -> int:
        """Length of a signature."""
        return self.bands * self.rows


def meeting_probability(similarity: npt.ArrayLike, banding: Banding) -> npt.NDArray[np.float64]:
    """Probability that two documents meet in a bucket.

    Args:
        similarity: Jaccard similarities, 0-1, of any shape.
        banding: Bands and rows.

    Returns:
        float64 of the same shape, exact to rounding also where it is as small as 1e-30.
    """
    chance = np.asarray(similarity, np.float64) ** banding.rows
    with np.errstate(divide="ignore"):  # similarity 1: log(0), and probability 1
        return np.asarray(-np.expm1(banding.bands * np.log1p(-chance)))


def accepting_probability(
    similarity: npt.ArrayLike, banding: Banding, least_equal: int
) -> npt.NDArray[np.float64]:
    """Probability that two documents meet and at least ``least_equal`` bytes of their sketches agree.

    An exact convolution of the bands, accidental agreement of 8-bit values included: what remains
    when every candidate is checked by its sketch.

    Args:
        similarity: Jaccard similarities, 0-1, of any shape.
        banding: Bands and rows.
        least_equal: Equal sketch bytes asked for, 0..permutations + 1.
    """
    values = np.asarray(similarity, np.float64)
    found = np.empty(values.shape)
    for place, value in np.ndenumerate(values):
        band = _equal_bytes_in_band(float(value), banding.rows)
        everything = _power(band, banding.bands)
        band[-1] -= value**banding.rows  # what remains are the bands that do not meet
        apart = _power(np.maximum(band, 0.0), banding.bands)
        found[place] = (everything - apart)[least_equal:].sum()
    return np.clip(found, 0.0, 1.0)


def expected_recall(banding: Banding, threshold: float) -> float:
    """Share of the pairs between ``threshold`` and 1, spread evenly over that range, that meet."""
    similarities = threshold + (1 - threshold) * (np.arange(GRID) + 0.5) / GRID
    return float(meeting_probability(similarities, banding).mean())


def accidental_meetings(banding: Banding, documents: float, background: float) -> float:
    """Strangers that a document meets, if every other document is similar to it by ``background``."""
    return float(documents * meeting_probability(background, banding))


def middle(banding: Banding) -> float:
    """The similarity at which one pair in two meets."""
    return float((1 - 0.5 ** (1 / banding.bands)) ** (1 / banding.rows))


def bandings_with_recall(
    threshold: float, recall: float, documents: float, background: float
) -> Iterator[Banding]:
    """For each number of rows, the fewest bands with the wanted recall.

    Args:
        threshold: Similarity from which on pairs are to be found.
        recall: Wanted ``expected_recall``, below 1.
        documents: Size of the corpus.
        background: Similarity of strangers; a banding under which a document meets more than one of
            them is passed over, since its buckets would hold mostly strangers.
    """
    for rows in range(1, MOST_ROWS + 1):
        if expected_recall(Banding(MOST_BANDS, rows), threshold) < recall:
            return
        low, high = 1, MOST_BANDS
        while low < high:
            between = (low + high) // 2
            enough = expected_recall(Banding(between, rows), threshold) >= recall
            low, high = (low, between) if enough else (between + 1, high)
        if accidental_meetings(Banding(low, rows), documents, background) <= 1:
            yield Banding(low, rows)


def _equal_bytes_in_band(similarity: float, rows: int) -> npt.NDArray[np.float64]:
    """Distribution of the equal sketch bytes of one band: float64[rows + 1]."""
    equal = similarity + (1 - similarity) * ACCIDENTAL_MATCH
    distribution = np.ones(1)
    for _ in range(rows):
        distribution = np.convolve(distribution, [1 - equal, equal])
    return distribution


def _power(distribution: npt.NDArray[np.float64], times: int) -> npt.NDArray[np.float64]:
    """The distribution of the sum of ``times`` independent values."""
    result = np.ones(1)
    square = distribution
    while times:
        if times & 1:
            result = np.convolve(result, square)
        times >>= 1
        if times:
            square = np.convolve(square, square)
    return result

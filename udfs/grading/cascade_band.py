"""Which documents a cascade sends to the encoder: those whose cheap grade is close to the cut."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.learning.evaluation import cut_quality

MOST_F1_LOST: Final = 0.005
"""Against the encoder alone, on the documents the band is chosen on: half of what may be lost, because
the other half is the difference between those and all others."""
STEP: Final = 0.1
WIDEST: Final = 2.5

Floats = npt.NDArray[np.float64]


class Band(NamedTuple):
    """Grades of the linear model from ``low`` to ``high`` are doubtful; ``high < low``: none is.

    Attributes:
        low: Lowest doubtful grade.
        high: Highest doubtful grade.
    """

    low: float
    high: float

    def doubtful(self, grades: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        """Whether grades lie in the band, bool[n]; NaN does not."""
        return np.asarray((grades >= self.low) & (grades <= self.high))


EMPTY_BAND: Final = Band(0.0, -1.0)


def choose_band(linear: Floats, encoder: Floats, labels: Floats, cut: float) -> Band:
    """The band with the fewest documents that loses at most ``MOST_F1_LOST``.

    Args:
        linear: float64[n], grades of the linear model on documents it was not trained on.
        encoder: float64[n], grades of the encoder on the same; NaN: the linear grade stays.
        labels: float64[n].
        cut: Where documents start to pass; grades are rounded, so that 1.5 passes a cut at 2.

    Returns:
        A band around the edge at ``cut - 0.5``; empty where the linear model alone is good enough.
        Where none loses so little, the widest.
    """
    second = np.where(np.isnan(encoder), linear, encoder)
    wanted = cut_quality(second, labels, cut).f1 - MOST_F1_LOST
    if cut_quality(linear, labels, cut).f1 >= wanted:
        return EMPTY_BAND
    edge = cut - 0.5
    widths = np.arange(STEP, WIDEST + STEP / 2, STEP)
    best, fewest = Band(edge - WIDEST, edge + WIDEST), len(linear) + 1
    for below in (0.0, *widths):
        for above in (0.0, *widths):
            band = Band(float(edge - below), float(edge + above))
            doubtful = band.doubtful(linear)
            if doubtful.sum() >= fewest:
                continue
            mixed = np.where(doubtful, second, linear)
            if cut_quality(mixed, labels, cut).f1 >= wanted:
                best, fewest = band, int(doubtful.sum())
    return best

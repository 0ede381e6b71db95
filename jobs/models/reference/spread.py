"""Numbers of trainings that differ in nothing but their seed: mean, spread, and whether two arms differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

CONFIDENCE: Final = 0.95


def spread(values: Sequence[float]) -> float:
    """Return the standard deviation of a sample, 2 values or more."""
    return float(np.std(values, ddof=1))


@dataclass(frozen=True)
class Difference:
    """One arm less another, paired by seed.

    Attributes:
        mean: Of the differences.
        low: Lower end of their 95 % interval (Student's t).
        high: Upper end.
        seeds: Pairs.
    """

    mean: float
    low: float
    high: float
    seeds: int

    @property
    def is_told(self) -> bool:
        """Say whether the interval leaves out nothing-at-all; one without width is none.

        What is counted may differ by the same in two seeds by chance, and then says nothing of a third.
        """
        return self.low < self.high and (self.low > 0 or self.high < 0)


def difference(values: Sequence[float], others: Sequence[float]) -> Difference:
    """Compare two arms.

    Args:
        values: Of one arm, a value a seed, 2 or more.
        others: Of the other, for the same seeds.
    """
    from scipy.stats import t

    found = np.subtract(values, others)
    mean, count = float(found.mean()), len(found)
    reach = (
        float(t.ppf((1 + CONFIDENCE) / 2, count - 1)) * spread(found.tolist()) / math.sqrt(count)
    )
    return Difference(mean, mean - reach, mean + reach, count)

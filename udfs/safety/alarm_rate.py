"""Thresholds of a safety model for a stated rate of false alarms, found on clean documents of the user's own.

Split conformal prediction (Papadopoulos et al. 2002, "Inductive confidence machines for regression"): if a
new clean document is exchangeable with n known ones, then its score lies above the k-th highest of theirs
with a probability of at most k / (n + 1), whatever the model. No distribution is assumed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class AlarmThreshold(NamedTuple):
    """Where a language's alarms begin.

    Attributes:
        documents: Clean documents that it was found on.
        margin: Log-odds; what lies above is an alarm.
        alarms: Of those documents, how many lie above it.
    """

    documents: int
    margin: float
    alarms: int


def documents_needed(rate: float) -> int:
    """How many clean documents a rate of false alarms can be promised by: 199 for 0.005.

    Args:
        rate: Above 0, below 1.
    """
    needed = math.ceil(1.0 / rate) - 1
    # 1 / 0.1 and its like are rounded to either side of a whole number.
    return next(count for count in (needed - 1, needed, needed + 1) if _rank(count, rate) >= 1)


def alarm_thresholds(
    margins: npt.NDArray[np.float64], languages: npt.NDArray[np.object_], rate: float
) -> dict[str, AlarmThreshold]:
    """Find the lowest threshold of each language that keeps the rate.

    Args:
        margins: float64[n], log-odds of clean documents; NaN ones are left out.
        languages: object[n] of ISO 639-1 codes, None where unknown.
        rate: Share of clean documents that may be called unsafe, above 0 and below 1.

    Returns:
        Thresholds by language, sorted; a language with fewer than :func:`documents_needed` has none.

    Raises:
        ValueError: The rate is no share.
    """
    if not 0.0 < rate < 1.0:
        raise ValueError(f"a rate of false alarms of {rate} is no share above 0 and below 1")
    found = {}
    for code in sorted({str(code) for code in languages if code}):
        clean = np.sort(margins[(languages == code) & ~np.isnan(margins)])
        rank = _rank(len(clean), rate)
        if rank >= 1:
            margin = float(clean[-rank])
            found[code] = AlarmThreshold(len(clean), margin, int((clean > margin).sum()))
    return found


def alarm_offsets(
    alarm_margins: Mapping[str, float], languages: npt.NDArray[np.object_]
) -> npt.NDArray[np.float64]:
    """What is taken off each text's margin, so that 0 is its language's threshold, float64[n]."""
    return np.array([alarm_margins.get(code, 0.0) for code in languages], np.float64)


def _rank(documents: int, rate: float) -> int:
    """The highest k with k / (documents + 1) <= rate."""
    # A hair more, lest 0.005 * 200 be 0.9999.
    return int(rate * (documents + 1) * (1.0 + 1e-12))

"""How far the share seen in a sample may be from the true one."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

NORMAL_95: Final = 1.959964  # two-sided 95 % of a normal distribution


class Interval(NamedTuple):
    """Bounds of a share, 0-1."""

    low: float
    high: float


def wilson_interval(found: int, looked_at: int) -> Interval:
    """The 95 % confidence interval of a share (Wilson 1927): right also near 0 and 1.

    Raises:
        ValueError: ``found`` is not among ``looked_at``.
    """
    if not 0 <= found <= looked_at:
        raise ValueError(f"{found} found of {looked_at} looked at: give 0 <= found <= looked_at")
    if looked_at == 0:
        return Interval(0.0, 1.0)
    share = found / looked_at
    square = NORMAL_95**2 / looked_at
    middle = share + square / 2
    half = NORMAL_95 * math.sqrt(share * (1 - share) / looked_at + square / (4 * looked_at))
    low = (middle - half) / (1 + square)
    high = (middle + half) / (1 + square)
    # Exact at the ends, where rounding would leave 1e-17.
    return Interval(low if found else 0.0, high if found < looked_at else 1.0)

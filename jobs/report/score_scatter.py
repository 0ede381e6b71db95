"""Documents of one language by two losses: where each lies in the picture, and what the axes say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH, HEIGHT = 680.0, 400.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 668.0, 12.0, 352.0
MOST_POINTS: Final = 1_500
MOST_TICKS: Final = 6
LEAST_SPAN: Final = 0.1  # finer differences of a loss are none


@dataclass(frozen=True)
class ScatterPoint:
    """A document: its place, whether training rows quote it, and what a pointer is told."""

    x: float
    y: float
    seen: bool
    title: str


@dataclass(frozen=True)
class Tick:
    """A number at an axis."""

    place: float
    label: str


@dataclass(frozen=True)
class Scatter:
    """A picture; ``left_out`` documents are not drawn, every so many."""

    points: tuple[ScatterPoint, ...]
    across: tuple[Tick, ...]
    upward: tuple[Tick, ...]
    left_out: int


def scatter(
    kenlm: Sequence[float], reference: Sequence[float], seen: Sequence[bool], ids: Sequence[object]
) -> Scatter:
    """Return the picture of some documents, 1 or more.

    Args:
        kenlm: Nats a token, across.
        reference: Bits a byte, upward.
        seen: Whether training rows quote each.
        ids: Of each.
    """
    step = -(-len(ids) // MOST_POINTS)
    across, upward = _Axis(kenlm, LEFT, RIGHT), _Axis(reference, BOTTOM, TOP)
    points = tuple(
        ScatterPoint(
            across.place(kenlm[number]),
            upward.place(reference[number]),
            seen[number],
            f"{ids[number]}: KenLM {kenlm[number]:.2f}, reference {reference[number]:.2f}",
        )
        for number in range(0, len(ids), step)
    )
    return Scatter(points, across.ticks(), upward.ticks(), len(ids) - len(points))


class _Axis:
    """Places of values between two ends of the picture, with whole steps of 1, 2 or 5 for ticks."""

    def __init__(self, values: Sequence[float], first: float, last: float) -> None:
        low, high = min(values), max(values)
        rough = max(high - low, LEAST_SPAN) / MOST_TICKS
        unit = 10.0 ** math.floor(math.log10(rough))
        self._step = next(unit * part for part in (1, 2, 5, 10) if unit * part >= rough)
        self._low = math.floor(low / self._step)
        self._high = max(self._low + 1, math.ceil(high / self._step))
        self._first, self._last = first, last

    def place(self, value: float) -> float:
        share = (value / self._step - self._low) / (self._high - self._low)
        return round(self._first + (self._last - self._first) * share, 1)

    def ticks(self) -> tuple[Tick, ...]:
        numbers = range(self._low, self._high + 1)
        return tuple(
            Tick(self.place(number * self._step), f"{number * self._step:.6g}")
            for number in numbers
        )

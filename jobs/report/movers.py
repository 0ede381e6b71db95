"""What the page needs to move a threshold: places on the axis and the run's own counts at each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.report.histogram_drawing import position
from jobs.report.report_model import Histogram, RuleFacts


@dataclass(frozen=True)
class Mover:
    """One slider.

    Attributes:
        id: Unique on the page.
        reason, side: The bound it moves.
        now, last: Indices of its present and its last place.
        data: JSON with ``places, failing, now, total, side`` for the script.
        positions: The x of each place in the drawing, separated by spaces.
    """

    id: str
    reason: str
    side: str
    now: int
    last: int
    data: str
    positions: str


def movers(number: int, histogram: Histogram, rules: Sequence[RuleFacts]) -> list[Mover]:
    """Return the sliders of one signal's histogram.

    Args:
        number: The histogram's number on the page.
        histogram: Where the places stand.
        rules: The rules that judge this signal.
    """
    total = histogram.documents + histogram.without_value
    bounds = [(rule, bound) for rule in rules for bound in rule.movable]
    return [
        Mover(
            id=f"m{number}-{place}",
            reason=rule.reason,
            side=bound.side,
            now=bound.now,
            last=len(bound.places) - 1,
            data=json.dumps({**bound.model_dump(), "total": total}),
            positions=" ".join(f"{position(histogram, value):g}" for value in bound.places),
        )
        for place, (rule, bound) in enumerate(bounds, start=1)
    ]

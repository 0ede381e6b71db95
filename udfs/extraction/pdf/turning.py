"""Pages set sideways or upside down: the direction of most text, turned level."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from udfs.extraction.pdf.ruling_lines import Box


@dataclass(frozen=True)
class Turn:
    """A turn of the page's coordinates by quarters, and the shift back into the page.

    Attributes:
        quarters: Quarter turns clockwise in which the text is set, 0 to 3.
        dx: Points subtracted from x after the turn.
        dy: Points subtracted from y after the turn.
    """

    quarters: int = 0
    dx: float = 0.0
    dy: float = 0.0

    def apply(self, box: Box) -> Box:
        """The box as it stands on the page turned level."""
        if self.quarters == 0:
            return box
        x0, x1, y0, y1 = _turned(box, self.quarters)
        return x0 - self.dx, x1 - self.dx, y0 - self.dy, y1 - self.dy


def _turned(box: Box, quarters: int) -> Box:
    x0, x1, y0, y1 = box
    if quarters == 3:
        return y0, y1, -x1, -x0
    if quarters == 2:
        return -x1, -x0, -y1, -y0
    return -y1, -y0, x0, x1


def turn_of(boxes: list[tuple[int, int, Box]]) -> Turn:
    """The turn that makes most characters of a page level.

    Args:
        boxes: For each word its direction in quarter turns, its characters and its box.

    Returns:
        The turn; words of another direction (margin notes, watermarks) are for the caller to leave out.
    """
    characters: Counter[int] = Counter()
    for quarters, count, _ in boxes:
        characters[quarters] += count
    if not characters:
        return Turn()
    quarters = characters.most_common(1)[0][0]
    if quarters == 0:
        return Turn()
    turned = [_turned(box, quarters) for direction, _, box in boxes if direction == quarters]
    return Turn(quarters, min(box[0] for box in turned), min(box[2] for box in turned))

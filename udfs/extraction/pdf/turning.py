"""Pages set sideways or upside down: the direction of most text, turned level."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from udfs.extraction.pdf.ruling_lines import Box

STACKED = 5
"""Direction of level characters that stand below each other: read like a line turned by one quarter."""


@dataclass(frozen=True)
class Turn:
    """A turn of the page's coordinates by quarters, and the shift back into the page.

    Attributes:
        quarters: Quarter turns clockwise in which the text is set, 0 to 3.
        dx: Points subtracted from x after the turn.
        dy: Points subtracted from y after the turn.
        is_mirrored: Whether x is counted from the right, as lines of Arabic and Hebrew are read.
    """

    quarters: int = 0
    dx: float = 0.0
    dy: float = 0.0
    is_mirrored: bool = False

    def apply(self, box: Box) -> Box:
        """The box as it stands on the page turned level."""
        x0, x1, y0, y1 = turned(box, self.quarters)
        if self.is_mirrored:
            x0, x1 = 2 * self.dx - x1, 2 * self.dx - x0
        return x0 - self.dx, x1 - self.dx, y0 - self.dy, y1 - self.dy


def turned(box: Box, quarters: int) -> Box:
    """The box of text set ``quarters`` quarter turns clockwise, turned level about the origin."""
    x0, x1, y0, y1 = box
    if quarters == 3:
        return y0, y1, -x1, -x0
    if quarters == 2:
        return -x1, -x0, -y1, -y0
    return (-y1, -y0, x0, x1) if quarters else box


def stands_upright(pairs: list[tuple[Box, Box]]) -> bool:
    """Tell lines that run from top to bottom, as in Japanese novels and old Chinese books.

    Args:
        pairs: Boxes of characters that follow each other, none of them turned.

    Returns:
        Whether more of them stand below than beside each other.
    """
    below = beside = 0
    for (x0, x1, y0, y1), (right0, right1, low0, low1) in pairs:
        across, down = (right0 + right1 - x0 - x1) / 2, (y0 + y1 - low0 - low1) / 2
        size = max(x1 - x0, y1 - y0)
        below += abs(across) < 0.5 * size and 0.4 * size < down < 2.5 * size
        beside += abs(down) < 0.5 * size and 0.4 * size < across < 2.5 * size
    return below > beside


def turn_of(boxes: list[tuple[int, int, Box]]) -> Turn:
    """The turn that makes most characters of a page level.

    Args:
        boxes: For each word its direction in quarter turns (or ``STACKED``), its characters and its box
            turned level by that direction.

    Returns:
        The turn; words of another direction (margin notes, watermarks) are for the caller to leave out.
    """
    characters: Counter[int] = Counter()
    for direction, count, _ in boxes:
        characters[direction % 4] += count
    if not characters:
        return Turn()
    quarters = characters.most_common(1)[0][0]
    if quarters == 0:
        return Turn()
    level = [box for direction, _, box in boxes if direction % 4 == quarters]
    return Turn(quarters, min(box[0] for box in level), min(box[2] for box in level))

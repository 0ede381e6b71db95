"""Boxes of characters turned level, whatever the direction of their text, and where words and lines end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from udfs.extraction.pdf.ruling_lines import Box

STACKED = 5
"""Direction of level characters that stand below each other: read like a line turned by one quarter."""

SMALL_PRINT = 0.9
"""Height of raised or lowered print against its line's, at most."""
READING_PRINT = 0.7
"""Height of the reading of a word (ruby, furigana) against the word's, at most; most have half of it."""
WIDEST_JUMP = 1.5
"""Gap inside a run, in character heights, above which it is two words."""


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


def is_break(left: Box, right: Box, angle: int) -> bool:
    """Whether a word ends between two characters that no blank parts; ``angle`` is their direction."""
    height = max(left[3] - left[2], 0.1)
    if angle == STACKED and 0 < right[2] - left[2] < 1.5 * height and right[0] < left[1]:
        # Figures side by side in a line from top to bottom; a reading is smaller.
        return right[1] - right[0] <= READING_PRINT * (left[1] - left[0])
    gap = max(right[0] - left[1], left[0] - right[1])
    return gap > WIDEST_JUMP * height or is_new_line(left, right)


def goes_on(left: Box, right: Box) -> bool:
    """Whether the second box goes on where the first ends, on one line."""
    height = left[3] - left[2]
    shared = min(left[3], right[3]) - max(left[2], right[2])
    return -0.5 * height < right[0] - left[1] < height and shared > 0.5 * (right[3] - right[2])


def is_new_line(left: Box, right: Box) -> bool:
    """No height in common: raised figures have half of it, letters of other fonts more."""
    return min(left[3], right[3]) < max(left[2], right[2])


def by_script(boxes: list[Box], angle: int) -> list[tuple[int, list[Box]]]:
    """Split a run where figures are raised or lowered.

    Args:
        boxes: Boxes of its characters.
        angle: Their direction; stacked characters are not raised.

    Returns:
        (index of the first character, boxes) of each part; one part where boxes follow the ink of each
        letter, as those of some embedded fonts do, so that they say nothing about the level.
    """
    groups: list[tuple[int, list[Box]]] = []
    for index, box in enumerate(boxes):
        if groups and _is_same_level(groups[-1][1][-1], box):
            groups[-1][1].append(box)
        else:
            groups.append((index, [box]))
    if len(groups) == 1 or angle == STACKED:
        return [(0, boxes)]
    base = max((inside[0] for _, inside in groups), key=lambda box: box[3] - box[2])
    height = base[3] - base[2]
    for _, inside in groups:
        is_base = _is_same_level(base, inside[0])
        if not is_base and inside[0][3] - inside[0][2] > SMALL_PRINT * height:
            return [(0, boxes)]
    return groups


def _is_same_level(left: Box, right: Box) -> bool:
    tolerance = 0.04 * max(left[3] - left[2], 0.1)
    return abs(left[2] - right[2]) <= tolerance and abs(left[3] - right[3]) <= tolerance

"""Words of a page to segments (lines of a column, table cells) and rows of segments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from statistics import median

from udfs.extraction.markdown.hard_wrapping import display_width, is_wide
from udfs.extraction.markdown.tables import RenderedTable
from udfs.extraction.pdf.ruling_lines import Rule
from udfs.extraction.pdf.words import Word

SEGMENT_GAP = 0.75
"""Gap between words of a row, in font-box heights, that separates cells or columns."""

LEADERS = ".·…_"
"""What leads the eye from a heading to its page number; wide apart they would be cells."""
BULLETS = frozenset("•‣▪●○◦■□")
"""Marks that stand at a distance before the text of their item."""
LEADER_GAP = 3.0
"""Gap between two leaders, or after a bullet, in font-box heights, that separates nothing."""
RULE_OVERLAP = 1.0
"""Points by which a letter may reach over the rule between two cells."""


@dataclass(eq=False)
class Segment:
    """Neighbouring words of one row without a large gap: a line of a column, or a table cell."""

    x0: float
    x1: float
    y0: float
    y1: float
    words: list[Word]
    table: RenderedTable | None = None
    """A ruled table that stands here instead of a line."""

    @property
    def height(self) -> float:
        """Height of the tallest font box in it."""
        return self.y1 - self.y0

    @cached_property
    def middle(self) -> float:
        """Vertical middle; a segment is not changed any more once this was asked for."""
        return (self.y0 + self.y1) / 2

    @cached_property
    def text(self) -> str:
        """Its words in reading order, with a blank where there is a gap."""
        if self.table is not None:
            return self.table.text
        return join_words(self.words)

    @cached_property
    def columns(self) -> int:
        """Width of its text in display columns."""
        return display_width(self.text)


@dataclass(eq=False)
class Row:
    """The segments of one column at one height, from left to right."""

    segments: list[Segment]

    @property
    def table(self) -> RenderedTable | None:
        """The ruled table that this row stands for."""
        return self.segments[0].table

    @property
    def x0(self) -> float:
        """Left edge."""
        return self.segments[0].x0

    @property
    def x1(self) -> float:
        """Right edge."""
        return max(segment.x1 for segment in self.segments)

    @property
    def y0(self) -> float:
        """Lower edge."""
        return min(segment.y0 for segment in self.segments)

    @property
    def y1(self) -> float:
        """Upper edge."""
        return max(segment.y1 for segment in self.segments)

    @cached_property
    def height(self) -> float:
        """Median height of its segments."""
        return median(segment.height for segment in self.segments)

    @cached_property
    def text(self) -> str:
        """All of its text, two blanks between segments."""
        return "  ".join(segment.text for segment in self.segments)


_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff]")
_left_edge = attrgetter("x0")


def join_words(words: list[Word]) -> str:
    """Write words that stand side by side; Arabic and Hebrew from the right."""
    if len(words) == 1:
        return words[0].text
    letters = "".join([word.text for word in words])
    right_to_left = 2 * len(_RIGHT_TO_LEFT.findall(letters)) > len(letters)
    ordered = sorted(words, key=_left_edge, reverse=right_to_left)
    parts: list[str] = []
    for index, word in enumerate(ordered):
        if index and _has_blank_between(ordered[index - 1], word):
            parts.append(" ")
        parts.append(word.text)
    return "".join(parts)


def _has_blank_between(left: Word, right: Word) -> bool:
    gap = max(right.x0 - left.x1, left.x0 - right.x1)
    if is_wide(left.text[-1]) and is_wide(right.text[0]):
        return gap > 0.4 * left.height  # set without blanks; pdfium still reports some
    return gap > 0.05 * left.height or right.first > left.first + len(left.text)


def segments_of_page(words: list[Word], upright: Sequence[Rule] = ()) -> list[Segment]:
    """Join the words of a page into segments.

    Args:
        words: Words of a page in any order.
        upright: Upright rules of the page; no segment runs across one.

    Returns:
        Segments from top to bottom, left to right.
    """
    rows: list[list[Word]] = []
    tallest = None
    for word in sorted(words, key=lambda word: (-(word.y0 + word.y1), word.x0)):
        if tallest is not None and _is_same_row(tallest, word):
            rows[-1].append(word)
            if word.height > tallest.height:
                tallest = word
        else:
            rows.append([word])
            tallest = word
    return [segment for row in rows for segment in _split_at_gaps(row, upright)]


def _is_same_row(tallest: Word, word: Word) -> bool:
    """Compared with the row's tallest word, so that superscripts join it."""
    overlap = min(tallest.y1, word.y1) - max(tallest.y0, word.y0)
    return overlap > 0.55 * min(tallest.y1 - tallest.y0, word.y1 - word.y0)


def _split_at_gaps(row: list[Word], upright: Sequence[Rule]) -> list[Segment]:
    segments: list[Segment] = []
    middle = (row[0].y0 + row[0].y1) / 2
    rules = [rule.position for rule in upright if rule.start <= middle <= rule.end]
    last: Segment | None = None
    for word in sorted(row, key=_left_edge):
        if last is not None and _belongs_to(last, word, rules):
            last.words.append(word)
            last.x1 = max(last.x1, word.x1)
            last.y0, last.y1 = min(last.y0, word.y0), max(last.y1, word.y1)
        else:
            last = Segment(word.x0, word.x1, word.y0, word.y1, [word])
            segments.append(last)
    return segments


def _belongs_to(segment: Segment, word: Word, rules: list[float]) -> bool:
    gap, height = word.x0 - segment.x1, max(segment.y1 - segment.y0, word.y1 - word.y0)
    if gap >= SEGMENT_GAP * height and gap >= _allowed_gap(segment.words, word) * height:
        return False
    return not rules or not any(
        segment.x1 - RULE_OVERLAP <= x <= word.x0 + RULE_OVERLAP for x in rules
    )


def _allowed_gap(segment: list[Word], word: Word) -> float:
    is_bullet = len(segment) == 1 and segment[0].text in BULLETS
    is_leader = not word.text.strip(LEADERS) and not segment[-1].text.strip(LEADERS)
    return LEADER_GAP if is_bullet or is_leader else SEGMENT_GAP


def rows_of(segments: list[Segment]) -> list[Row]:
    """Group segments of one column into rows from top to bottom."""
    rows: list[Row] = []
    for segment in sorted(segments, key=lambda segment: (-segment.middle, segment.x0)):
        last = rows[-1].segments[0] if rows else None
        if segment.table is not None or (last is not None and last.table is not None):
            rows.append(Row([segment]))
        elif last is not None and abs(last.middle - segment.middle) < 0.4 * min(
            last.height, segment.height
        ):
            rows[-1].segments.append(segment)
        else:
            rows.append(Row([segment]))
    for row in rows:
        row.segments.sort(key=lambda segment: segment.x0)
    return rows

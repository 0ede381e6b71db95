"""Words of a page to segments (lines of a column, table cells) and rows of segments."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, starmap
from operator import attrgetter
from statistics import median

from udfs.extraction.markdown.hard_wrapping import display_width, is_wide
from udfs.extraction.markdown.notation import lowered, raised
from udfs.extraction.markdown.tables import RenderedTable
from udfs.extraction.pdf.bidirectional import line_in_reading_order
from udfs.extraction.pdf.ruling_lines import Rule
from udfs.extraction.pdf.turning import SMALL_PRINT
from udfs.extraction.pdf.words import RIGHT_TO_LEFT, Word

SEGMENT_GAP = 0.75
"""Gap between words of a row, in font-box heights, that separates cells or columns."""

LEADERS = ".·…_"
"""What leads the eye from a heading to its page number; wide apart they would be cells."""
BULLETS = frozenset("•‣▪●○◦■□")
"""Marks that stand at a distance before the text of their item."""
LEADER_GAP = 3.0
"""Gap between two leaders, or after a bullet, in font-box heights, that separates nothing."""
COMMENT_GAP = 60.0
"""Likewise between code and the comment behind it, on a line of the file."""
RULE_OVERLAP = 1.0
"""Points by which a letter may reach over the rule between two cells."""
TALL_PRINT = 1.6
"""Height of print, in usual heights of the page, that may reach over lines: initials, large figures."""
RAISED = 0.15
"""Height above the line's lower edge, in its heights, from which small print is raised."""
LOWERED = 0.05
"""Likewise below it."""
LINE_BLANK = 0.12
"""Gap, in heights, that is a blank between what the file writes as two lines, and beside Chinese."""


@dataclass(eq=False)
class Segment:
    """Neighbouring words of one row without a large gap: a line of a column, or a table cell."""

    x0: float
    x1: float
    y0: float
    y1: float
    words: list[Word]
    table: RenderedTable | None = None
    """A table or listing that stands here instead of a line."""

    @cached_property
    def print(self) -> Word:
        """A word in the print of most of its characters; raised and lowered figures are in another."""
        return main_print(self.words)

    @property
    def height(self) -> float:
        """Height of that print's font box; of a table its own."""
        return self.y1 - self.y0 if self.table is not None else self.print.height

    @cached_property
    def middle(self) -> float:
        """Vertical middle of that print; a segment is not changed any more once this was asked for."""
        box = self if self.table is not None else self.print
        return (box.y0 + box.y1) / 2

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
        """The table or listing that this row stands for."""
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

    @property
    def foot(self) -> float:
        """Lower edge of the print of most of its characters, the measure of leading."""
        return min(segment.y0 if segment.table else segment.print.y0 for segment in self.segments)

    @cached_property
    def height(self) -> float:
        """Median height of its segments."""
        return median(segment.height for segment in self.segments)

    @cached_property
    def text(self) -> str:
        """All of its text, two blanks between segments."""
        return "  ".join(segment.text for segment in self.segments)


CODE_SIGN = re.compile(r"[={}()<>\[\]#$\\|_@/*+~^&;]")
"""What prose has seldom."""
COMMENT = re.compile(r"%|#|//|/\*|--|;;|<!--")
"""What a comment in code begins with."""
_FIGURE = re.compile(r"\d|^[*†‡§¶a-z]$")
_CLOSING = frozenset(")]}′'|")
_height = attrgetter("height")


def main_print(words: Sequence[Word]) -> Word:
    """The word at the middle of all characters by height: its box is that of the line's print."""
    if len(words) == 1:
        return words[0]
    half = sum([len(word.text) for word in words]) / 2
    for word in sorted(words, key=_height):
        half -= len(word.text)
        if half <= 0:
            return word
    return words[0]


def join_words(words: list[Word]) -> str:
    """Write words that stand side by side, in the order given; Arabic and Hebrew by their places."""
    if words[0].glyphs and any(RIGHT_TO_LEFT.search(word.text) for word in words):
        return line_in_reading_order(words, from_right=words[0].from_right)
    if len(words) == 1:
        return words[0].text
    blanks = [False, *starmap(_has_blank_between, pairwise(words))]
    heights = [word.height for word in words]
    if min(heights) > SMALL_PRINT * max(heights):  # nothing is raised in most lines
        texts = [word.text for word in words]
        return "".join([f" {text}" if b else text for b, text in zip(blanks, texts, strict=True)])
    base = main_print(words)
    parts: list[str] = []
    for index, word in enumerate(words):
        parts.append(" " * blanks[index])
        script = _script_of(word, base)
        if script is lowered and (blanks[index] or not _bears_index("".join(parts[-2:]))):
            script = None
        if script is None:
            parts.append(word.text)
            continue
        follows = index + 1 < len(words) and not blanks[index + 1]
        parts.append(
            script(word.text, "".join(parts[-8:]), words[index + 1].text if follows else " ")
        )
    return "".join(parts)


def _script_of(word: Word, base: Word) -> Callable[[str, str, str], str] | None:
    """How a figure is written that stands above or below the line in smaller print."""
    height = base.height
    if word.height > SMALL_PRINT * height or not _FIGURE.search(word.text):
        return None
    if word.y0 > base.y0 + RAISED * height and word.y1 > base.y1 - RAISED * height:
        return raised
    return lowered if word.y0 < base.y0 - LOWERED * height else None


def _bears_index(before: str) -> bool:
    """Whether a subscript may stand behind; figures beside Chinese are set in a smaller font, no lower."""
    last = before[-1:]
    return (last.isalnum() and not is_wide(last)) or last in _CLOSING


def _has_blank_between(left: Word, right: Word) -> bool:
    if left.joins_next:
        return False
    height = max(left.height, right.height)
    gap = max(right.x0 - left.x1, left.x0 - right.x1)
    if is_wide(left.text[-1]) and is_wide(right.text[0]):
        # Set without blanks, though pdfium reports some; a mark fills half of its square, or less.
        marks = not (left.text[-1].isalnum() and right.text[0].isalnum())
        return gap > (1.2 if marks else 0.4) * height
    if left.line != right.line or is_wide(left.text[-1]) or is_wide(right.text[0]):
        return gap > LINE_BLANK * height
    return gap > 0.05 * left.height or right.first > left.first + len(left.text)


def pieces_of(words: list[Word], upright: Sequence[Rule] = ()) -> list[Segment]:
    """Lines as the file writes them, cut at wide gaps and upright rules.

    Args:
        words: Words of a page in the order of the content stream.
        upright: Upright rules of the page; no piece runs across one.

    Returns:
        Pieces in the order of the stream.
    """
    pieces: list[Segment] = []
    last: Word | None = None
    for word in words:
        if (
            last is not None
            and word.line == last.line
            and word.x0 > last.x0 - 0.5 * (word.y1 - word.y0)
            and _is_same_row(last, word)
            and _belongs_to(pieces[-1], word, upright)
        ):
            piece = pieces[-1]
            piece.words.append(word)
            if word.x1 > piece.x1:
                piece.x1 = word.x1
            if word.y0 < piece.y0:
                piece.y0 = word.y0
            if word.y1 > piece.y1:
                piece.y1 = word.y1
        else:
            pieces.append(Segment(word.x0, word.x1, word.y0, word.y1, [word]))
        last = word
    return pieces


def segments_of_pieces(pieces: list[Segment], upright: Sequence[Rule] = ()) -> list[Segment]:
    """Join the pieces of a page's lines into segments.

    Args:
        pieces: Result of ``pieces_of``; they stay as they are.
        upright: Upright rules of the page; no segment runs across one.

    Returns:
        Segments from top to bottom, left to right; each of one piece or more.
    """
    rows = _rows_of_pieces(pieces)
    return [segment for row in rows for segment in _joined_pieces(row, upright)]


def _rows_of_pieces(pieces: list[Segment]) -> list[list[Segment]]:
    """Pieces by height on the page. Print much larger than most stands beside several lines, not in one."""
    if not pieces:
        return []
    prints = [(piece.print, piece) for piece in pieces]
    usual = main_print([word for word, _ in prints]).height
    level = _clustered([entry for entry in prints if entry[0].height <= TALL_PRINT * usual])
    for row in _clustered([entry for entry in prints if entry[0].height > TALL_PRINT * usual]):
        beside = [
            other
            for other in level
            if any(_is_same_row(word, inside) for word, _ in row for inside, _ in other)
        ]
        if len(beside) == 1:
            beside[0].extend(row)
        else:
            level.append(row)
    return [
        [piece for _, piece in sorted(row, key=lambda entry: entry[1].x0)]
        for row in sorted(level, key=lambda row: -max(word.y0 + word.y1 for word, _ in row))
    ]


def _clustered(prints: list[tuple[Word, Segment]]) -> list[list[tuple[Word, Segment]]]:
    rows: list[list[tuple[Word, Segment]]] = []
    tallest = None
    for entry in sorted(prints, key=lambda entry: (-(entry[0].y0 + entry[0].y1), entry[0].x0)):
        word = entry[0]
        if tallest is not None and _is_same_row(tallest, word):
            rows[-1].append(entry)
            if word.height > tallest.height:
                tallest = word
        else:
            rows.append([entry])
            tallest = word
    return rows


def _is_same_row(tallest: Word, word: Word) -> bool:
    """Compared with the row's tallest word, so that superscripts join it."""
    overlap = min(tallest.y1, word.y1) - max(tallest.y0, word.y0)
    return overlap > 0.55 * min(tallest.y1 - tallest.y0, word.y1 - word.y0)


def _joined_pieces(row: list[Segment], upright: Sequence[Rule]) -> list[Segment]:
    """Join pieces of a row that stand side by side: raised figures and accents are lines to the file."""
    segments: list[Segment] = []
    for piece in row:
        if segments and _belongs_to(segments[-1], piece.words[0], upright):
            last = segments[-1]
            segments[-1] = Segment(
                last.x0, max(last.x1, piece.x1), min(last.y0, piece.y0), max(last.y1, piece.y1),
                [*last.words, *piece.words],
            )  # fmt: skip
        else:
            segments.append(piece)
    return segments


def _belongs_to(segment: Segment, word: Word, upright: Sequence[Rule]) -> bool:
    gap, height = word.x0 - segment.x1, max(segment.y1 - segment.y0, word.y1 - word.y0)
    if gap >= SEGMENT_GAP * height and gap >= _allowed_gap(segment.words, word) * height:
        return False
    if not upright:
        return True
    middle = (word.y0 + word.y1) / 2
    return not any(
        segment.x1 - RULE_OVERLAP <= rule.position <= word.x0 + RULE_OVERLAP
        and rule.start <= middle <= rule.end
        for rule in upright
    )


def _allowed_gap(segment: list[Word], word: Word) -> float:
    is_bullet = len(segment) == 1 and segment[0].text in BULLETS
    if COMMENT.match(word.text) and word.line == segment[-1].line:
        return (
            COMMENT_GAP if any(CODE_SIGN.search(other.text) for other in segment) else SEGMENT_GAP
        )
    is_leader = not word.text.strip(LEADERS) and not segment[-1].text.strip(LEADERS)
    return LEADER_GAP if is_bullet or is_leader else SEGMENT_GAP


def row_of_table(rows: list[Row], table: RenderedTable) -> Row:
    """The row that stands for a table made of other rows."""
    words = [word for row in rows for segment in row.segments for word in segment.words]
    x0, x1 = min(row.x0 for row in rows), max(row.x1 for row in rows)
    return Row([Segment(x0, x1, min(r.y0 for r in rows), max(r.y1 for r in rows), words, table)])


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

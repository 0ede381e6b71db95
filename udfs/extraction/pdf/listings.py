"""Listings in monospaced type: lines and indentation kept as a Markdown code block.

Type is monospaced where all words of a line are as wide as their characters are many, and begin at whole
multiples of that width; fonts' names and flags say so too seldom. A document typed throughout, as a
transcript or an old manuscript, holds no listings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

from udfs.extraction.markdown.hard_wrapping import is_wide
from udfs.extraction.markdown.listings import fenced, without_line_numbers
from udfs.extraction.markdown.tables import RenderedTable
from udfs.extraction.pdf.rows import CODE_SIGN, COMMENT, Row, Segment, row_of_table
from udfs.extraction.pdf.words import Word

SAME_PITCH = 0.015
"""Difference of two widths per character, as a share, within which they are one."""
ON_GRID = 0.15
"""Characters by which a word may begin off its place."""
MINIMUM_LINES = 2
MAXIMUM_BLANK_LINES = 2
"""Empty lines inside a listing; wider gaps part two."""
CODE_SHARE = 0.3
"""Share of lines that are indented or hold a sign that prose has seldom."""
MAXIMUM_WIDE_SHARE = 0.6
"""Share of Chinese and Japanese characters in a line of code without a comment."""
TYPED_SHARE = 0.5
"""Share of a document's characters in monospaced lines from which it is typed throughout."""


@dataclass
class _Listing:
    """Rows from one on, up to ``end``, that are lines of code.

    Attributes:
        lines: What is written of each row.
        typed: The part of each that is in monospaced type.
        beside: What else stands in these rows.
        end: Index of the row behind the last line.
    """

    end: int
    lines: list[Row] = field(default_factory=list)
    typed: list[Row] = field(default_factory=list)
    beside: list[Row] = field(default_factory=list)

    def is_code(self) -> bool:
        """Whether it is a listing: prose is set in such type, too, and the terms of a list of definitions."""
        if len(self.lines) < MINIMUM_LINES:
            return False
        left = min(line.x0 for line in self.typed)
        signs = [any(CODE_SIGN.search(w.text) for w in _words(line)) for line in self.typed]
        indents = [line.x0 > left + line.height / 2 for line in self.typed]
        marked = sum(sign or indent for sign, indent in zip(signs, indents, strict=True))
        followed = sum(self.lines[i].x1 > line.x1 for i, line in enumerate(self.typed))
        # Names of one word below each other, a column of a table, are told by their signs alone.
        if not any(signs) and not any(pitch_of(_words(line)) for line in self.typed):
            return False
        return marked >= CODE_SHARE * len(signs) and 2 * followed <= len(signs)


def is_typed(pages: Sequence[Sequence[Segment]]) -> bool:
    """Whether most of a document is in monospaced type."""
    total = monospaced = 0
    for segment in (segment for page in pages for segment in page if segment.table is None):
        characters = sum(len(word.text) for word in segment.words)
        total += characters
        monospaced += characters * (pitch_of(segment.words) is not None)
    return monospaced > TYPED_SHARE * total


def with_listings(rows: list[Row]) -> list[Row]:
    """Put each listing among the rows of a block into one row.

    Args:
        rows: Rows from top to bottom.

    Returns:
        The rows; listings come as a table of fate ``listing``, fenced, before what stands beside them.
    """
    written: list[Row] = []
    start = 0
    while start < len(rows):
        found = _listing(rows, start)
        if found.is_code():
            lines = found.lines
            numbered = _code(lines)
            text = without_line_numbers(numbered)
            listing = row_of_table(lines, RenderedTable(fenced(text), "listing"))
            if text != numbered:
                _remove_numbers(listing.segments[0], lines)
            written += [listing, *found.beside]
            start = found.end
        else:
            written.append(rows[start])
            start += 1
    return written


def _remove_numbers(listing: Segment, lines: list[Row]) -> None:
    """Take the numbers of its lines, which are furniture, out of the words of a listing."""
    starts = [line.segments[0].words[0] for line in lines]
    numbers = {id(word) for word in starts if word.text.isdigit()}
    listing.words = [word for word in listing.words if id(word) not in numbers]


def pitch_of(words: Sequence[Word]) -> float | None:
    """Width of a character of a line in monospaced type, in points.

    Args:
        words: Words of the line from left to right.

    Returns:
        The width, or None for a line in other type and for one too short to tell.
    """
    if not _are_equally_wide(words[:2]):
        return None
    measured = [word for word in words if len(word.text) > 1 and word.text.isascii()]
    letters = [word for word in measured if any(map(str.isalpha, word.text))]
    if len(letters) < 2 or len({c for word in letters for c in word.text}) < 4:
        return None  # figures are equally wide in most fonts
    longest = max(letters, key=lambda word: len(word.text))
    pitch = (longest.x1 - longest.x0) / len(longest.text)
    return pitch if pitch > 0 and is_on_grid(words, words[0].x0, pitch) else None


def _are_equally_wide(words: Sequence[Word]) -> bool:
    """Whether the characters of the first two words may be, which most lines need no more to be told by."""
    if len(words) < 2 or not (words[0].text.isascii() and words[1].text.isascii()):
        return True
    left, right = ((word.x1 - word.x0) / len(word.text) for word in words)
    return abs(left - right) <= 2.1 * SAME_PITCH * max(left, right)


def is_on_grid(words: Sequence[Word], left: float, pitch: float) -> bool:
    """Whether all words begin at places of a grid and are as wide as their characters; Chinese may not."""
    for word in words:
        width, places = len(word.text) * pitch, (word.x0 - left) / pitch
        is_as_wide = abs(word.x1 - word.x0 - width) <= SAME_PITCH * width
        if not is_as_wide or abs(places - round(places)) > ON_GRID:
            is_chinese = any(map(is_wide, word.text))
            return is_chinese and word is not words[0] and _may_hold_chinese(words)
    return True


def _may_hold_chinese(words: Sequence[Word]) -> bool:
    """Whether a line with Chinese may be code: a comment or a string, not prose that begins with a name."""
    text = "".join([word.text for word in words])
    return COMMENT.search(text) is not None or (
        sum(map(is_wide, text)) <= MAXIMUM_WIDE_SHARE * len(text)
    )


def _listing(rows: list[Row], start: int) -> _Listing:
    """The listing that begins here.

    What the file writes on a line of the listing is part of it, whatever its type: a comment. What it
    writes elsewhere, as the output beside a program, stands beside, at heights of its own.
    """
    found = _Listing(end=start)
    pitch = _pitch_of_lines(rows[start : start + MINIMUM_LINES])
    passed: list[Row] = []
    for index, row in enumerate(rows[start:], start):
        lines = found.lines
        if pitch is None or row.table is not None or (lines and _is_apart(lines[-1], row)):
            break
        typed, length = _length_of_line(row, rows[start].x0, pitch)
        if length == 0:
            if not lines or row.x0 < max(line.x1 for line in lines):
                break
            passed.append(row)
            continue
        if passed and not _goes_on(lines[-1], row, passed):
            break
        found.beside += passed
        passed = []
        lines.append(Row(row.segments[:length]))
        found.typed.append(Row(row.segments[:typed]))
        if length < len(row.segments):
            found.beside.append(Row(row.segments[length:]))
        found.end = index + 1
    return found


def _pitch_of_lines(rows: list[Row]) -> float | None:
    """Width of a character of the first of some lines that tells it, or of all together."""
    lines = [row.segments[0].words for row in rows if row.table is None]
    starts = [word for line in lines for word in takewhile(lambda word: word.text.isascii(), line)]
    return next(filter(None, map(pitch_of, [*lines, starts])), None)


def _length_of_line(row: Row, left: float, pitch: float) -> tuple[int, int]:
    """How many segments of a row are in monospaced type, and how many are on the file's line of these."""
    on_grid = takewhile(lambda segment: is_on_grid(segment.words, left, pitch), row.segments)
    typed = length = sum(1 for _ in on_grid)
    while 0 < length < len(row.segments):
        if row.segments[length].words[0].line != row.segments[length - 1].words[-1].line:
            break
        length += 1
    return typed, length


def _goes_on(above: Row, row: Row, passed: list[Row]) -> bool:
    """Whether the file writes a row right behind the one above, and none of those passed between."""
    start, end = above.segments[-1].words[-1].first, row.segments[0].words[0].first
    return start < end and not any(start < word.first < end for r in passed for word in _words(r))


def _is_apart(above: Row, row: Row) -> bool:
    distance = above.foot - row.foot
    if row.segments[0].words[0].first < above.segments[0].words[0].first:
        return True  # the file writes it before: another column
    return not 0 < distance < (MAXIMUM_BLANK_LINES + 1.5) * row.height


def _words(row: Row) -> list[Word]:
    return [word for segment in row.segments for word in segment.words]


def _code(rows: list[Row]) -> str:
    left = min(row.x0 for row in rows)
    longest = max(
        (w for row in rows for w in _words(row) if w.text.isascii()), key=lambda w: len(w.text)
    )
    pitch = (longest.x1 - longest.x0) / len(longest.text)
    leading = min((upper.foot - lower.foot for upper, lower in pairwise(rows)), default=1.0)
    lines = [_line(rows[0], left, pitch)]
    for upper, lower in pairwise(rows):
        empty = round((upper.foot - lower.foot) / leading) - 1
        lines += [""] * min(empty, MAXIMUM_BLANK_LINES) + [_line(lower, left, pitch)]
    return "\n".join(lines)


def _line(row: Row, left: float, pitch: float) -> str:
    words = _words(row)
    text = " " * round((words[0].x0 - left) / pitch) + words[0].text
    for before, word in pairwise(words):
        text += " " * round((word.x0 - before.x1) / pitch) + word.text
    return text

"""Listings in monospaced type: lines and indentation kept as a Markdown code block.

Type is monospaced where all words of a line are as wide as their characters are many, and begin at whole
multiples of that width; fonts' names and flags say so too seldom. A document typed throughout, as a
transcript or an old manuscript, holds no listings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from udfs.extraction.markdown.listings import fenced, without_line_numbers
from udfs.extraction.markdown.tables import RenderedTable
from udfs.extraction.pdf.rows import CODE_SIGN, Row, Segment, row_of_table
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
TYPED_SHARE = 0.5
"""Share of a document's characters in monospaced lines from which it is typed throughout."""


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
        lines, beside, end = _listing(rows, start)
        if len(lines) >= MINIMUM_LINES and _is_code(lines):
            numbered = _code(lines)
            text = without_line_numbers(numbered)
            listing = row_of_table(lines, RenderedTable(fenced(text), "listing"))
            if text != numbered:
                _remove_numbers(listing.segments[0], lines)
            written += [listing, *beside]
            start = end
        else:
            written.append(rows[start])
            start += 1
    return written


def _remove_numbers(listing: Segment, lines: list[Row]) -> None:
    """Take the numbers of its lines, which are furniture, out of the words of a listing."""
    starts = [line.segments[0].words[0] for line in lines]
    numbers = {id(word) for word in starts if word.text.isdigit()}
    listing.words = [word for word in listing.words if id(word) not in numbers]


def _is_code(lines: list[Row]) -> bool:
    """Prose is set in such type, too: captions, letters, addresses."""
    left = min(line.x0 for line in lines)
    signs = sum(
        line.x0 > left + line.height / 2 or any(CODE_SIGN.search(w.text) for w in _words(line))
        for line in lines
    )
    return signs >= CODE_SHARE * len(lines)


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
            return not word.text.isascii() and word is not words[0]
    return True


def _listing(rows: list[Row], start: int) -> tuple[list[Row], list[Row], int]:
    """Lines of the listing that begins here, what stands to the right of them, and the row they end before.

    What the file writes on a line of the listing is part of it, whatever its type: a comment. What it
    writes elsewhere, as the output beside a program, stands beside, at heights of its own.
    """
    first = [row.segments[0] for row in rows[start : start + MINIMUM_LINES] if row.table is None]
    pitch = next(filter(None, (pitch_of(segment.words) for segment in first)), None)
    lines: list[Row] = []
    beside: list[Row] = []
    passed: list[Row] = []
    end = start
    for index, row in enumerate(rows[start:], start):
        if pitch is None or row.table is not None or (lines and _is_apart(lines[-1], row)):
            break
        length = _length_on_grid(row, rows[start].x0, pitch)
        if length == 0:
            if not lines or row.x0 < max(line.x1 for line in lines):
                break
            passed.append(row)
            continue
        if passed and not _goes_on(lines[-1], row, passed):
            break
        beside += passed
        passed = []
        lines.append(Row(row.segments[:length]))
        if length < len(row.segments):
            beside.append(Row(row.segments[length:]))
        end = index + 1
    return lines, beside, end


def _length_on_grid(row: Row, left: float, pitch: float) -> int:
    """How many segments of a row are part of a line of a listing."""
    length = 0
    for segment in row.segments:
        is_on_line = length and segment.words[0].line == row.segments[length - 1].words[-1].line
        if not is_on_line and not is_on_grid(segment.words, left, pitch):
            break
        length += 1
    return length


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

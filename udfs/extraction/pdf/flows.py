"""Which order a page is read in: that of its layout, or that in which the file writes its lines.

Both are usually right and the same. A layout goes wrong where columns are narrow, where boxes and displayed
formulas stand in a column, or where an initial reaches over lines; a file where it writes the lines of
all columns by height, or its headings last. What tells is how lines follow each other: in the right order
most are followed by the line below, in the wrong one by a line of elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from udfs.extraction.pdf.rows import Row, Segment, pieces_of
from udfs.extraction.pdf.ruling_lines import Rule
from udfs.extraction.pdf.words import Word

FOLLOWING = 2.2
"""Distance of two lines of a column, in heights."""
SHARED_WIDTH = 0.5
"""Share of the shorter of two lines that stands below the other."""
BESIDE = 1.5
"""Gap, in heights, between parts of one line."""
LEADERS = 30.0
"""Likewise between an entry of a table of contents and its page number."""
SCATTERED = 0.5
"""Words of elsewhere among those of a table, per word of it: files write a table in one go, mostly."""
CUT_COLUMNS = 2
"""Lines of prose that begin or end a table's rows; a header may be one."""
COLUMN_CHARACTERS = 7
"""Display columns of the usual line of a column of text."""
ROWS_PER_CROSSING = 20
"""One row in so many may have a cell across the line between two columns."""
CUT_CHARACTERS = 20
"""Display columns of such a line."""

_PAGE = re.compile(r"(?:[\s.·…_]*)(?:\d{1,4}|[ivxlc]{1,6})")


def blocks_in_order(
    blocks: list[list[Row]], words: Sequence[Word], upright: Sequence[Rule]
) -> list[list[Row]]:
    """The blocks of a page in its layout's order, or in that of the file where lines follow better there.

    Args:
        blocks: Rows by block as the layout orders them; a table is a row.
        words: Words of the page in the order of the content stream.
        upright: Upright rules of the page.

    Returns:
        Blocks with the same words. In the file's order a block ends where the next line is neither below
        nor beside the last, and each table stands where its first word does.
    """
    laid_out = [
        word
        for block in blocks
        for row in block
        if row.table is None
        for segment in row.segments
        for word in segment.words
    ]
    written = set(map(id, laid_out))
    pieces = pieces_of([word for word in words if id(word) in written], upright)
    bonds = _Bonds(pieces)
    in_file = bonds.kept_by(word for piece in pieces for word in piece.words)
    if in_file <= bonds.kept_by(laid_out):
        return blocks
    tables = [row for block in blocks for row in block if row.table is not None]
    return _by_stream(pieces, tables)


def cuts_lines_apart(rows: Sequence[Row], pieces: Sequence[Segment]) -> bool:
    """Whether a supposed table is cut out of columns of prose.

    Args:
        rows: Its rows.
        pieces: Lines of the page in the order of the content stream.

    Returns:
        Whether the file writes its words among many others, and at least ``CUT_COLUMNS`` lines go on from
        outside into it or from it to the outside.
    """
    inside = {id(word) for row in rows for s in row.segments for word in s.words}
    holds = [id(piece.words[0]) in inside for piece in pieces]
    first, last = holds.index(True), len(holds) - 1 - holds[::-1].index(True)
    between = sum(len(piece.words) for piece in pieces[first:last]) - len(inside)
    if between <= SCATTERED * len(inside):
        return False
    cuts = sum(
        held != goes_on
        and min(upper.columns, lower.columns) >= CUT_CHARACTERS
        and follows(upper, lower)
        for (upper, held), (lower, goes_on) in pairwise(zip(pieces, holds, strict=True))
    )
    return cuts >= CUT_COLUMNS


def columns_as_written(rows: Sequence[Row]) -> tuple[list[Row], list[Row]] | None:
    """Lines of two columns, as of an index or a table of contents, that pass for a table.

    Args:
        rows: Rows of the supposed table.

    Returns:
        Rows of the left and of the right column, or None. An upright line parts them so that the file
        writes all on one side before all on the other, and both are as wide as text; tables are written
        by rows, or by columns of short cells.
    """
    segments = [segment for row in rows for segment in row.segments]
    for x in sorted({segment.x0 for segment in segments}):
        left = [[s for s in row.segments if s.x1 <= x] for row in rows]
        right = [[s for s in row.segments if s.x0 >= x] for row in rows]
        crossing = len(segments) - sum(map(len, left)) - sum(map(len, right))
        if crossing > len(rows) // ROWS_PER_CROSSING:
            continue
        if min(map(_median_columns, (left, right))) < COLUMN_CHARACTERS:
            continue
        # What crosses reads as a line of the left column.
        left = [[s for s in row.segments if s.x0 < x] for row in rows]
        if max(_places(left)) < min(_places(right)):
            return [Row(line) for line in left if line], [Row(line) for line in right if line]
    return None


def _places(lines: list[list[Segment]]) -> list[int]:
    return [word.first for line in lines for segment in line for word in segment.words]


def _median_columns(lines: list[list[Segment]]) -> float:
    """Display columns of the usual line, none where most rows are empty."""
    return median(sum(segment.columns for segment in line) for line in lines)


class _Bonds:
    """Words that follow each other in a line, and lines that follow each other in a column."""

    def __init__(self, pieces: list[Segment]) -> None:
        self._next: dict[int, Word] = {}
        self._starts: dict[int, Segment] = {}
        self._ends: dict[int, tuple[Segment, Segment]] = {}
        line = pieces[0] if pieces else None
        for piece in pieces:
            if line is None or line.words[0].line != piece.words[0].line:
                line = piece
            self._starts[id(piece.words[0])] = piece
            self._ends[id(piece.words[-1])] = (piece, line)
            self._next.update((id(left), right) for left, right in pairwise(piece.words))

    def kept_by(self, order: Iterable[Word]) -> int:
        return sum(map(self._are_bound, *_neighbours(order)))

    def _are_bound(self, word: Word, following: Word) -> bool:
        if self._next.get(id(word)) is following:
            return True
        ended, lower = self._ends.get(id(word)), self._starts.get(id(following))
        if ended is None or lower is None:
            return False
        piece, line = ended
        # Below the page number of an entry stands nothing, below the entry the next one.
        return follows(piece, lower) or (line is not piece and follows(line, lower))


def _neighbours(order: Iterable[Word]) -> tuple[list[Word], list[Word]]:
    words = list(order)
    return words[:-1], words[1:]


def follows(upper: Segment, lower: Segment) -> bool:
    """Whether a line is the next one of its column, or goes on beside."""
    height = max(upper.height, lower.height)
    distance = upper.middle - lower.middle
    if abs(distance) < 0.4 * height:
        is_entry = (
            _PAGE.fullmatch(lower.text) is not None and lower.words[0].line == upper.words[-1].line
        )
        return -0.5 * height < lower.x0 - upper.x1 < (LEADERS if is_entry else BESIDE) * height
    shared = min(upper.x1, lower.x1) - max(upper.x0, lower.x0)
    shorter = min(upper.x1 - upper.x0, lower.x1 - lower.x0)
    return 0 < distance < FOLLOWING * height and shared > SHARED_WIDTH * shorter


def _by_stream(pieces: list[Segment], tables: list[Row]) -> list[list[Row]]:
    blocks: list[list[Row]] = []
    waiting = sorted(tables, key=_first_place, reverse=True)
    last: Segment | None = None
    for piece in pieces:
        while waiting and _first_place(waiting[-1]) < piece.words[0].first:
            blocks.append([waiting.pop()])
            last = None
        if last is not None and _is_beside(last, piece):
            blocks[-1][-1] = Row([*blocks[-1][-1].segments, piece])
        elif last is not None and follows(last, piece):
            blocks[-1].append(Row([piece]))
        else:
            blocks.append([Row([piece])])
        last = piece
    return blocks + [[row] for row in reversed(waiting)]


def _first_place(table: Row) -> int:
    return min(word.first for segment in table.segments for word in segment.words)


def _is_beside(left: Segment, right: Segment) -> bool:
    height = max(left.height, right.height)
    return right.x0 > left.x0 and abs(left.middle - right.middle) < 0.4 * height

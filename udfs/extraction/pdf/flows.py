"""Which order a page is read in: that of its layout, or that in which the file writes its lines.

Both are usually right and the same. A layout goes wrong where columns are narrow, where boxes and displayed
formulas stand in a column, or where an initial reaches over lines; a file where it writes the lines of
all columns by height, or its headings last. What tells is how lines follow each other: in the right order
most are followed by the line below, in the wrong one by a line of elsewhere.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from statistics import median

from udfs.extraction.pdf.rows import Row, Segment

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


def blocks_in_order(blocks: list[list[Row]], pieces: Sequence[Segment]) -> list[list[Row]]:
    """The blocks of a page in its layout's order, or in that of the file where lines follow better there.

    Args:
        blocks: Rows by block as the layout orders them; a table is a row.
        pieces: Lines of the page, of which the segments of the rows are made, in the order of the content
            stream.

    Returns:
        Blocks with the same words. In the file's order a block ends where the next line is neither below
        nor beside the last, and each table stands where its first word does.
    """
    starts = {id(piece.words[0]): piece for piece in pieces}
    laid_out = [
        starts[id(word)]
        for block in blocks
        for row in block
        if row.table is None
        for segment in row.segments
        for word in segment.words
        if id(word) in starts
    ]
    kept = set(map(id, laid_out))
    in_file = [piece for piece in pieces if id(piece) in kept]
    if in_file == laid_out or _bonds(in_file, in_file) <= _bonds(laid_out, in_file):
        return blocks
    tables = [row for block in blocks for row in block if row.table is not None]
    return _by_stream(in_file, tables)


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
    segments = sorted((s for row in rows for s in row.segments), key=lambda segment: segment.x0)
    ends = sorted(segment.x1 for segment in segments)
    last_places = list(accumulate((max(w.first for w in s.words) for s in segments), max))
    first_places = list(accumulate((min(w.first for w in s.words) for s in segments[::-1]), min))
    for index in range(1, len(segments)):
        # Written apart: what begins on the left of the line before all that begins on its right.
        x = segments[index].x0
        if last_places[index - 1] >= first_places[-1 - index] or x == segments[index - 1].x0:
            continue
        crossing = index - bisect_right(ends, x)
        if crossing > len(rows) // ROWS_PER_CROSSING:
            continue
        left = [[s for s in row.segments if s.x1 <= x] for row in rows]
        right = [[s for s in row.segments if s.x0 >= x] for row in rows]
        if min(map(_median_columns, (left, right))) < COLUMN_CHARACTERS:
            continue
        # What crosses reads as a line of the left column.
        left = [[s for s in row.segments if s.x0 < x] for row in rows]
        return [Row(line) for line in left if line], [Row(line) for line in right if line]
    return None


def _median_columns(lines: list[list[Segment]]) -> float:
    """Display columns of the usual line, none where most rows are empty."""
    return median(sum(segment.columns for segment in line) for line in lines)


def _bonds(order: Sequence[Segment], in_file: Sequence[Segment]) -> int:
    """How many pieces are followed by the next one of their column, or by the rest of their line."""
    lines: dict[int, Segment] = {}
    line = None
    for piece in in_file:
        if line is None or line.words[0].line != piece.words[0].line:
            line = piece
        lines[id(piece)] = line
    # Below the page number of an entry stands nothing, below the entry the next one.
    return sum(
        follows(piece, lower)
        or (lines[id(piece)] is not piece and follows(lines[id(piece)], lower))
        for piece, lower in pairwise(order)
    )


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

"""Tables of a PDF page by alignment: rows of segments whose x-intervals line up in columns.

The idea is the prototype measured for this project (cell adjacency F1 0.62 on the ICDAR 2013 set, where
the best permissively licensed library reached 0.59): characters with boxes, no model. Ruling lines are
hints here; grids of them are read before (``udfs.extraction.pdf.ruled_tables``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from udfs.extraction.markdown.tables import (
    MINIMUM_COLUMNS,
    MINIMUM_FILL,
    RenderedTable,
    render_table,
)
from udfs.extraction.pdf.row_bands import join_ruled_bands
from udfs.extraction.pdf.rows import Row, Segment
from udfs.extraction.pdf.ruling_lines import Rule
from udfs.extraction.pdf.words import Word

MINIMUM_TABLE_ROWS = 3
"""Rows with two segments or more that must follow each other closely."""
MAXIMUM_ROW_GAP = 1.6
"""Blank space between two rows of a table, in row heights."""
MAXIMUM_WIDE_ROW_GAP = 3.0
"""The same before a row of three cells or more that stand under cells above."""
MAXIMUM_LABEL_ROWS = 2
"""Single-segment rows (section labels, wrapped cells) that may follow each other inside a table."""
TYPICAL_ROW = 0.75
"""Rows with this share of the median number of cells define the columns."""
MINIMUM_ALIGNMENT = 0.6
"""Share of cells that stand at their column's usual left edge, right edge or middle."""
ALIGNMENT_TOLERANCE = 3.0
"""Points by which such edges may differ."""
MINIMUM_RIVER = 0.25
"""Width, in row heights, of a blank stripe through all rows that separates two columns of numbers."""
LONG_CELL_CHARACTERS = 60
MAXIMUM_LONG_CELLS = 0.25
"""Above this share of long cells the rows are columns of prose."""
PROSE_FILL = 0.8
PROSE_CHARACTERS = 25
"""Columns whose median cell is that full and that long are prose, not a table."""
RIVER_ROWS = 4
"""Rows that a stripe must run through before it counts."""
COLUMN_OVERLAP = 0.0
"""Points that two x-intervals must share to belong to one column."""

_LEADER = re.compile(r"(?:\s*[.…·_]){3,}\s*$")
_TYPED_RULE = re.compile(r"[\s\-=_–—]{4,}")


@dataclass(frozen=True)
class TableBlock:
    """Consecutive rows of a block that form a table: rows[first:last]."""

    first: int
    last: int
    rendered: RenderedTable


def find_tables(rows: list[Row], level: Sequence[Rule] = ()) -> list[TableBlock]:
    """Find the tables among the rows of one column.

    Args:
        rows: Rows from top to bottom.
        level: Level rules of the page; where they stand between most rows they say which lines are one
            row.

    Returns:
        Tables in order, without overlap; those that fail the keep rules come back as plain rows.
    """
    tables = []
    first = 0
    while first < len(rows):
        last = _end_of_candidate(rows, first)
        if last is None:
            first += 1
            continue
        found = _as_table(rows[first:last], level)
        if found is not None:
            tables.append(TableBlock(first + found[0], last, found[1]))
        first = last
    return tables


def _end_of_candidate(rows: list[Row], first: int) -> int | None:
    """End of the run of table rows that starts here; single-segment rows may stand inside it."""
    if len(rows[first].segments) < 2:
        return None
    wide = [first]
    for index in range(first + 1, len(rows)):
        row = rows[index]
        if len(row.segments) >= 2:
            if not _follows(rows, wide, index):
                break
            wide.append(index)
        elif index - wide[-1] > MAXIMUM_LABEL_ROWS or len(row.text) > 2 * LONG_CELL_CHARACTERS:
            break
    return wide[-1] + 1 if len(wide) >= MINIMUM_TABLE_ROWS else None


def _follows(rows: list[Row], wide: list[int], index: int) -> bool:
    """Whether a row belongs to the table above it, by the blank space between and by its columns."""
    row, above = rows[index], rows[wide[-1]]
    heights = max(row.height, above.height)
    gap = max(rows[i].y0 - rows[i + 1].y1 for i in range(wide[-1], index))
    if gap <= MAXIMUM_ROW_GAP * heights:
        return True
    if gap > MAXIMUM_WIDE_ROW_GAP * heights or len(row.segments) < 3:
        return False
    # A wider gap stands before a section of the table: the cells stand under those above.
    under = sum(
        any(s.x0 < upper.x1 and upper.x0 < s.x1 for upper in above.segments) for s in row.segments
    )
    return under >= 0.8 * len(row.segments) and len(row.segments) >= 0.6 * len(above.segments)


def _caption_rows(rows: list[Row], columns: list[tuple[float, float]]) -> int:
    """Count the leading rows in which one segment runs over three columns or more."""
    first = 0
    while first < len(rows) - 1 and any(
        sum(s.x0 < x1 and x0 < s.x1 for x0, x1 in columns) >= 3 for s in rows[first].segments
    ):
        if len(rows[first].segments) > 2:
            break
        first += 1
    return first


def _as_table(rows: list[Row], level: Sequence[Rule]) -> tuple[int, RenderedTable] | None:
    """The table and how many of the rows stand before it, or None."""
    kept = [index for index, row in enumerate(rows) if not _TYPED_RULE.fullmatch(row.text)]
    rows = _split_at_rivers([rows[index] for index in kept])
    if len(rows) < MINIMUM_TABLE_ROWS:
        return None
    segments = [segment for row in rows for segment in row.segments]
    long_cells = sum(len(segment.text) > LONG_CELL_CHARACTERS for segment in segments)
    if long_cells > MAXIMUM_LONG_CELLS * len(segments):
        return None
    columns = _columns(rows)
    if len(columns) < MINIMUM_COLUMNS:
        return None
    first = _caption_rows(rows, columns)
    rows = rows[first:]
    if _is_prose_in_columns(rows, columns) or _alignment(rows, columns) < MINIMUM_ALIGNMENT:
        return None
    grid = [_cells(row, columns) for row in rows]
    filled = sum(bool(cell) for cells in grid for cell in cells)
    if filled < MINIMUM_FILL * len(grid) * len(columns):
        return None
    return kept[first], render_table(_join_wrapped(join_ruled_bands(grid, rows, level)))


def _split_at_rivers(rows: list[Row]) -> list[Row]:
    """Split segments of numbers set so close that only the blank stripe through all rows shows it."""
    words = [word for row in rows for segment in row.segments for word in segment.words]
    numeric = [word for word in words if any(character.isdigit() for character in word.text)]
    if len(rows) < RIVER_ROWS or 2 * len(numeric) < len(words):
        return rows
    covered: list[list[float]] = []
    for word in sorted(numeric, key=lambda word: word.x0):
        if covered and word.x0 <= covered[-1][1]:
            covered[-1][1] = max(covered[-1][1], word.x1)
        else:
            covered.append([word.x0, word.x1])
    needed = MINIMUM_RIVER * median(row.height for row in rows)
    rivers = [
        (left[1] + right[0]) / 2
        for left, right in pairwise(covered)
        if right[0] - left[1] >= needed
    ]
    return [Row([part for s in row.segments for part in _split_segment(s, rivers)]) for row in rows]


def _split_segment(segment: Segment, rivers: list[float]) -> list[Segment]:
    parts: list[list[Word]] = []
    for word in sorted(segment.words, key=lambda word: word.x0):
        middle = (word.x0 + word.x1) / 2
        crosses = parts and any(
            (parts[-1][-1].x0 + parts[-1][-1].x1) / 2 < r < middle for r in rivers
        )
        numbers = (
            parts
            and any(map(str.isdigit, parts[-1][-1].text + " "))
            and any(map(str.isdigit, word.text))
        )
        if parts and not (crosses and numbers):
            parts[-1].append(word)
        else:
            parts.append([word])
    if len(parts) < 2:
        return [segment]
    return [
        Segment(part[0].x0, max(w.x1 for w in part), segment.y0, segment.y1, part) for part in parts
    ]


def _alignment(rows: list[Row], columns: list[tuple[float, float]]) -> float:
    """Share of cells at their column's commonest left edge, right edge or middle, 0 to 1.

    Wide gaps in justified prose look like columns, but their edges fall anywhere.
    """
    cells: list[list[Segment]] = [[] for _ in columns]
    for row in rows:
        for segment in row.segments:
            cells[_column_of(segment, columns)].append(segment)
    aligned = total = 0
    for column in cells[1:]:  # every line of prose begins at the left margin
        total += len(column)
        aligned += max(
            (
                _commonest([segment.x0 for segment in column]),
                _commonest([segment.x1 for segment in column]),
                _commonest([(segment.x0 + segment.x1) / 2 for segment in column]),
            ),
            default=0,
        )
    return aligned / total if total else 0.0


def _commonest(edges: list[float]) -> int:
    """How many edges lie within the tolerance of the commonest one."""
    ordered = sorted(edges)
    best = first = 0
    for last, edge in enumerate(ordered):
        while edge - ordered[first] > ALIGNMENT_TOLERANCE:
            first += 1
        best = max(best, last - first + 1)
    return best


def _is_prose_in_columns(rows: list[Row], columns: list[tuple[float, float]]) -> bool:
    """Two or three columns whose lines are full: text set in columns too short for a gutter."""
    if len(columns) > 3:
        return False
    full = 0
    for index, (x0, x1) in enumerate(columns):
        cells = [s for row in rows for s in row.segments if _column_of(s, columns) == index]
        full += median(s.x1 - s.x0 for s in cells) > PROSE_FILL * (x1 - x0) and (
            median(len(s.text) for s in cells) > PROSE_CHARACTERS
        )
    return full == len(columns)


def _columns(rows: list[Row]) -> list[tuple[float, float]]:
    """Merge the x-intervals of the rows into columns, ignoring those that span several."""
    usual = median(len(row.segments) for row in rows if len(row.segments) >= 2)
    # Captions and spanning headers have fewer segments and would glue columns together.
    typical = [row for row in rows if len(row.segments) >= max(2, TYPICAL_ROW * usual)]
    intervals = sorted((s.x0, s.x1) for row in typical for s in row.segments)
    merged: list[tuple[float, float]] = []
    for x0, x1 in intervals:
        if merged and x0 <= merged[-1][1] - COLUMN_OVERLAP:
            merged[-1] = (merged[-1][0], max(merged[-1][1], x1))
        else:
            merged.append((x0, x1))
    return merged


def _cells(row: Row, columns: list[tuple[float, float]]) -> list[str]:
    cells: list[list[str]] = [[] for _ in columns]
    for segment in row.segments:
        cells[_column_of(segment, columns)].append(segment.text)
    return [_LEADER.sub("", " ".join(cell)) for cell in cells]


def _column_of(segment: Segment, columns: list[tuple[float, float]]) -> int:
    overlaps = [min(segment.x1, x1) - max(segment.x0, x0) for x0, x1 in columns]
    return overlaps.index(max(overlaps))


def _join_wrapped(grid: list[list[str]]) -> list[list[str]]:
    """Append a row that only continues cells of the row above: no first cell, lower-case starts."""
    joined = [grid[0]]
    for cells in grid[1:]:
        texts = [cell for cell in cells if cell]
        above = joined[-1]
        continues = (
            not cells[0]
            and texts
            and all(text[0].islower() for text in texts)
            and all(above[i] for i, cell in enumerate(cells) if cell)
        )
        if continues:
            joined[-1] = [f"{up} {low}".strip() for up, low in zip(above, cells, strict=True)]
        else:
            joined.append(cells)
    return joined

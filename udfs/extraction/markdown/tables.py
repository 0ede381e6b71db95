"""When a table is worth keeping, and how it is written.

A table whose cells could be told apart is kept as Markdown; one whose rows are intact but which breaks
a rule becomes plain rows; one with unreadable cells is dropped and counted. The rules follow what table
benchmarks and FinePDFs found to matter; each names the harm it avoids.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MINIMUM_COLUMNS = 2
MINIMUM_ROWS = 3
"""A header and two data rows: less is a caption with a value."""
MINIMUM_FILL = 0.4
"""Share of cells with text; emptier grids are page layout."""
MAXIMUM_CELL_CHARACTERS = 300
"""Longer cells are prose in columns, unless there are only two (term and explanation)."""
MAXIMUM_BAD_CHARACTERS = 0.01
"""Share of U+FFFD and private-use characters above which a cell's text is a glyph dump."""
MINIMUM_LETTER_CELLS = 0.3
"""Some column, or the first rows, must have this share of cells with a letter: numbers without labels
mean nothing."""
MAXIMUM_COLUMNS = 100
"""Columns that a span may reach; 9,007,199,254,740,991 has been seen in the wild."""
HEADER_ROWS = 3
"""Rows that may make up a header."""

_BAD_CHARACTER = re.compile("[\ufffd\ue000-\uf8ff]")
_LETTER = re.compile(r"[^\W\d_]")


class SpanningCell(NamedTuple):
    """A cell with the columns and rows that it spans, each at least 1."""

    text: str
    columns: int = 1
    rows: int = 1


class RenderedTable(NamedTuple):
    """The text of a table and what became of it.

    Attributes:
        text: Markdown, plain rows, or the empty string.
        fate: ``kept``, ``plain`` or ``dropped``.
    """

    text: str
    fate: str


def spread(rows: list[list[SpanningCell]]) -> list[list[str]]:
    """Give every cell its column, so that what stands below a cell stands below it in the text, too.

    Args:
        rows: Cells by row, as markup lists them.

    Returns:
        Texts by row; a cell's text stands in the first of its places and the others are empty.
    """
    grid: list[list[str]] = []
    taken: dict[int, int] = {}  # column: rows that a cell above still fills
    for row in rows:
        texts: list[str] = []
        below: dict[int, int] = {}
        for cell in row:
            while taken.get(len(texts)):
                texts.append("")
            columns = max(1, min(cell.columns, MAXIMUM_COLUMNS - len(texts)))
            if cell.rows > 1:
                below |= dict.fromkeys(range(len(texts), len(texts) + columns), cell.rows)
            texts += [cell.text, *[""] * (columns - 1)]
        grid.append(texts)
        taken = {
            column: rows_left - 1 for column, rows_left in (taken | below).items() if rows_left > 1
        }
    return grid


def render_table(rows: list[list[str]], minimum_rows: int = MINIMUM_ROWS) -> RenderedTable:
    """Write a table, or refuse to.

    Args:
        rows: Cell texts by row; rows may differ in length. The first row becomes the header.
        minimum_rows: Rows that a table must have; one less than ``MINIMUM_ROWS`` where the document marks
            its header, so that the first row is none of data.

    Returns:
        Its text and fate.
    """
    grid = _without_empty_lines(_rectangle(rows))
    cells = [cell for row in grid for cell in row]
    if not any(cells):
        return RenderedTable("", "dropped")
    joined = "".join(cells)
    if len(_BAD_CHARACTER.findall(joined)) > MAXIMUM_BAD_CHARACTERS * len(joined):
        return RenderedTable("", "dropped")
    if len(grid) >= minimum_rows and _is_worth_markdown(grid, cells):
        return RenderedTable(_markdown(grid), "kept")
    return RenderedTable("\n".join("  ".join(filter(None, row)) for row in grid), "plain")


def _rectangle(rows: list[list[str]]) -> list[list[str]]:
    width = max((len(row) for row in rows), default=0)
    cleaned = [[" ".join(cell.split()) for cell in row] for row in rows]
    return [row + [""] * (width - len(row)) for row in cleaned]


def _without_empty_lines(grid: list[list[str]]) -> list[list[str]]:
    filled_rows = [row for row in grid if any(row)]
    if not filled_rows:
        return []
    columns = [i for i in range(len(filled_rows[0])) if any(row[i] for row in filled_rows)]
    return [[row[i] for i in columns] for row in filled_rows]


def _is_worth_markdown(grid: list[list[str]], cells: list[str]) -> bool:
    columns = len(grid[0])
    if columns < MINIMUM_COLUMNS:
        return False
    if sum(map(bool, cells)) < MINIMUM_FILL * len(cells):
        return False
    if columns > 2 and max(map(len, cells)) > MAXIMUM_CELL_CHARACTERS:
        return False
    letters = [sum(bool(_LETTER.search(row[i])) for row in grid) for i in range(columns)]
    if max(letters) >= MINIMUM_LETTER_CELLS * len(grid):
        return True
    header = [sum(bool(_LETTER.search(cell)) for cell in row) for row in grid[:HEADER_ROWS]]
    return max(header) >= MINIMUM_LETTER_CELLS * columns


def _markdown(grid: list[list[str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in grid]
    lines.insert(1, "|" + " --- |" * len(grid[0]))
    return "\n".join(lines)

"""Kept blocks as Markdown: headings, lists, code, quotes and tables as the page's own elements say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.extraction.html.blocks.finding import BLANK_LINES, BLOCK_NODE, BREAKS
from udfs.extraction.html.blocks.names import HEADING_LEVEL, TAG, tags_named
from udfs.extraction.html.blocks.open_elements import (
    NODE_PARENT,
    NODE_ROWS,
    NODE_SPAN,
    NODE_TAG,
    Nodes,
)
from udfs.extraction.html.blocks.page_blocks import PageBlocks
from udfs.extraction.html.learned.listings import Listings, fenced
from udfs.extraction.html.learned.structures import (
    CELL_PLACE,
    ROW_PLACE,
    TABLE_PLACE,
    Place,
)
from udfs.extraction.markdown.cleanup import clean_text
from udfs.extraction.markdown.tables import MAXIMUM_CELL_CHARACTERS, MINIMUM_ROWS, render_table

_CELLS: Final = tags_named("td th")
MAXIMUM_COLUMNS: Final = 200
"""Of a table; cells that span more are layout or a mistake."""
MAXIMUM_INDENT: Final = 8
"""Levels that lists are indented: deeper ones would make a text of blanks."""


class _Piece(NamedTuple):
    """A kept block on its way into Markdown."""

    number: int
    text: str
    node: int
    heading: int
    is_break: bool
    place: Place
    listing: int
    blank_lines: int


def write_markdown(
    page: PageBlocks, is_kept: npt.NDArray[np.bool_], places: Nodes, listings: Listings
) -> str:
    """Write the kept blocks of a page.

    Args:
        page: Its blocks.
        is_kept: Which of them; bool [blocks].
        places: ``structures`` of its nodes.
        listings: ``find_listings`` of its blocks; the numbers of their lines are left out.

    Returns:
        Paragraphs with a blank line between, ``#`` headings, ``-`` and ``1.`` lists, fenced code, ``>``
        quotes, ``|`` tables (as ``markdown.tables`` judges them); clean of control characters.
    """
    layout = _Layout(page, places)
    pieces = list(_pieces(page, is_kept, places, listings))
    parts: list[str] = []
    for (table, listing), group in groupby(pieces, _special_place):
        run = list(group)
        rendered = None
        if listing:
            rendered = fenced("\n".join("\n" * piece.blank_lines + piece.text for piece in run))
        elif table and not layout.is_layout(table):
            rendered = _table(layout, run)
        if rendered is not None:
            parts += ["\n\n", rendered]
            continue
        for before, piece in zip([None, *run], run, strict=False):
            parts += [_separator(before, piece), _line(before, piece)]
    return clean_text("".join(parts))


def _special_place(piece: _Piece) -> tuple[int, int]:
    """Table and listing that the piece is written with; a caption stands outside of its table."""
    return piece.place.table if piece.place.cell and not piece.listing else 0, piece.listing


def _pieces(
    page: PageBlocks, is_kept: npt.NDArray[np.bool_], places: Nodes, listings: Listings
) -> Iterator[_Piece]:
    numbers = np.flatnonzero(is_kept & ~listings.is_number)
    nodes = page.blocks[numbers, BLOCK_NODE]
    roots = listings.roots[numbers]
    headings = np.where(roots > 0, 0, HEADING_LEVEL[page.nodes[nodes, NODE_TAG]]).tolist()
    breaks = (page.blocks[numbers, BREAKS] & 1).tolist()
    blanks = page.blocks[numbers, BLANK_LINES].tolist()
    its_places = places[nodes].tolist()
    texts = page.texts(numbers, in_code=roots > 0)
    columns = zip(
        numbers.tolist(),
        texts,
        nodes.tolist(),
        headings,
        breaks,
        its_places,
        roots.tolist(),
        blanks,
        strict=True,
    )
    for number, text, node, heading, is_break, place, listing, blank_lines in columns:
        yield _Piece(
            number, text, node, heading, bool(is_break), Place(*place), listing, blank_lines
        )


class _Layout:
    """The tables of a page: which serve its layout, and in which column each cell stands."""

    def __init__(self, page: PageBlocks, places: Nodes) -> None:
        self._nodes = page.nodes
        self._places = places
        tables = page.nodes[:, NODE_TAG] == TAG["table"]
        outer = places[page.nodes[tables, NODE_PARENT]]
        self._outer = set(outer[outer[:, CELL_PLACE] > 0, TABLE_PLACE].tolist())
        headers = page.nodes[:, NODE_TAG] == TAG["th"]
        self._with_header = set(places[headers, TABLE_PLACE].tolist())

    def is_layout(self, table: int) -> bool:
        """Whether another table stands in one of the table's cells."""
        return table in self._outer

    def has_header(self, table: int) -> bool:
        """Whether the table has cells that are marked as headers."""
        return table in self._with_header

    def grid(self, table: int, texts: dict[int, str]) -> list[list[str]]:
        """The rows of a table.

        Args:
            table: Its node.
            texts: Text of its cells by their nodes.

        Returns:
            Texts by row and column, empty cells included; what spans rows or columns stands in the first
            of them. Rows of header cells at the top are one row, where it stands in each.
        """
        nodes, last = self._nodes, max(texts)
        its = np.arange(table, last + 1)
        is_cell = np.isin(nodes[its, NODE_TAG], _CELLS) & (self._places[its, TABLE_PLACE] == table)
        rows: list[list[str]] = []
        headers = 0
        pending: dict[int, int] = {}  # rows that a cell still reaches down, by its column
        cells = its[is_cell].tolist()
        for _, group in groupby(cells, lambda cell: self._places[cell, ROW_PLACE]):
            row: list[str] = []
            only_headers = True
            for cell in group:
                _fill(row, pending)
                is_header = nodes[cell, NODE_TAG] == TAG["th"]
                only_headers = only_headers and bool(is_header)
                text = texts.get(cell, "")
                down, across = int(nodes[cell, NODE_ROWS]), max(1, int(nodes[cell, NODE_SPAN]))
                for step in range(min(across, MAXIMUM_COLUMNS - len(row))):
                    if down > 1:
                        pending[len(row)] = down - 1
                    row.append(text if step == 0 or (only_headers and headers == len(rows)) else "")
            _fill(row, pending)
            headers += only_headers and headers == len(rows)
            rows.append(row)
        return [_joined(rows[:headers]), *rows[headers:]] if 1 < headers < len(rows) else rows


def _fill(row: list[str], pending: dict[int, int]) -> None:
    """Add empty cells where others reach down into the row at its end."""
    while len(row) in pending:
        left = pending.pop(len(row))
        if left > 1:
            pending[len(row)] = left - 1
        row.append("")


def _joined(rows: list[list[str]]) -> list[str]:
    """Several rows of headers as one: the distinct texts above each column."""
    columns = zip_longest(*rows, fillvalue="")
    return [" ".join(dict.fromkeys(filter(None, column))) for column in columns]


def _table(layout: _Layout, run: Sequence[_Piece]) -> str | None:
    """The table, or None when its cells hold more than data: it serves the layout then."""
    texts: dict[int, str] = {}
    several = False
    for piece in run:
        cell = piece.place.cell
        several = several or cell in texts
        texts[cell] = f"{texts[cell]} {piece.text}" if cell in texts else piece.text
    if max(map(len, texts.values())) > MAXIMUM_CELL_CHARACTERS:
        return None
    number = run[0].place.table
    minimum_rows = MINIMUM_ROWS - 1 if layout.has_header(number) else MINIMUM_ROWS
    table = render_table(layout.grid(number, texts), minimum_rows)
    return None if several and table.fate == "plain" else table.text or None


def _separator(before: _Piece | None, piece: _Piece) -> str:
    if before is None:
        return "\n\n"
    is_broken_line = (
        piece.is_break and before.node == piece.node and before.number == piece.number - 1
    )
    if is_broken_line:
        return " " if piece.heading else "\n"
    if piece.heading or before.heading:
        return "\n\n"
    is_listed = piece.place.outer_list and piece.place.outer_list == before.place.outer_list
    return "\n" if is_listed else "\n\n"


def _line(before: _Piece | None, piece: _Piece) -> str:
    """The block's text behind the mark of its structure."""
    place = piece.place
    is_first = before is None or before.node != piece.node
    if piece.heading:
        return f"{'#' * piece.heading} {piece.text}" if is_first else piece.text
    if place.item:
        indent = "  " * min(place.list_depth - 1, MAXIMUM_INDENT)
        is_new = before is None or before.heading > 0 or before.place.item != place.item
        mark = f"{place.ordinal}. " if place.ordinal else "- "
        return indent + (mark if is_new else " " * len(mark)) + piece.text
    return f"> {piece.text}" if place.quote else piece.text

"""Kept blocks as Markdown: headings, lists, code, quotes and tables as the page's own elements say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.finding import BLOCK_NODE, BREAKS
from udfs.extraction.html.blocks.names import HEADING_LEVEL, LISTS, tags_named
from udfs.extraction.html.blocks.open_elements import NODE_PARENT, NODE_TAG, Nodes
from udfs.extraction.html.blocks.page_blocks import PageBlocks
from udfs.extraction.markdown.cleanup import clean_text
from udfs.extraction.markdown.tables import MAXIMUM_CELL_CHARACTERS, render_table

_PRE, _LI, _OL, _TABLE, _TR, _QUOTE = tags_named("pre li ol table tr blockquote")
_TD, _TH = tags_named("td th")
_STRUCTURES: Final = 9
MAXIMUM_INDENT: Final = 8
"""Levels that lists are indented: deeper ones would make a text of blanks."""


class _Place(NamedTuple):
    """The structures around a block, by the numbers of their nodes; 0 where there is none."""

    code: int
    item: int
    outer_list: int
    list_depth: int
    ordinal: int
    table: int
    row: int
    cell: int
    quote: int


TABLE_PLACE: Final = _Place._fields.index("table")
CELL_PLACE: Final = _Place._fields.index("cell")
"""Columns of ``structures``."""


class _Piece(NamedTuple):
    """A kept block on its way into Markdown."""

    number: int
    text: str
    node: int
    heading: int
    is_break: bool
    place: _Place


def write_markdown(page: PageBlocks, is_kept: npt.NDArray[np.bool_]) -> str:
    """Write the kept blocks of a page.

    Args:
        page: Its blocks.
        is_kept: Which of them; bool [blocks].

    Returns:
        Paragraphs with a blank line between, ``#`` headings, ``-`` and ``1.`` lists, fenced code, ``>``
        quotes, ``|`` tables (as ``markdown.tables`` judges them); clean of control characters.
    """
    pieces = list(_pieces(page, is_kept))
    parts: list[str] = []
    for (table, code), group in groupby(pieces, _special_place):
        run = list(group)
        rendered = None
        if code:
            rendered = "```\n" + "\n".join(piece.text for piece in run) + "\n```"
        elif table:
            rendered = _table(run)
        if rendered is not None:
            parts += ["\n\n", rendered]
            continue
        for before, piece in zip([None, *run], run, strict=False):
            parts += [_separator(before, piece), _line(before, piece)]
    return clean_text("".join(parts))


def _special_place(piece: _Piece) -> tuple[int, int]:
    """Table and code that the piece is written with; a caption stands outside of its table."""
    return piece.place.table if piece.place.cell else 0, piece.place.code


def _pieces(page: PageBlocks, is_kept: npt.NDArray[np.bool_]) -> Iterator[_Piece]:
    numbers = np.flatnonzero(is_kept)
    nodes = page.blocks[numbers, BLOCK_NODE]
    headings = HEADING_LEVEL[page.nodes[nodes, NODE_TAG]].tolist()
    breaks = (page.blocks[numbers, BREAKS] & 1).tolist()
    places = structures(page.nodes)[nodes].tolist()
    texts = page.texts(numbers)
    columns = zip(numbers.tolist(), texts, nodes.tolist(), headings, breaks, places, strict=True)
    for number, text, node, heading, is_break, place in columns:
        yield _Piece(number, text, node, heading, bool(is_break), _Place(*place))


def _table(run: Sequence[_Piece]) -> str | None:
    """The table, or None when its cells hold more than data: it serves the layout then."""
    rows: list[list[str]] = []
    last_row = last_cell = -1
    for piece in run:
        place = piece.place
        if place.row != last_row:
            rows.append([])
            last_row, last_cell = place.row, -1
        if place.cell == last_cell:
            rows[-1][-1] += " " + piece.text
        else:
            rows[-1].append(piece.text)
        last_cell = place.cell
    if max(len(cell) for row in rows for cell in row) > MAXIMUM_CELL_CHARACTERS:
        return None
    return render_table(rows).text or None


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


@kernel
def structures(nodes: Nodes) -> Nodes:
    """For every node the innermost code, list item, table, row, cell and quote that it is or stands in.

    Args:
        nodes: Node table.

    Returns:
        int32 [nodes, fields of ``_Place``]: node numbers, but for the depth of the list and the item's
        number in an ordered list. A cell hides the list and the code that its table stands in.
    """
    found = np.zeros((nodes.shape[0], _STRUCTURES), np.int32)
    items = np.zeros(nodes.shape[0], np.int32)
    for node in range(1, nodes.shape[0]):
        parent = nodes[node, NODE_PARENT]
        tag = nodes[node, NODE_TAG]
        row = found[node]
        row[:] = found[parent]
        if tag == _PRE and row[0] == 0:
            row[0] = node
        elif LISTS[tag]:
            row[3] += 1
            if row[2] == 0:
                row[2] = node
        elif tag == _LI:
            row[1] = node
            items[parent] += 1
            row[4] = items[parent] if nodes[parent, NODE_TAG] == _OL else 0
            if row[2] == 0:
                row[2] = parent if parent > 0 else node
            row[3] = max(row[3], 1)
        elif tag == _TABLE:
            row[5] = node
            row[6] = 0
            row[7] = 0
        elif tag == _TR:
            row[6] = node
        elif tag in (_TD, _TH):
            row[:5] = 0
            row[7] = node
        elif tag == _QUOTE:
            row[8] = node
    return found

"""Kept blocks as Markdown: headings, lists, code, quotes and tables as the page's own elements say."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise, zip_longest
from operator import itemgetter
from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.finding import (
    BLANK_LINES,
    BLOCK_END,
    BLOCK_NODE,
    BLOCK_START,
    BREAKS,
)
from udfs.extraction.html.blocks.hashing import Bytes
from udfs.extraction.html.blocks.names import HEADING_LEVEL, TAG, tags_named
from udfs.extraction.html.blocks.open_elements import (
    NODE_PARENT,
    NODE_ROWS,
    NODE_SPAN,
    NODE_TAG,
    Nodes,
)
from udfs.extraction.html.blocks.page_blocks import MARK, PageBlocks
from udfs.extraction.html.blocks.state import CODE_MARK
from udfs.extraction.html.learned.listings import Listings, fenced
from udfs.extraction.html.learned.structures import (
    CELL_PLACE,
    ITEM_PLACE,
    LIST_DEPTH_PLACE,
    ORDINAL_PLACE,
    OUTER_LIST_PLACE,
    QUOTE_PLACE,
    ROW_PLACE,
    TABLE_PLACE,
)
from udfs.extraction.markdown.cleanup import clean_text
from udfs.extraction.markdown.tables import MAXIMUM_CELL_CHARACTERS, MINIMUM_ROWS, render_table

_TD, _TH = tags_named("td th")
MAXIMUM_COLUMNS: Final = 200
"""Of a table; cells that span more are layout or a mistake."""
MAXIMUM_INDENT: Final = 8
"""Levels that lists are indented: deeper ones would make a text of blanks."""


_LINE_BYTES: Final = 64
"""More than the marks of a line take: separator, indentation, and a number with its point."""


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
    numbers = np.flatnonzero(is_kept & ~listings.is_number)
    if not len(numbers):
        return ""
    kept = page.blocks[numbers]
    of_kept = places[kept[:, BLOCK_NODE]]
    roots = listings.roots[numbers]
    # A listing in a cell is none of its table's text, and a caption stands outside of its table.
    tables = np.where((of_kept[:, CELL_PLACE] > 0) & (roots == 0), of_kept[:, TABLE_PLACE], 0)
    is_first = np.ones(len(numbers), np.bool_)
    is_first[1:] = (tables[1:] != tables[:-1]) | (roots[1:] != roots[:-1])
    lines, ends, starts = _lines(page.text, page.nodes, kept, numbers, of_kept, is_first)
    written = lines.tobytes()
    parts: list[str] = []
    plain = 0  # where the lines begin that are not in ``parts`` yet
    layout = _Layout(page, places)
    groups = [*np.flatnonzero(is_first).tolist(), len(numbers)]
    for first, stop in pairwise(groups):
        rendered = None
        if roots[first]:
            rendered = fenced(_code(page, kept[first:stop]))
        elif tables[first] and not layout.is_layout(int(tables[first])):
            bounds = zip(starts[first:stop].tolist(), ends[first:stop].tolist(), strict=True)
            texts = [written[a:b].decode("utf-8", "replace") for a, b in bounds]
            cells = of_kept[first:stop, CELL_PLACE].tolist()
            rendered = _table(layout, int(tables[first]), cells, texts)
        if rendered is not None:
            end = int(ends[first - 1]) if first else 0
            parts += [written[plain:end].decode("utf-8", "replace"), "\n\n", rendered]
            plain = int(ends[stop - 1])
    parts.append(written[plain:].decode("utf-8", "replace"))
    return clean_text("".join(parts))


def _code(page: PageBlocks, kept: Nodes) -> str:
    """The blocks of a listing, one a line."""
    bounds = kept[:, [BLOCK_START, BLOCK_END, BLANK_LINES]].tolist()
    lines = [b"\n" * blank + page.text[start:end].tobytes() for start, end, blank in bounds]
    return b"\n".join(lines).replace(MARK, b"").decode("utf-8", "replace")


@kernel
def _lines(
    text: Bytes,
    nodes: Nodes,
    kept: Nodes,
    numbers: npt.NDArray[np.intp],
    places: Nodes,
    is_first: npt.NDArray[np.bool_],
) -> tuple[Bytes, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Write each block behind the mark of its structure and what separates it from the one before.

    Args:
        text: UTF-8 of all blocks.
        nodes: Node table.
        kept: Rows of the block table.
        numbers: Their numbers.
        places: ``structures`` of their nodes.
        is_first: Whether none of them stands before, in a table or outside of tables.

    Returns:
        UTF-8 with inline code in backticks; where in it each block ends; where its text begins.
    """
    size = 0
    for row in range(kept.shape[0]):
        size += kept[row, BLOCK_END] - kept[row, BLOCK_START] + _LINE_BYTES
    out = np.empty(size, np.uint8)
    ends = np.empty(kept.shape[0], np.int64)
    starts = np.empty(kept.shape[0], np.int64)
    at = 0
    heading_before = 0
    for row in range(kept.shape[0]):
        node = kept[row, BLOCK_NODE]
        heading = HEADING_LEVEL[nodes[node, NODE_TAG]]
        first = is_first[row]
        before = row if first else row - 1
        is_new_node = first or kept[before, BLOCK_NODE] != node
        heading_before = 0 if first else heading_before
        is_broken = kept[row, BREAKS] & 1 and not is_new_node
        outer = places[row, OUTER_LIST_PLACE]
        if is_broken and numbers[before] == numbers[row] - 1:
            out[at] = 32 if heading > 0 else 10
            at += 1
        else:
            out[at] = 10
            at += 1
            is_item = outer > 0 and outer == places[before, OUTER_LIST_PLACE]
            if first or heading > 0 or heading_before > 0 or not is_item:
                out[at] = 10
                at += 1
        item = places[row, ITEM_PLACE]
        if heading > 0:
            if is_new_node:
                out[at : at + heading] = 35
                out[at + heading] = 32
                at += heading + 1
        elif item > 0:
            for _ in range(2 * min(places[row, LIST_DEPTH_PLACE] - 1, MAXIMUM_INDENT)):
                out[at] = 32
                at += 1
            is_new = first or heading_before > 0 or places[before, ITEM_PLACE] != item
            at = _write_mark(out, at, places[row, ORDINAL_PLACE], is_new)
        elif places[row, QUOTE_PLACE] > 0:
            out[at] = 62
            out[at + 1] = 32
            at += 2
        starts[row] = at
        for place in range(kept[row, BLOCK_START], kept[row, BLOCK_END]):
            byte = text[place]
            out[at] = 96 if byte == CODE_MARK else byte
            at += 1
        ends[row] = at
        heading_before = heading
    return out[:at], ends, starts


@kernel
def _write_mark(out: Bytes, at: int, ordinal: int, is_new: bool) -> int:
    """Write an item's dash or number, or blanks of the same width; returns where they end."""
    digits = 1
    power = 10
    while ordinal >= power:
        digits += 1
        power *= 10
    end = at + digits + (2 if ordinal > 0 else 1)
    if not is_new:
        out[at:end] = 32
        return end
    if ordinal == 0:
        out[at] = 45
    else:
        for place in range(at + digits - 1, at - 1, -1):
            out[place] = 48 + ordinal % 10
            ordinal //= 10
        out[end - 2] = 46
    out[end - 1] = 32
    return end


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
        its = np.arange(table, max(texts) + 1)
        tags = self._nodes[its, NODE_TAG]
        is_cell = ((tags == _TD) | (tags == _TH)) & (self._places[its, TABLE_PLACE] == table)
        cells = its[is_cell]
        columns = zip(
            self._places[cells, ROW_PLACE].tolist(),
            cells.tolist(),
            (tags[is_cell] == _TH).tolist(),
            self._nodes[cells, NODE_ROWS].tolist(),
            self._nodes[cells, NODE_SPAN].tolist(),
            strict=True,
        )
        rows: list[list[str]] = []
        headers = 0
        pending: dict[int, int] = {}  # rows that a cell still reaches down, by its column
        for _, group in groupby(columns, itemgetter(0)):
            row: list[str] = []
            only_headers = True
            for _, cell, is_header, down, across in group:
                _fill(row, pending)
                only_headers = only_headers and is_header
                text = texts.get(cell, "")
                for step in range(min(max(1, across), MAXIMUM_COLUMNS - len(row))):
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


def _table(layout: _Layout, table: int, cells: Sequence[int], blocks: Sequence[str]) -> str | None:
    """The table, or None when its cells hold more than data: it serves the layout then.

    Args:
        layout: The page's tables.
        table: Its node.
        cells: The cell that each block stands in.
        blocks: Their texts.
    """
    texts: dict[int, str] = {}
    for cell, text in zip(cells, blocks, strict=True):
        texts[cell] = f"{texts[cell]} {text}" if cell in texts else text
    if max(map(len, texts.values())) > MAXIMUM_CELL_CHARACTERS:
        return None
    minimum_rows = MINIMUM_ROWS - 1 if layout.has_header(table) else MINIMUM_ROWS
    rendered = render_table(layout.grid(table, texts), minimum_rows)
    return None if len(texts) < len(cells) and rendered.fate == "plain" else rendered.text or None

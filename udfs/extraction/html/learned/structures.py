"""The structures of a page's own elements around each of its nodes: lists, code, tables, quotes."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.names import LISTS, tags_named
from udfs.extraction.html.blocks.open_elements import NODE_PARENT, NODE_TAG, Nodes

_PRE, _LI, _OL, _TABLE, _TR, _QUOTE = tags_named("pre li ol table tr blockquote")
_TD, _TH = tags_named("td th")
_STRUCTURES: Final = 9


class Place(NamedTuple):
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


CODE_PLACE: Final = Place._fields.index("code")
ITEM_PLACE: Final = Place._fields.index("item")
OUTER_LIST_PLACE: Final = Place._fields.index("outer_list")
LIST_DEPTH_PLACE: Final = Place._fields.index("list_depth")
ORDINAL_PLACE: Final = Place._fields.index("ordinal")
TABLE_PLACE: Final = Place._fields.index("table")
ROW_PLACE: Final = Place._fields.index("row")
CELL_PLACE: Final = Place._fields.index("cell")
QUOTE_PLACE: Final = Place._fields.index("quote")
"""Columns of ``structures``."""


@kernel
def structures(nodes: Nodes) -> Nodes:
    """For every node the innermost code, list item, table, row, cell and quote that it is or stands in.

    Args:
        nodes: Node table.

    Returns:
        int32 [nodes, fields of ``Place``]: node numbers, but for the depth of the list and the item's
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

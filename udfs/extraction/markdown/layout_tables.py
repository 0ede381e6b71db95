"""Tables that only place blocks on a page: their cells are text, one block below the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MAXIMUM_CELL_CHARACTERS = 500
"""A longer cell with blocks in it, in a table without header cells, is a column of a page."""

_LAYOUT_ROLES = frozenset({"presentation", "none"})
_GROUPS = ("{*}thead", "{*}tbody", "{*}tfoot")
_HEADINGS = ("{*}h1", "{*}h2", "{*}h3", "{*}h4", "{*}h5", "{*}h6")
_BLOCKS = (*_HEADINGS, "{*}p", "{*}ul", "{*}ol", "{*}blockquote", "{*}pre")


def is_layout_table(table: Any) -> bool:
    """Tell a table that has no rows and columns of data.

    Args:
        table: An lxml element ``table``, of XHTML or HTML.

    Returns:
        True for one that says so (``role``), for one of a single column, and, where no header cell or
        caption speaks for data, for one that holds tables, headings, long cells of several blocks, or
        a listing beside something else (its line numbers).
        Takes time linear in the table's size, however deep tables lie in each other.
    """
    if (table.get("role") or "").strip().lower() in _LAYOUT_ROLES:
        return True
    rows = [list(row.iterchildren("{*}td", "{*}th")) for row in _own_rows(table)]
    if max(map(len, rows), default=0) <= 1:
        return True
    if next(table.iterchildren("{*}caption", "{*}thead"), None) is not None:
        return False
    cells = [cell for row in rows for cell in row]
    if any(cell.tag.endswith("th") for cell in cells):
        return False
    if next(table.iterdescendants("{*}table", *_HEADINGS), None) is not None:
        return True
    if len(rows) == 1 and next(table.iterdescendants("{*}pre"), None) is not None:
        return True
    return any(map(_is_column_of_page, cells))


def _own_rows(table: Any) -> Iterator[Any]:
    yield from table.iterchildren("{*}tr")
    for group in table.iterchildren(*_GROUPS):
        yield from group.iterchildren("{*}tr")


def _is_column_of_page(cell: Any) -> bool:
    blocks = cell.iterdescendants(*_BLOCKS)
    if next(blocks, None) is None or next(blocks, None) is None:
        return False
    return len("".join(cell.itertext())) > MAXIMUM_CELL_CHARACTERS

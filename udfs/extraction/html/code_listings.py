"""Code listings that blog software sets in tables: line numbers in one cell, the code in the other.

Table cells are written on one line, which would glue a program's lines together; a listing is no table.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import html as lxml_html

_LINE_NUMBERS = re.compile(r"[\s\d.:]*")
MAXIMUM_ROWS = 5_000
"""Rows of a listing that has a row a line; longer tables are left as they are."""


def unwrap_listings(tree: Any) -> None:
    """Replace every table that is a code listing by a ``<pre>`` with the code, in place.

    Args:
        tree: The lxml root element of the page. Two layouts are known: one row whose code cell holds a
            ``<pre>`` (Pygments, Rouge, Hexo, SyntaxHighlighter), and one row a line (GitHub, GitLab).
    """
    for table in list(tree.iter("table")):
        code = _code_of(table)
        if code is None or table.getparent() is None:
            continue
        block = lxml_html.Element("pre")
        block.text = code
        block.tail = table.tail
        parent = table.getparent()
        parent.replace(table, block)
        if parent.tag == "figure":  # trafilatura takes figures for pictures
            parent.tag = "div"


def _code_of(table: Any) -> str | None:
    if next(table.iter("pre", "code"), None) is None or next(table.iter("th"), None) is not None:
        return None
    rows = list(table.iter("tr"))
    if not rows or len(rows) > MAXIMUM_ROWS:
        return None
    lines = [_code_of_row(row) for row in rows]
    return None if any(line is None for line in lines) else "\n".join(filter(None, lines))


def _code_of_row(row: Any) -> str | None:
    """The code of a row whose other cells hold line numbers only; None for a row of a real table."""
    cells = [cell for cell in row if cell.tag == "td"]
    code: str | None = None
    for cell in cells:
        text = _verbatim(cell)
        listing = next(cell.iter("pre", "code"), None)
        if _LINE_NUMBERS.fullmatch(text):
            code = code if code is not None or listing is None or len(cells) > 1 else text
        elif code is None and listing is not None and _fills(listing, text):
            code = text.strip("\n")
        else:
            return None
    return code


def _fills(listing: Any, text: str) -> bool:
    """Whether the code is all of a cell's text: a sentence around it makes a real table."""
    inside = "".join("".join(listing.itertext()).split())
    return len(inside) >= 0.9 * len("".join(text.split()))


def _verbatim(cell: Any) -> str:
    """Text of a cell with line ends where ``<br>`` and a ``<div>`` a line make them."""
    for part in cell.iter("br", "div"):
        part.tail = "\n" + (part.tail or "")
    return "".join(cell.itertext())

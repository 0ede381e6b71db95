"""The learned reader of web pages: blocks, the classifier, Markdown; and the page's statements with it."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from lxml import html as lxml_html

from udfs.extraction.html.blocks.finding import BLOCK_NODE
from udfs.extraction.html.blocks.names import FLAGS, TAG
from udfs.extraction.html.blocks.open_elements import NODE_FLAGS, NODE_TAG
from udfs.extraction.html.blocks.page_blocks import PageBlocks
from udfs.extraction.html.learned.markdown import (
    CELL_PLACE,
    TABLE_PLACE,
    structures,
    write_markdown,
)
from udfs.extraction.html.learned.model import JudgedBlocks
from udfs.extraction.html.learned.text_features import TEXT_COLUMN

CHANCE_OF_CODE: Final = 0.1
"""Probability from which preformatted text is kept: menus and lists of stories never are, while the model,
whose gold pages hold little code, doubts long listings and messages of mailing lists (word F1 on pages of
22 manuals, blogs and forums 0.945 against 0.921 East Asian, 0.921 against 0.896 others, WCXB the same)."""
CHANCE_OF_TABLES: Final = 0.2
"""Mean probability of a table's text from which all of it is kept: half a table is of no use, and cells
are too short to be judged alone (word F1 on WCXB 0.0007, on manuals 0.003 more than cell by cell)."""
_PREFORMATTED: Final = 1 << FLAGS.index("pre")
MOSTLY_LINKS: Final = 0.5
"""Share of a block's text within links from which it counts as a link."""

_NAME = re.compile(rb"<([a-zA-Z0-9]+)")
_WITHOUT_END = frozenset((b"html", b"meta", b"link", b"title", b"script"))


class MinimumChances(NamedTuple):
    """Probabilities that kept blocks must have, whatever the expected F1 of the page asks for.

    Attributes:
        text: Of a block whose text is not in links, or for the smaller part.
        link: Of a block whose text is in links for the most part.
    """

    text: float = 0.0
    link: float = 0.0


ANY_CHANCE: Final = MinimumChances()


def learned_text(
    page: PageBlocks, judged: JudgedBlocks, minimum: MinimumChances = ANY_CHANCE
) -> str:
    """Write the blocks that the model takes for content.

    Args:
        page: The page's blocks.
        judged: What the model says of them.
        minimum: What kept blocks must have as long as any has it.

    Returns:
        Markdown; empty when nothing was found.
    """
    is_link = judged.texts[:, TEXT_COLUMN["link_share"]] > MOSTLY_LINKS
    likely = judged.is_kept & (judged.chances > np.where(is_link, minimum.link, minimum.text))
    flags = page.nodes[page.blocks[:, BLOCK_NODE], NODE_FLAGS]
    is_code = (flags & _PREFORMATTED > 0) & (judged.chances > CHANCE_OF_CODE)
    is_kept = is_code | (likely if likely.any() else judged.is_kept)
    return write_markdown(page, _with_whole_tables(page, judged, is_kept))


def _with_whole_tables(
    page: PageBlocks, judged: JudgedBlocks, is_kept: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Keep or drop tables that have header cells as a whole, by the mean probability of their text."""
    headers = page.nodes[:, NODE_TAG] == TAG["th"]
    if not headers.any():
        return is_kept
    places = structures(page.nodes)
    has_header = np.zeros(len(page.nodes), np.bool_)
    has_header[places[headers, TABLE_PLACE]] = True
    of_block = places[page.blocks[:, BLOCK_NODE]]
    table = of_block[:, TABLE_PLACE]
    is_cell = (of_block[:, CELL_PLACE] > 0) & (table > 0) & has_header[table]
    columns = judged.texts[:, TEXT_COLUMN["columns"]] * is_cell
    expected = np.bincount(table, columns * judged.chances, len(page.nodes))
    whole = np.bincount(table, columns, len(page.nodes))
    return np.where(is_cell, expected[table] > CHANCE_OF_TABLES * whole[table], is_kept)


def stated_tree(page: PageBlocks) -> Any:
    """Parse the elements of a page that ``metadata.read_metadata`` looks at, and nothing else.

    Args:
        page: The page's blocks; the block kernel met these elements anyway.

    Returns:
        An lxml root element with the same statements as the tree of the whole page.
    """
    parts: list[bytes] = []
    for start, end in page.statements.tolist():
        element = page.page[start:end]
        name = _NAME.match(element)
        parts.append(element)
        if name is not None and name[1].lower() not in _WITHOUT_END:
            parts.append(b"</" + name[1] + b">")
    content = b"<!doctype html>" + (b"".join(parts) or b"<html></html>")
    return lxml_html.document_fromstring(content, parser=lxml_html.HTMLParser(encoding="utf-8"))

"""The learned reader of web pages: blocks, the classifier, Markdown; and the page's statements with it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from lxml import etree

from udfs.extraction.html.blocks.finding import BLOCK_END, BLOCK_NODE, BLOCK_START
from udfs.extraction.html.blocks.names import TAG
from udfs.extraction.html.blocks.open_elements import NODE_TAG, Nodes
from udfs.extraction.html.blocks.page_blocks import PageBlocks
from udfs.extraction.html.learned.containers import Floats
from udfs.extraction.html.learned.listings import Listings, find_listings
from udfs.extraction.html.learned.markdown import write_markdown
from udfs.extraction.html.learned.model import JudgedBlocks
from udfs.extraction.html.learned.structures import CELL_PLACE, TABLE_PLACE, structures
from udfs.extraction.html.learned.text_features import TEXT_COLUMN

CHANCE_OF_CODE: Final = 0.1
CHANCE_OF_CODE_BEHIND_TEXT: Final = 0.03
"""Mean probability of a listing's text from which all of it is kept, on its own and where the text before it
is kept: menus and lists of stories are never preformatted, while the model, whose gold pages hold little
code, doubts long listings and messages of mailing lists (of 187 listings on Chinese blogs 180 came out
whole with the first bound alone, 187 with both)."""
GAP_AT_CODE: Final = 4
"""Blocks between a kept listing and other kept text that are kept, too, and that may stand between kept text
and a listing behind it: headings, captions and one-line paragraphs, which the model doubts the more the
fewer columns they have."""
CHANCE_AT_CODE: Final = 0.1
"""Probability that each of those between must have."""
CHANCE_OF_TABLES: Final = 0.2
"""Mean probability of a table's text from which all of it is kept: half a table is of no use, and cells
are too short to be judged alone (word F1 on WCXB 0.0007, on manuals 0.003 more than cell by cell)."""
REPEATED_COLUMNS: Final = 100
"""Columns of a block from which its text is left out where it stood before, elsewhere on the page: a page
written once for each width, a post again in its summary. Entries of one list may say the same, and so may a
manual in a sentence (word F1 on two thirds of the gold pages 0.003 more, on their forums 0.017)."""
MOSTLY_LINKS: Final = 0.5
"""Share of a block's text within links from which it counts as a link."""

_LETTERS = re.compile(r"[^\W_]+")
_NAME = re.compile(rb"<([a-zA-Z0-9]+)")
_WITHOUT_END = frozenset((b"html", b"meta", b"link", b"title", b"script"))


class MinimumChances(NamedTuple):
    """Probabilities that kept blocks must have, as shares of what the page's likeliest text has.

    Attributes:
        text: Of a block whose text is not in links, or for the smaller part; 0 to 1.
        link: Of a block whose text is in links for the most part; 0 to 1.
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
        minimum: What kept blocks must have. It is measured by the page's likeliest text: where the model
            doubts a whole article, a fixed bound would cut it down to a few sentences.

    Returns:
        Markdown; empty when nothing was found.
    """
    is_link = judged.texts[:, TEXT_COLUMN["link_share"]] > MOSTLY_LINKS
    likeliest = judged.chances[judged.likeliest]
    bound = np.where(is_link, minimum.link, minimum.text) * likeliest.min(initial=1)
    is_kept = judged.is_kept & (judged.chances > bound)
    places = structures(page.nodes)
    listings = find_listings(page, places)
    is_kept = _with_whole_listings(listings, judged, is_kept)
    is_kept = _with_whole_tables(page, judged, is_kept, places)
    is_kept = _with_gaps_at_listings(listings, judged, is_kept)
    is_kept = _without_repetitions(page, judged, is_kept, places, listings)
    return write_markdown(page, is_kept, places, listings)


def holds_likeliest(text: str, page: PageBlocks, judged: JudgedBlocks) -> bool:
    """Tell whether a text that somebody else read has the better part of the page's likeliest text.

    Args:
        text: For example the posts of a page, which are comments where the page is an article.
        page: The page's blocks.
        judged: What the model says of them.

    Returns:
        True where at least half of the likeliest text's words stand in blocks that the text holds, and where
        there is no likeliest text.
    """
    words = judged.texts[judged.likeliest, TEXT_COLUMN["words"]]
    letters = _letters(text)
    is_held = [_letters(block) in letters for block in page.texts(judged.likeliest)]
    return bool(2 * words[is_held].sum() >= words.sum())


def _letters(text: str) -> str:
    return "".join(_LETTERS.findall(text.casefold()))


def _with_whole_listings(
    listings: Listings, judged: JudgedBlocks, is_kept: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Keep or drop listings as a whole: by their mean probability, or as the text around them."""
    is_code = listings.roots > 0
    if not is_code.any():
        return is_kept
    mean = _mean_chances(np.where(listings.is_number, 0, listings.roots), judged)
    numbers = np.arange(len(is_kept))
    is_kept = np.where(is_code, mean > CHANCE_OF_CODE, is_kept)
    before = np.maximum.accumulate(np.where(is_kept, numbers, -1))
    prose = np.cumsum(~is_code)
    follows = (before >= 0) & (prose - prose[before] <= GAP_AT_CODE)
    return is_kept | (is_code & follows & (mean > CHANCE_OF_CODE_BEHIND_TEXT))


def _with_gaps_at_listings(
    listings: Listings, judged: JudgedBlocks, is_kept: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Keep the few blocks between a kept listing and the kept text before or behind it."""
    is_code = listings.roots > 0
    kept = np.flatnonzero(is_kept)
    if not (is_code & is_kept).any():
        return is_kept
    filled = is_kept.copy()
    gaps = np.diff(kept) - 1
    beside = is_code[kept[1:]] | is_code[kept[:-1]]
    for place in np.flatnonzero((gaps > 0) & (gaps <= GAP_AT_CODE) & beside).tolist():
        gap = slice(kept[place] + 1, kept[place + 1])
        filled[gap] = ~is_code[gap] & (judged.chances[gap] > CHANCE_AT_CODE)
    return filled


def _mean_chances(groups: npt.NDArray[np.int64], judged: JudgedBlocks) -> Floats:
    """The mean probability of the text of each block's group, wide characters counted twice."""
    columns = np.maximum(judged.texts[:, TEXT_COLUMN["columns"]], 1)
    expected = np.bincount(groups, columns * judged.chances)
    return (expected / np.maximum(np.bincount(groups, columns), 1))[groups].astype(np.float32)


def _with_whole_tables(
    page: PageBlocks, judged: JudgedBlocks, is_kept: npt.NDArray[np.bool_], places: Nodes
) -> npt.NDArray[np.bool_]:
    """Keep or drop tables that have header cells as a whole, by the mean probability of their text."""
    headers = page.nodes[:, NODE_TAG] == TAG["th"]
    if not headers.any():
        return is_kept
    has_header = np.zeros(len(page.nodes), np.bool_)
    has_header[places[headers, TABLE_PLACE]] = True
    of_block = places[page.blocks[:, BLOCK_NODE]]
    table = of_block[:, TABLE_PLACE]
    is_cell = (of_block[:, CELL_PLACE] > 0) & (table > 0) & has_header[table]
    whole = _mean_chances(np.where(is_cell, table, 0).astype(np.int64), judged)
    return np.where(is_cell, whole > CHANCE_OF_TABLES, is_kept)


def _without_repetitions(
    page: PageBlocks,
    judged: JudgedBlocks,
    is_kept: npt.NDArray[np.bool_],
    places: Nodes,
    listings: Listings,
) -> npt.NDArray[np.bool_]:
    """Drop running text that was kept before in an element of another path; listings and tables stay."""
    is_long = judged.texts[:, TEXT_COLUMN["columns"]] >= REPEATED_COLUMNS
    in_cell = places[page.blocks[:, BLOCK_NODE], CELL_PLACE] > 0
    numbers = np.flatnonzero(is_kept & is_long & ~in_cell & (listings.roots == 0))
    blocks = page.blocks[numbers]
    columns = zip(
        numbers.tolist(),
        blocks[:, BLOCK_START].tolist(),
        blocks[:, BLOCK_END].tolist(),
        page.paths[blocks[:, BLOCK_NODE]].tolist(),
        strict=True,
    )
    paths: dict[bytes, set[int]] = {}
    content = page.text.tobytes()
    first = is_kept.copy()
    for number, start, end, path in columns:
        seen = paths.setdefault(content[start:end], set())
        first[number] = not seen or path in seen
        seen.add(path)
    return first


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
    # Not lxml.html's parser, which asks Python for the class of every element.
    return etree.fromstring(content, parser=_parser())


@cache
def _parser() -> etree.HTMLParser:
    return etree.HTMLParser(encoding="utf-8")

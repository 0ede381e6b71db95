"""The one pass over a page's bytes: tags and text to blocks of text and a table of block elements."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.attributes import (
    ATTRIBUTE_FACTS,
    HIDES,
    IS_LINKED_DATA,
    OG_TYPE,
    STATES,
    count_linked_types,
    read_attributes,
)
from udfs.extraction.html.blocks.hashing import PRIME, SEED, Bytes, find, lower
from udfs.extraction.html.blocks.names import (
    BLOCK,
    CODE,
    HIDDEN,
    INLINE,
    KIND,
    LINKED_GROUPS,
    RAW,
    SKIPPED,
    TABLE_PARTS,
    TAG_FLAGS,
    TAG_KEYS,
    TAG_VALUES,
    TAGS,
    tags_named,
)
from udfs.extraction.html.blocks.open_elements import (
    MAXIMUM_DEPTH,
    NODE_DEPTH,
    NODE_FLAGS,
    NODE_PARENT,
    NODE_TAG,
    NODE_WORDS,
    Nodes,
    close_ended,
    close_implied,
)
from udfs.extraction.html.blocks.text_runs import behind_markup, end_of_raw, read_text

BLOCK_START, BLOCK_END, BLOCK_NODE, LINK_BYTES, LINKS, IMAGES, BREAKS, INLINES, BLOCK_COLUMNS = (
    range(9)
)
"""Columns of the block table: bytes of its text, its node, characters and number of links, images, 1 for a
``br`` before and 2 for one behind, opened inline elements."""

BLOCK_COUNT, NODE_COUNT, WORD_COUNT, TEXT_SIZE, STATEMENT_COUNT, TITLE_START, TITLE_END, COUNTS = (
    range(8)
)
"""Places of what ``find_blocks`` counts."""

CODE_MARK: Final = 2
"""A byte in the text where inline code starts or ends; the page's own control bytes are dropped."""

(
    _A,
    _BR,
    _HR,
    _IMG,
    _PRE,
    _BODY,
    _TABLE,
    _CUSTOM,
    _H1,
    _TITLE,
    _SCRIPT,
    _STYLE,
    _META,
    _TIME,
    _HTML,
) = tags_named("a br hr img pre body table #custom h1 title script style meta time html")
_P, _LI, _TD, _TEMPLATE = tags_named("p li td template")


@kernel
def _end_block(out: Bytes, blocks: Nodes, counts: Any, start: int, end: int, row: Any) -> int:
    """Close the block that began at ``start``; returns where the next one begins."""
    while end > start and (out[end - 1] == 32 or out[end - 1] == 10 or out[end - 1] == 9):
        end -= 1
    if row[1] == 0:
        return start
    if row[5] > 0:
        out[end] = CODE_MARK
        end += 1
    number = counts[BLOCK_COUNT]
    blocks[number, BLOCK_START] = start
    blocks[number, BLOCK_END] = end
    blocks[number, BLOCK_NODE] = row[0]
    blocks[number, LINK_BYTES] = row[2]
    blocks[number, LINKS] = row[3]
    blocks[number, IMAGES] = row[4]
    blocks[number, INLINES] = row[6]
    blocks[number, BREAKS] = row[7]
    counts[BLOCK_COUNT] = number + 1
    out[end] = 10
    return end + 1


@kernel
def _open_element(
    nodes: Nodes,
    paths: Any,
    words: Any,
    counts: Any,
    opened: Nodes,
    parent: int,
    tag: int,
    first: int,
    hides: int,
) -> int:
    """Add a node below ``parent`` whose class words begin at ``first``; returns its number."""
    number = counts[NODE_COUNT]
    nodes[number, NODE_TAG] = tag
    nodes[number, NODE_PARENT] = parent
    nodes[number, NODE_DEPTH] = nodes[parent, NODE_DEPTH] + 1
    flags = nodes[parent, NODE_FLAGS] | TAG_FLAGS[tag]
    nodes[number, NODE_FLAGS] = flags | HIDDEN if hides else flags
    nodes[number, NODE_WORDS] = first
    path = (paths[parent] ^ np.uint64(tag)) * PRIME
    for place in range(first, counts[WORD_COUNT]):
        path += words[place]  # whatever the order of the classes
    paths[number] = path * PRIME
    opened[tag] += 1
    counts[NODE_COUNT] = number + 1
    return number  # type: ignore[no-any-return]


@kernel
def _state(page: Bytes, statements: Nodes, counts: Any, start: int, end: int) -> int:
    """Remember the bytes of an element that says something of the page; returns its row or -1."""
    row = counts[STATEMENT_COUNT]
    if row >= statements.shape[0]:
        return -1
    statements[row, 0] = start
    statements[row, 1] = min(end, page.shape[0])
    counts[STATEMENT_COUNT] = row + 1
    return row  # type: ignore[no-any-return]


@kernel
def find_blocks(
    page: Bytes,
    out: Bytes,
    blocks: Nodes,
    nodes: Nodes,
    paths: npt.NDArray[np.uint64],
    words: npt.NDArray[np.uint64],
    statements: Nodes,
    kinds: Nodes,
    counts: npt.NDArray[np.int64],
) -> None:
    """Cut a page into blocks of text. Linear in the bytes; no recursion.

    Args:
        page: The page, UTF-8.
        out: Receives the blocks' text, UTF-8, one line feed behind each; at least 2 x page + 64.
        blocks: Receives the block table; int32 [number of ``<`` + 2, ``BLOCK_COLUMNS``].
        nodes: Receives the node table, parents before children; int32 [number of ``<`` + 2,
            ``NODE_COLUMNS``], zeroed.
        paths: Receives a hash of each node's tags and classes from the root; [nodes].
        words: Receives the hashes of class words.
        statements: Receives start and end of elements that state metadata; int32 [any, 2].
        kinds: Receives the counts of JSON-LD types and behind them the ``og:type``; zeroed int32.
        counts: Receives the sizes at ``BLOCK_COUNT`` to ``TITLE_END``; zeroed int64 [``COUNTS``].
    """
    size = page.shape[0]
    opened = np.zeros(len(TAGS), np.int32)
    unclosed = np.zeros(len(TAGS), np.bool_)
    found = np.zeros(ATTRIBUTE_FACTS, np.int64)
    row = np.zeros(
        8, np.int64
    )  # node, characters, linked, links, images, open code, inline, breaks
    paths[0] = SEED
    counts[NODE_COUNT] = 1
    current = end = start = i = skipped = 0
    heading = -1
    in_link = False
    is_space = True
    while i < size:
        byte = page[i]
        if byte != 60 or i + 1 >= size:
            if skipped > 0:
                i += 1
            else:
                i, end, is_space = read_text(
                    page, i, out, start, end, is_space, opened[_PRE] > 0, in_link, row
                )
            continue
        is_end = page[i + 1] == 47
        first = i + 2 if is_end else i + 1
        letter = lower(page[first]) if first < size else 0
        if not 97 <= letter <= 122:
            if is_end or page[i + 1] == 33 or page[i + 1] == 63:
                i = behind_markup(page, i)
            else:
                if skipped == 0:
                    out[end] = 60
                    end += 1
                    row[1] += 1
                    is_space = False
                i += 1
            continue
        name = SEED
        place = first
        is_custom = False
        while place < size and page[place] > 32 and page[place] != 47 and page[place] != 62:
            is_custom = is_custom or page[place] == 45
            name = (name ^ np.uint64(lower(page[place]))) * PRIME
            place += 1
        length = place - first
        tag = find(TAG_KEYS, TAG_VALUES, name)
        if tag < 0 and is_custom:
            tag = _CUSTOM
        kind = np.int64(KIND[tag]) if tag >= 0 else np.int64(0)
        first_word = counts[WORD_COUNT]
        found[:] = 0
        place, last_word = read_attributes(
            page, place, kind == BLOCK and not is_end, words, first_word, found
        )
        is_closed = place < size and page[place - 1] == 47
        place += 1
        if place > size:
            break  # the end of the page within a tag: the standard drops the tag
        tag_start = i
        i = place
        if not is_end and (found[STATES] or tag in (_META, _TIME, _HTML)):
            _state(page, statements, counts, tag_start, place)
            if found[OG_TYPE] > 0:
                kinds[LINKED_GROUPS] = found[OG_TYPE]
        if kind == RAW:
            is_foreign = skipped > 0 and (is_closed or tag == _TITLE)
            if not (is_end or unclosed[tag] or is_foreign):
                close = end_of_raw(page, place, name, length)
                if close < 0:
                    unclosed[tag] = True
                    if tag in (_SCRIPT, _STYLE):
                        break
                    continue
                if tag == _TITLE and counts[TITLE_END] == 0:
                    counts[TITLE_START] = place
                    counts[TITLE_END] = close
                    _state(page, statements, counts, tag_start, close + length + 3)
                elif tag == _SCRIPT and found[IS_LINKED_DATA]:
                    _state(page, statements, counts, tag_start, close + length + 3)
                    count_linked_types(page, place, close, kinds)
                i = behind_markup(page, close)
            continue
        if skipped > 0:
            if is_end and tag == skipped:
                skipped = 0
            if kind != BLOCK or is_end or tag == _CUSTOM:
                continue
            skipped = 0  # elements of HTML end foreign content that was left open
        if kind == SKIPPED and not is_end and not is_closed:
            skipped = tag
        if kind == INLINE:
            if tag == _A:
                in_link = not is_end
                row[3] += in_link
            elif not is_end:
                row[6] += 1
            if CODE[tag] and opened[_PRE] == 0 and (row[5] > 0) == is_end:
                row[5] = not is_end
                out[end] = CODE_MARK
                end += 1
        row[4] += tag == _IMG
        if kind != BLOCK and tag != _BR and tag != _HR:
            continue
        row[0] = current
        row[7] = (row[7] & 1) | (2 if tag == _BR else 0)
        if opened[_TEMPLATE] > 0:
            row[1] = 0  # a template's content is no part of the page
        end = start = _end_block(out, blocks, counts, start, end, row)
        row[:] = 0
        row[3] = in_link
        row[7] = tag == _BR
        is_space = True
        if kind != BLOCK:
            continue
        if is_end:
            if tag != _BODY:
                current = close_ended(nodes, opened, current, tag)
            if tag == _H1 and heading >= 0:
                statements[heading, 1] = place
                heading = -1
            if tag in (_P, _LI, _TD):
                in_link = False
            continue
        if (tag == _BODY and opened[_BODY] > 0) or (
            TABLE_PARTS[tag] and tag != _TABLE and opened[_TABLE] == 0
        ):
            continue  # merged into the first, and ignored outside of a table, says the standard
        current = close_implied(nodes, opened, current, tag)
        if nodes[current, NODE_DEPTH] < MAXIMUM_DEPTH:
            counts[WORD_COUNT] = last_word
            current = _open_element(
                nodes, paths, words, counts, opened, current, tag, first_word, found[HIDES]
            )
        if tag == _H1:
            heading = _state(page, statements, counts, tag_start, place)
    row[0] = current
    row[1] = 0 if opened[_TEMPLATE] > 0 else row[1]
    end = _end_block(out, blocks, counts, start, end, row)
    counts[TEXT_SIZE] = end

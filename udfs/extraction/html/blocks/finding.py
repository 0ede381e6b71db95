"""The one pass over a page's bytes: tags and text to blocks of text and a table of block elements."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.attributes import (
    ATTRIBUTE_FACTS,
    COLUMN_SPAN,
    HIDES,
    IS_LINKED_DATA,
    IS_SHADOW,
    IS_TEX,
    OG_TYPE,
    ROW_SPAN,
    STATES,
    count_linked_types,
    read_attributes,
    read_name,
)
from udfs.extraction.html.blocks.formulas import write_tex
from udfs.extraction.html.blocks.hashing import PRIME, SEED, Bytes, lower
from udfs.extraction.html.blocks.inline import is_passed, read_inline, read_math
from udfs.extraction.html.blocks.names import (
    BLOCK,
    HEADING_LEVEL,
    HIDDEN,
    INLINE,
    KIND,
    LINKED_GROUPS,
    RAW,
    SKIPPED,
    TABLE_PARTS,
    TAG_FLAGS,
    TAGS,
    tags_named,
)
from udfs.extraction.html.blocks.open_elements import (
    MAXIMUM_DEPTH,
    NODE_DEPTH,
    NODE_FLAGS,
    NODE_PARENT,
    NODE_ROWS,
    NODE_SPAN,
    NODE_TAG,
    NODE_WORDS,
    Nodes,
    close_ended,
    close_implied,
)
from udfs.extraction.html.blocks.state import (
    BLANKS,
    BREAK,
    CHARACTERS,
    CODE_MARK,
    CODE_NODE,
    CURRENT,
    EMPTY,
    END,
    HEADING,
    IMAGE_COUNT,
    IN_CODE,
    IN_LINK,
    INLINE_COUNT,
    LINK_COUNT,
    LINKED,
    NUMBER_TAG,
    OPEN_CODE,
    RUBIES,
    SKIPPED_LEVELS,
    SKIPPED_TAG,
    START,
    STATE,
    State,
    begin_block,
    put,
)
from udfs.extraction.html.blocks.text_runs import behind_markup, end_of_raw, read_text

(
    BLOCK_START,
    BLOCK_END,
    BLOCK_NODE,
    LINK_BYTES,
    LINKS,
    IMAGES,
    BREAKS,
    INLINES,
    BLANK_LINES,
    BLOCK_COLUMNS,
) = range(10)
"""Columns of the block table: bytes of its text, its node, characters and number of links, images, 1 for a
``br`` before and 2 for one behind, opened inline elements, empty elements before it in a listing."""

BLOCK_COUNT, NODE_COUNT, WORD_COUNT, TEXT_SIZE, STATEMENT_COUNT, TITLE_START, TITLE_END, COUNTS = (
    range(8)
)
"""Places of what ``find_blocks`` counts."""

_BR, _HR, _IMG, _PRE, _BODY, _TABLE, _CUSTOM, _H1 = tags_named(
    "br hr img pre body table #custom h1"
)
_TITLE, _SCRIPT, _STYLE, _META, _TIME, _HTML = tags_named("title script style meta time html")
_P, _LI, _TD, _TEMPLATE, _SHADOW = tags_named("p li td template #shadow")
_RP, _RT, _RTC, _MATH = tags_named("rp rt rtc math")


@kernel
def _end_block(out: Bytes, blocks: Nodes, counts: Any, at: State) -> None:
    """Close the block that is being read; the next one begins behind it."""
    start, end = at[START], at[END]
    while end > start and (out[end - 1] == 32 or out[end - 1] == 10 or out[end - 1] == 9):
        end -= 1
    if at[CHARACTERS] == 0:
        at[END] = start
        return
    if at[OPEN_CODE] > 0:
        out[end] = CODE_MARK
        end += 1
    number = counts[BLOCK_COUNT]
    blocks[number, BLOCK_START] = start
    blocks[number, BLOCK_END] = end
    blocks[number, BLOCK_NODE] = at[CURRENT]
    blocks[number, LINK_BYTES] = at[LINKED]
    blocks[number, LINKS] = at[LINK_COUNT]
    blocks[number, IMAGES] = at[IMAGE_COUNT]
    blocks[number, INLINES] = at[INLINE_COUNT]
    blocks[number, BREAKS] = at[BREAK]
    blocks[number, BLANK_LINES] = at[BLANKS]
    counts[BLOCK_COUNT] = number + 1
    out[end] = 10
    at[START] = at[END] = end + 1


@kernel
def _open_element(
    nodes: Nodes,
    paths: Any,
    words: Any,
    counts: Any,
    opened: Nodes,
    at: State,
    tag: int,
    first: int,
    found: Any,
) -> bool:
    """Add a node whose class words begin at ``first`` below what its tag leaves open; False if it is none."""
    if (tag == _BODY and opened[_BODY] > 0) or (
        TABLE_PARTS[tag] and tag != _TABLE and opened[_TABLE] == 0
    ):
        return False  # merged into the first, and ignored outside of a table, says the standard
    if tag == _TEMPLATE and found[IS_SHADOW]:
        tag = _SHADOW
    parent = close_implied(nodes, opened, at[CURRENT], tag)
    at[CURRENT] = parent
    if nodes[parent, NODE_DEPTH] >= MAXIMUM_DEPTH:
        return False
    number = counts[NODE_COUNT]
    nodes[number, NODE_TAG] = tag
    nodes[number, NODE_PARENT] = parent
    nodes[number, NODE_DEPTH] = nodes[parent, NODE_DEPTH] + 1
    flags = nodes[parent, NODE_FLAGS] | TAG_FLAGS[tag]
    nodes[number, NODE_FLAGS] = flags | HIDDEN if found[HIDES] else flags
    nodes[number, NODE_WORDS] = first
    nodes[number, NODE_ROWS] = found[ROW_SPAN]
    nodes[number, NODE_SPAN] = found[COLUMN_SPAN]
    path = (paths[parent] ^ np.uint64(tag)) * PRIME
    for place in range(first, counts[WORD_COUNT]):
        path += words[place]  # whatever the order of the classes
    paths[number] = path * PRIME
    opened[tag] += 1
    counts[NODE_COUNT] = number + 1
    at[CURRENT] = at[EMPTY] = number
    return True


@kernel
def _close_element(
    nodes: Nodes, opened: Nodes, statements: Nodes, at: State, tag: int, place: int
) -> None:
    """Close what the end tag that ends at ``place`` closes."""
    if tag != _BODY:
        at[CURRENT] = close_ended(nodes, opened, at[CURRENT], tag)
    if tag == _H1 and at[HEADING] >= 0:
        statements[at[HEADING], 1] = place
        at[HEADING] = -1
    if tag in (_P, _LI, _TD):
        at[IN_LINK] = 0
    if at[CURRENT] < at[CODE_NODE]:
        at[IN_CODE] = 0
    if opened[_PRE] == 0:
        at[BLANKS] = 0


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
def _read_raw(
    page: Bytes,
    out: Bytes,
    at: State,
    statements: Nodes,
    kinds: Nodes,
    counts: Any,
    found: Any,
    tag: int,
    tag_start: int,
    place: int,
    close: int,
) -> None:
    """Take what an element of raw text says: the title, JSON-LD, the TeX of a formula."""
    behind = behind_markup(page, close)
    if tag == _TITLE and counts[TITLE_END] == 0:
        counts[TITLE_START] = place
        counts[TITLE_END] = close
        _state(page, statements, counts, tag_start, behind)
    elif tag == _SCRIPT and found[IS_LINKED_DATA]:
        _state(page, statements, counts, tag_start, behind)
        count_linked_types(page, place, close, kinds)
    elif tag == _SCRIPT and found[IS_TEX] and at[SKIPPED_TAG] == 0:
        put(at, write_tex(page, place, close, out, at[END]))


@kernel
def _read_boundary(
    out: Bytes,
    blocks: Nodes,
    nodes: Nodes,
    opened: Any,
    counts: Any,
    at: State,
    tag: int,
    is_block: bool,
    is_end: bool,
) -> None:
    """End the block before a tag of a block element, a break or a rule."""
    current = at[CURRENT]
    at[BREAK] = (at[BREAK] & 1) | (2 if tag == _BR else 0)
    if opened[_TEMPLATE] > 0:
        at[CHARACTERS] = 0  # a template's content is no part of the page
    is_line = is_end or (tag == _LI and nodes[current, NODE_TAG] == _LI)
    has_text = at[CHARACTERS] > 0
    _end_block(out, blocks, counts, at)
    if has_text:
        at[BLANKS] = 0
        at[EMPTY] = -1
    elif is_block and is_line and at[EMPTY] == current and opened[_PRE] > 0:
        at[BLANKS] += 1
        at[EMPTY] = -1


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
    has_tex: bool,
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
        has_tex: Whether scripts hold the TeX of formulas, which are then not read as they are typeset.
    """
    size = page.shape[0]
    opened = np.zeros(len(TAGS), np.int32)
    unclosed = np.zeros(len(TAGS), np.bool_)
    found = np.zeros(ATTRIBUTE_FACTS, np.int64)
    at = np.zeros(STATE, np.int64)
    at[NUMBER_TAG] = at[EMPTY] = at[HEADING] = -1
    begin_block(at, out, False)
    paths[0] = SEED
    counts[NODE_COUNT] = 1
    i = 0
    while i < size:
        if page[i] != 60 or i + 1 >= size:
            if at[SKIPPED_TAG] > 0:
                i += 1
            else:
                i = read_text(page, i, out, at, opened[_PRE] > 0)
            continue
        is_end = page[i + 1] == 47
        first = i + 2 if is_end else i + 1
        letter = lower(page[first]) if first < size else 0
        if not 97 <= letter <= 122:
            if is_end or page[i + 1] == 33 or page[i + 1] == 63:
                i = behind_markup(page, i)
            else:
                if at[SKIPPED_TAG] == 0:
                    out[at[END]] = 60
                    put(at, at[END] + 1)
                i += 1
            continue
        place, name, tag = read_name(page, first)
        length = place - first
        kind = np.int64(KIND[tag]) if tag >= 0 else np.int64(0)
        first_word = counts[WORD_COUNT]
        found[:] = 0
        is_element = kind == BLOCK and not is_end
        place, last_word = read_attributes(page, place, is_element, words, first_word, found)
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
            is_foreign = at[SKIPPED_TAG] > 0 and (is_closed or tag == _TITLE)
            if not (is_end or unclosed[tag] or is_foreign):
                close = end_of_raw(page, place, name, length)
                if close < 0:
                    unclosed[tag] = True
                    if tag in (_SCRIPT, _STYLE):
                        break
                    continue
                i = behind_markup(page, close)
                _read_raw(
                    page, out, at, statements, kinds, counts, found, tag, tag_start, place, close
                )
            continue
        if at[SKIPPED_TAG] > 0 and is_passed(at, tag, kind, is_end):
            continue
        if tag == _MATH and not (is_end or is_closed or unclosed[tag]):
            behind = read_math(page, at, out, tag_start, place, name)
            if behind >= 0:
                i = behind
                continue
            unclosed[tag] = True
        if tag in (_RP, _RT, _RTC) and at[RUBIES] == 0:
            continue
        if kind == SKIPPED and not is_end and not is_closed:
            at[SKIPPED_TAG] = tag
            at[SKIPPED_LEVELS] = 0
        if kind == INLINE:
            in_heading = HEADING_LEVEL[nodes[at[CURRENT], NODE_TAG]] > 0
            read_inline(
                page, place, at, out, found, tag, is_end, opened[_PRE] > 0, in_heading, has_tex
            )
        at[IMAGE_COUNT] += tag == _IMG
        if kind != BLOCK and tag != _BR and tag != _HR:
            continue
        if tag == _BR and opened[_PRE] > 0:
            if at[END] > at[START]:
                out[at[END]] = 10
                at[END] += 1
            continue
        _read_boundary(out, blocks, nodes, opened, counts, at, tag, kind == BLOCK, is_end)
        if kind == BLOCK and is_end:
            _close_element(nodes, opened, statements, at, tag, place)
        elif kind == BLOCK:
            counts[WORD_COUNT] = last_word
            if not _open_element(nodes, paths, words, counts, opened, at, tag, first_word, found):
                counts[WORD_COUNT] = first_word
            if tag == _H1:
                at[HEADING] = _state(page, statements, counts, tag_start, place)
        begin_block(at, out, at[IN_CODE] > 0 and opened[_PRE] == 0)
        at[BREAK] = tag == _BR
    if opened[_TEMPLATE] > 0:
        at[CHARACTERS] = 0
    _end_block(out, blocks, counts, at)
    counts[TEXT_SIZE] = at[END]

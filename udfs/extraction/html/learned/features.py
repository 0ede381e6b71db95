"""What the classifier knows of each block: its text, elements, classes, place, neighbours, containers."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.finding import BLOCK_NODE
from udfs.extraction.html.blocks.names import FLAGS, HEADING_LEVEL, LINKED_GROUPS, TAG
from udfs.extraction.html.blocks.open_elements import (
    NODE_DEPTH,
    NODE_FLAGS,
    NODE_PARENT,
    NODE_TAG,
    Nodes,
)
from udfs.extraction.html.blocks.page_blocks import PageBlocks
from udfs.extraction.html.learned.containers import (
    DECAYED,
    OWN,
    PATH_LOWEST,
    Floats,
    best_container,
    class_odds,
    subtree_totals,
)
from udfs.extraction.html.learned.page_features import (
    LEVELS,
    write_containers,
    write_page,
    write_paths,
)
from udfs.extraction.html.learned.text_features import (
    TEXT_COLUMN,
    TEXT_FIELDS,
    BlockField,
    measure_texts,
)


class ClassOdds(NamedTuple):
    """Log-odds of content by hashed class word, learnt from development pages.

    Attributes:
        keys: Hash table; see ``hash_table``.
        values: Row of ``odds`` of each key, -1 = free.
        odds: float32 [words].
    """

    keys: npt.NDArray[np.uint64]
    values: npt.NDArray[np.int32]
    odds: Floats


NEIGHBOURS: Final = (-2, -1, 1, 2)
WINDOWS: Final = (3, 8)


def _family(prefix: str, what: str, names: str, group: str | None = None) -> list[BlockField]:
    return [
        BlockField(f"{prefix}_{name}", f"{what}: {name}", group or prefix) for name in names.split()
    ]


_FIELDS: list[BlockField] = list(TEXT_FIELDS)
_FIELDS += _family(
    "element", "the block's element", "tag parent_tag grandparent_tag depth heading_level"
)
_FIELDS += _family("within", "the element or an ancestor is", " ".join(FLAGS), "element")
_FIELDS += _family(
    "class",
    "log-odds of class words",
    "own lowest highest path_lowest path_highest path_sum nearest decayed parent grandparent",
)
_FIELDS += _family(
    "place",
    "place on the page",
    "block_share text_share log_before log_after from_h1 text_from_h1 from_title since_heading"
    " last_heading edge articles h1s",
)
for _step in NEIGHBOURS:
    _FIELDS += _family(
        f"neighbour{_step:+d}",
        f"the block at {_step:+d}, -1 where there is none",
        "log_columns link_share function_word_share closing heading_level kinship same_path class_lowest",
        "neighbours",
    )
for _width in WINDOWS:
    _FIELDS += _family(
        f"window{_width}",
        f"the {_width} blocks on both sides with this one",
        "columns link_share marks function_word_share",
        "neighbours",
    )
for _level in LEVELS:
    _FIELDS += _family(
        f"above{_level}",
        f"the element {_level} generations up",
        "log_columns link_share log_blocks columns_a_block sentence_share text_share sentences_of_page marks"
        " headings children images",
        "containers",
    )
for _name in ("path", "parent_path"):
    _FIELDS += _family(
        _name,
        "blocks whose elements and classes are the same up to the root",
        "log_blocks text_share link_share log_columns marks",
        "paths",
    )
_FIELDS += _family(
    "best", "the best container", "inside levels_up levels_down path_score own parent_score here"
)
_FIELDS += _family(
    "page",
    "the whole page",
    "log_columns link_share log_blocks sentence_share h1s articles list_items best_share best_sentences"
    " best_link_share",
)
_FIELDS += _family(
    "page", "JSON-LD types, by group", " ".join(f"types{i}" for i in range(LINKED_GROUPS))
)
_FIELDS += _family("page", "og:type and script", "og_article og_product og_other wide_share")

BLOCK_FIELDS: Final = tuple(_FIELDS)
"""Every feature of the first stage, in the order of the model's columns."""

_TEXTS, _FLAG_COUNT = len(TEXT_FIELDS), len(FLAGS)
_C, _L, _E, _K = (
    TEXT_COLUMN[name] for name in ("columns", "link_share", "sentence_ends", "commas")
)
_F, _W, _LOG = (TEXT_COLUMN[name] for name in ("function_word_share", "words", "log_columns"))
_END, _TITLE = TEXT_COLUMN["closing"], TEXT_COLUMN["title_share"]
_ARTICLE = TAG["article"]
_ONE: Final = np.float32(1)


def block_features(page: PageBlocks, odds: ClassOdds, texts: Floats | None = None) -> Floats:
    """Describe every block of a page.

    Args:
        page: Its blocks.
        odds: Learnt class words.
        texts: Measures of ``measure_texts``, when they were altered for training; None to measure.

    Returns:
        float32 [blocks, ``BLOCK_FIELDS``], finite.
    """
    if texts is None:
        texts = measure_texts(page.text, page.blocks, page.title)
    features = np.zeros((len(page.blocks), len(BLOCK_FIELDS)), np.float32)
    if len(page.blocks):
        by_node = class_odds(page.nodes, page.words, odds.keys, odds.values, odds.odds)
        totals, own = subtree_totals(page.blocks, page.nodes, texts)
        best = best_container(page.nodes, totals, own)
        column = _write_own(page.blocks, page.nodes, texts, by_node, features)
        column = _write_place(page.blocks, page.nodes, texts, features, column)
        column = _write_neighbours(
            page.blocks, page.nodes, page.paths, texts, by_node, features, column
        )
        column = write_containers(page.blocks, page.nodes, totals, features, column)
        column = write_paths(page.blocks, page.nodes, page.paths, texts, totals, features, column)
        write_page(page.blocks, page.nodes, page.kinds, texts, totals, best, features, column)
    return features


@kernel
def _write_own(blocks: Nodes, nodes: Nodes, texts: Floats, odds: Floats, features: Floats) -> int:
    """Text, elements, flags and classes of each block; returns the next column."""
    for block in range(blocks.shape[0]):
        row = features[block]
        node = blocks[block, BLOCK_NODE]
        parent = nodes[node, NODE_PARENT]
        above = nodes[parent, NODE_PARENT]
        for column in range(_TEXTS):
            row[column] = texts[block, column]
        column = _TEXTS
        row[column] = nodes[node, NODE_TAG]
        row[column + 1] = nodes[parent, NODE_TAG]
        row[column + 2] = nodes[above, NODE_TAG]
        row[column + 3] = nodes[node, NODE_DEPTH]
        row[column + 4] = HEADING_LEVEL[nodes[node, NODE_TAG]]
        column += 5
        for flag in range(_FLAG_COUNT):
            row[column + flag] = (nodes[node, NODE_FLAGS] >> flag) & 1
        column += _FLAG_COUNT
        for place in range(DECAYED + 1):
            row[column + place] = odds[node, place]
        row[column + DECAYED + 1] = odds[parent, OWN]
        row[column + DECAYED + 2] = odds[above, OWN]
    return _TEXTS + 5 + _FLAG_COUNT + DECAYED + 3


@kernel
def _write_place(blocks: Nodes, nodes: Nodes, texts: Floats, features: Floats, column: int) -> int:
    """Where each block stands among the page's text, headings, articles and title words."""
    count = blocks.shape[0]
    total = np.float32(0)  # not .sum(): see compiled.kernel
    for block in range(count):
        total += texts[block, _C]
    total = max(total, _ONE)
    first_h1 = title = -1
    h1_at = before = np.float32(0)
    best = np.float32(-1)
    for block in range(count):
        if first_h1 < 0 and HEADING_LEVEL[nodes[blocks[block, BLOCK_NODE], NODE_TAG]] == 1:
            first_h1 = block
            h1_at = before
        likeness = texts[block, _TITLE] * min(texts[block, _W], np.float32(6))
        if likeness > best and before < np.float32(0.7) * total and texts[block, _L] < 0.9:
            best = likeness
            title = block
        before += texts[block, _C]
    before = since = np.float32(0)
    last_level = articles = h1s = 0
    seen = 0
    for block in range(count):
        row = features[block]
        node = blocks[block, BLOCK_NODE]
        while seen <= node:
            articles += nodes[seen, NODE_TAG] == _ARTICLE
            h1s += HEADING_LEVEL[nodes[seen, NODE_TAG]] == 1
            seen += 1
        row[column] = block / count
        row[column + 1] = before / total
        row[column + 2] = np.log1p(before)
        row[column + 3] = np.log1p(max(total - before, np.float32(0)))
        row[column + 4] = (block - first_h1) / count if first_h1 >= 0 else -2
        row[column + 5] = (before - h1_at) / total if first_h1 >= 0 else -2
        row[column + 6] = block - title
        row[column + 7] = np.log1p(since)
        row[column + 8] = last_level
        row[column + 9] = min(block, count - 1 - block)
        row[column + 10] = articles
        row[column + 11] = h1s
        level = HEADING_LEVEL[nodes[node, NODE_TAG]]
        if level > 0:
            last_level = level
            since = np.float32(0)
        else:
            since += texts[block, _C]
        before += texts[block, _C]
    return column + 12


@kernel
def _write_neighbours(
    blocks: Nodes,
    nodes: Nodes,
    paths: Any,
    texts: Floats,
    odds: Floats,
    features: Floats,
    column: int,
) -> int:
    """The blocks before and behind each block, one by one and as windows."""
    count = blocks.shape[0]
    start = column
    for block in range(count):
        row = features[block]
        column = start
        node = blocks[block, BLOCK_NODE]
        parent = nodes[node, NODE_PARENT]
        for step in NEIGHBOURS:
            other = block + step
            if 0 <= other < count:
                near = blocks[other, BLOCK_NODE]
                row[column] = texts[other, _LOG]
                row[column + 1] = texts[other, _L]
                row[column + 2] = texts[other, _F]
                row[column + 3] = texts[other, _END]
                row[column + 4] = HEADING_LEVEL[nodes[near, NODE_TAG]]
                is_kin = (
                    nodes[near, NODE_PARENT] == parent
                    or nodes[near, NODE_PARENT] == node
                    or near == parent
                )
                row[column + 5] = 2 if near == node else 1 if is_kin else 0
                row[column + 6] = paths[near] == paths[node]
                row[column + 7] = odds[near, PATH_LOWEST]
            else:
                row[column : column + 8] = -1
            column += 8
        for width in WINDOWS:
            columns = linked = marks = functions = words = np.float32(0)
            first = max(0, block - width)
            last = min(count, block + width + 1)
            for other in range(first, last):
                text = texts[other]
                columns += text[_C]
                linked += text[_C] * text[_L]
                marks += text[_E] + text[_K]
                functions += text[_F] * text[_W]
                words += text[_W]
            row[column] = columns / (last - first)
            row[column + 1] = linked / max(columns, _ONE)
            row[column + 2] = 100 * marks / max(columns, _ONE)
            row[column + 3] = functions / max(words, _ONE)
            column += 4
    return column

"""Features that look at a block's containers, at blocks like it, and at the whole page."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.finding import BLOCK_NODE
from udfs.extraction.html.blocks.names import HEADING_LEVEL, LINKED_GROUPS, tags_named
from udfs.extraction.html.blocks.open_elements import NODE_DEPTH, NODE_PARENT, NODE_TAG, Nodes
from udfs.extraction.html.learned.containers import (
    BLOCKS,
    CHILDREN,
    COLUMNS,
    HEADINGS,
    IMAGE_COUNT,
    LINKED,
    MARKS,
    SENTENCES,
    BestContainer,
    Floats,
    equal_groups,
)
from udfs.extraction.html.learned.text_features import TEXT_COLUMN

LEVELS: Final = (0, 1, 2, 4)
"""Generations above a block's element whose totals are features."""

_C, _L, _E, _K = (
    TEXT_COLUMN[name] for name in ("columns", "link_share", "sentence_ends", "commas")
)
_WIDE, _CHARACTERS = TEXT_COLUMN["wide_share"], TEXT_COLUMN["characters"]
_ARTICLE, _LI = tags_named("article li")
_ONE: Final = np.float32(1)


@kernel
def write_containers(
    blocks: Nodes, nodes: Nodes, totals: Floats, features: Floats, column: int
) -> int:
    """Totals of the elements around each block."""
    page = totals[0]
    start = column
    for block in range(blocks.shape[0]):
        row = features[block]
        column = start
        node = np.int64(blocks[block, BLOCK_NODE])
        above = node
        climbed = 0
        for level in LEVELS:
            while climbed < level:
                above = np.int64(nodes[above, NODE_PARENT])
                climbed += 1
            sums = totals[above]
            row[column] = np.log1p(sums[COLUMNS])
            row[column + 1] = sums[LINKED] / max(sums[COLUMNS], _ONE)
            row[column + 2] = np.log1p(sums[BLOCKS])
            row[column + 3] = sums[COLUMNS] / max(sums[BLOCKS], _ONE)
            row[column + 4] = sums[SENTENCES] / max(sums[COLUMNS], _ONE)
            row[column + 5] = sums[COLUMNS] / max(page[COLUMNS], _ONE)
            row[column + 6] = sums[SENTENCES] / max(page[SENTENCES], _ONE)
            row[column + 7] = 100 * sums[MARKS] / max(sums[COLUMNS], _ONE)
            row[column + 8] = sums[HEADINGS]
            row[column + 9] = sums[CHILDREN]
            row[column + 10] = sums[IMAGE_COUNT]
            column += 11
    return column


@kernel
def write_paths(
    blocks: Nodes,
    nodes: Nodes,
    paths: Any,
    texts: Floats,
    totals: Floats,
    features: Floats,
    column: int,
) -> int:
    """Sums over the blocks whose path from the root, or whose parent's, is the same."""
    count = blocks.shape[0]
    keys = np.empty(count, np.uint64)
    for up in range(2):
        for block in range(count):
            node = blocks[block, BLOCK_NODE]
            keys[block] = paths[nodes[node, NODE_PARENT]] if up else paths[node]
        groups = equal_groups(keys)
        sums = np.zeros((count, 4), np.float32)
        for block in range(count):
            row = sums[groups[block]]
            text = texts[block]
            row[0] += 1
            row[1] += text[_C]
            row[2] += text[_C] * text[_L]
            row[3] += text[_E] + text[_K]
        for block in range(count):
            row = features[block]
            group = sums[groups[block]]
            row[column] = np.log1p(group[0])
            row[column + 1] = group[1] / max(totals[0, COLUMNS], _ONE)
            row[column + 2] = group[2] / max(group[1], _ONE)
            row[column + 3] = np.log1p(group[1] / group[0])
            row[column + 4] = 100 * group[3] / max(group[1], _ONE)
        column += 5
    return column


@kernel
def write_page(
    blocks: Nodes, nodes: Nodes, kinds: Nodes, texts: Floats, totals: Floats, best: BestContainer,
    features: Floats, column: int,
) -> None:  # fmt: skip
    """The best container as each block sees it, and facts of the page that all blocks share."""
    count = blocks.shape[0]
    top = max(best.best_score, _ONE)
    page = totals[0]
    shared = np.zeros(10 + LINKED_GROUPS + 4, np.float32)
    articles = h1s = items = 0
    for node in range(nodes.shape[0]):
        articles += nodes[node, NODE_TAG] == _ARTICLE
        items += nodes[node, NODE_TAG] == _LI
        h1s += HEADING_LEVEL[nodes[node, NODE_TAG]] == 1
    wide = np.float32(0)
    for block in range(count):
        wide += texts[block, _WIDE] * texts[block, _CHARACTERS]
    within = totals[best.node]
    shared[0] = np.log1p(page[COLUMNS])
    shared[1] = page[LINKED] / max(page[COLUMNS], _ONE)
    shared[2] = np.log1p(np.float32(count))
    shared[3] = page[SENTENCES] / max(page[COLUMNS], _ONE)
    shared[4] = h1s
    shared[5] = articles
    shared[6] = items / nodes.shape[0]
    shared[7] = within[COLUMNS] / max(page[COLUMNS], _ONE)
    shared[8] = within[SENTENCES] / max(page[SENTENCES], _ONE)
    shared[9] = within[LINKED] / max(within[COLUMNS], _ONE)
    for group in range(LINKED_GROUPS):
        shared[10 + group] = min(kinds[group], 3)
    for kind in range(3):
        shared[10 + LINKED_GROUPS + kind] = kinds[LINKED_GROUPS] == kind + 1
    shared[13 + LINKED_GROUPS] = wide / max(page[COLUMNS], _ONE)
    for block in range(count):
        row = features[block]
        node = blocks[block, BLOCK_NODE]
        row[column] = best.is_inside[node]
        row[column + 1] = nodes[best.node, NODE_DEPTH] - best.shared_depth[node]
        row[column + 2] = nodes[node, NODE_DEPTH] - best.shared_depth[node]
        row[column + 3] = best.path_best[node]
        row[column + 4] = best.scores[node] / top
        row[column + 5] = best.scores[nodes[node, NODE_PARENT]] / top
        row[column + 6] = node == best.node
        row[column + 7 :] = shared

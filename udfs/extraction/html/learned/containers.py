"""Kernels over the tree of elements: totals of each subtree, the best container, groups of equal paths."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.finding import BLOCK_NODE
from udfs.extraction.html.blocks.hashing import find
from udfs.extraction.html.blocks.names import HEADING_LEVEL
from udfs.extraction.html.blocks.open_elements import (
    NODE_DEPTH,
    NODE_PARENT,
    NODE_TAG,
    NODE_WORDS,
    Nodes,
)
from udfs.extraction.html.learned.text_features import TEXT_COLUMN

Floats = npt.NDArray[np.float32]

COLUMNS, LINKED, BLOCKS, SENTENCES, MARKS, FUNCTION_WORDS, LINK_COUNT = range(7)
IMAGE_COUNT, HEADINGS, CHILDREN, TOTALS = range(7, 11)
"""Columns of a node's totals: columns of text, those in links, blocks, columns of sentences, sentence
ends and commas, function words, links, images, headings, child elements."""

OWN, LOWEST, HIGHEST, PATH_LOWEST, PATH_HIGHEST, PATH_SUM, NEAREST, DECAYED, ODDS = range(9)
"""Columns of a node's class odds: mean, minimum and maximum of its own words; minimum, maximum, sum over its
ancestors, the nearest words' mean, and a sum that halves about every level."""

_C, _L, _E, _K = (
    TEXT_COLUMN[name] for name in ("columns", "link_share", "sentence_ends", "commas")
)
_F, _W, _N, _I = (TEXT_COLUMN[name] for name in ("function_word_share", "words", "links", "images"))

SENTENCE_COLUMNS: Final = 60
"""Columns from which a block with a mark and few links counts as running text."""
SENTENCE_LINKS: Final = 0.4


class BestContainer(NamedTuple):
    """The element that holds most running text, and how the others stand to it.

    Attributes:
        node: Its number; 0 when the page has no running text.
        scores: Running text that each node holds itself, and shares of its descendants'; float32 [nodes].
        best_score: The highest score, links discounted.
        path_best: The highest score on the path from the root, by ``best_score``; float32 [nodes].
        is_inside: Whether each node is it or below it; bool [nodes].
        shared_depth: Depth of the last common ancestor with it; int32 [nodes].
    """

    node: int
    scores: Floats
    best_score: Any
    path_best: Floats
    is_inside: npt.NDArray[np.bool_]
    shared_depth: Nodes


@kernel
def class_odds(
    nodes: Nodes,
    words: npt.NDArray[np.uint64],
    keys: npt.NDArray[np.uint64],
    values: Nodes,
    odds: Floats,
) -> Floats:
    """Log-odds of content that the class words of each element and its ancestors suggest.

    Args:
        nodes: Node table.
        words: Hashed class words of the page.
        keys: Table of known words, with ``values``; see ``hash_table``.
        values: Row of ``odds`` of each known word.
        odds: Log-odds of each known word; float32.

    Returns:
        float32 [nodes, ``ODDS``]; zeros where no word is known.
    """
    result = np.zeros((nodes.shape[0], ODDS), np.float32)
    for node in range(nodes.shape[0]):
        last = nodes[node + 1, NODE_WORDS] if node + 1 < nodes.shape[0] else words.shape[0]
        total = lowest = highest = np.float32(0)
        known = 0
        for place in range(nodes[node, NODE_WORDS], last):
            row = find(keys, values, words[place])
            if row >= 0:
                total += odds[row]
                lowest = min(lowest, odds[row])
                highest = max(highest, odds[row])
                known += 1
        own = total / np.float32(max(known, 1))
        result[node, OWN] = own
        result[node, LOWEST] = lowest
        result[node, HIGHEST] = highest
        if node > 0:
            above = result[nodes[node, NODE_PARENT]]
            result[node, PATH_LOWEST] = min(above[PATH_LOWEST], lowest)
            result[node, PATH_HIGHEST] = max(above[PATH_HIGHEST], highest)
            result[node, PATH_SUM] = above[PATH_SUM] + own
            result[node, NEAREST] = own if known > 0 else above[NEAREST] * np.float32(0.8)
            result[node, DECAYED] = above[DECAYED] * np.float32(0.6) + own
    return result


@kernel
def subtree_totals(blocks: Nodes, nodes: Nodes, texts: Floats) -> tuple[Floats, Floats]:
    """Sums over everything below each node, and the columns of sentences that stand in itself.

    Returns:
        float32 [nodes, ``TOTALS``] and float32 [nodes].
    """
    totals = np.zeros((nodes.shape[0], TOTALS), np.float32)
    for block in range(blocks.shape[0]):
        row = totals[blocks[block, BLOCK_NODE]]
        text = texts[block]
        marks = text[_E] + text[_K]
        row[COLUMNS] += text[_C]
        row[LINKED] += text[_C] * text[_L]
        row[BLOCKS] += 1
        if text[_C] >= SENTENCE_COLUMNS and text[_L] < SENTENCE_LINKS and marks > 0:
            row[SENTENCES] += text[_C]
        row[MARKS] += marks
        row[FUNCTION_WORDS] += text[_F] * text[_W]
        row[LINK_COUNT] += text[_N]
        row[IMAGE_COUNT] += text[_I]
        row[HEADINGS] += HEADING_LEVEL[nodes[blocks[block, BLOCK_NODE], NODE_TAG]] > 0
    own = totals[:, SENTENCES].copy()
    for node in range(nodes.shape[0] - 1, 0, -1):
        parent = nodes[node, NODE_PARENT]
        for column in range(CHILDREN):
            totals[parent, column] += totals[node, column]
        totals[parent, CHILDREN] += 1
    return totals, own


@kernel
def best_container(nodes: Nodes, totals: Floats, own: Floats) -> BestContainer:
    """Find the container as readability does: sentences count for the parent and less for those above.

    Args:
        nodes: Node table.
        totals: Of ``subtree_totals``.
        own: Columns of sentences in each node itself.
    """
    size = nodes.shape[0]
    scores = np.zeros(size, np.float32)
    for node in range(1, size):
        if own[node] > 0:
            parent = nodes[node, NODE_PARENT]
            above = nodes[parent, NODE_PARENT]
            scores[node] += np.float32(0.5) * own[node]
            scores[parent] += own[node]
            if parent > 0:
                scores[above] += np.float32(0.6) * own[node]
                if above > 0:
                    scores[nodes[above, NODE_PARENT]] += np.float32(0.3) * own[node]
    best = 0
    best_score = np.float32(0)
    for node in range(1, size):
        score = scores[node] * (
            1 - totals[node, LINKED] / max(totals[node, COLUMNS], np.float32(1))
        )
        if score > best_score:
            best_score = np.float32(score)
            best = node
    on_path = np.zeros(size, np.bool_)
    node = best
    while node > 0:
        on_path[node] = True
        node = np.int64(nodes[node, NODE_PARENT])  # type: ignore[assignment]
    shared_depth = np.zeros(size, np.int32)
    is_inside = np.zeros(size, np.bool_)
    path_best = np.zeros(size, np.float32)
    for node in range(1, size):
        parent = nodes[node, NODE_PARENT]
        shared_depth[node] = nodes[node, NODE_DEPTH] if on_path[node] else shared_depth[parent]
        is_inside[node] = node == best or is_inside[parent]
        path_best[node] = max(path_best[parent], scores[node] / max(best_score, np.float32(1)))
    return BestContainer(best, scores, best_score, path_best, is_inside, shared_depth)


@kernel
def equal_groups(keys: npt.NDArray[np.uint64]) -> Nodes:
    """Number the distinct keys in the order of their first occurrence; int32 [keys]."""
    size = 64
    while size < 2 * keys.shape[0] + 2:
        size *= 2
    slots = np.full(size, -1, np.int32)
    groups = np.empty(keys.shape[0], np.int32)
    first = np.empty(keys.shape[0], np.int32)
    count = 0
    mask = np.uint64(size - 1)
    for row in range(keys.shape[0]):
        place = np.int64((keys[row] ^ (keys[row] >> np.uint64(29))) & mask)
        while slots[place] >= 0 and keys[first[slots[place]]] != keys[row]:
            place = (place + 1) & np.int64(mask)
        if slots[place] < 0:
            slots[place] = count
            first[count] = row
            count += 1
        groups[row] = slots[place]
    return groups

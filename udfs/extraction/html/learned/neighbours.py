"""What the second stage learns from the first: how likely a block's neighbours and containers are content."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.finding import BLOCK_NODE
from udfs.extraction.html.blocks.open_elements import NODE_PARENT, Nodes
from udfs.extraction.html.learned.containers import Floats, equal_groups
from udfs.extraction.html.learned.text_features import BlockField

STEPS: Final = (-3, -2, -1, 1, 2, 3)
WINDOWS: Final = (2, 5, 12)
GENERATIONS: Final = 6
CERTAIN: Final = 0.6
"""Probability from which a block counts as content for the distance to the nearest content."""
FAR: Final = 5_000.0
"""Distance in columns where there is no content on that side."""

NEIGHBOUR_FIELDS: Final = (
    BlockField("first_probability", "the first stage's probability"),
    BlockField("first_log_odds", "its log-odds"),
    *(
        BlockField(f"probability{step:+d}", f"of the block at {step:+d}; -0.2 = none")
        for step in STEPS
    ),
    *(
        BlockField(f"window{width}_mean", f"mean of {width} blocks on both sides")
        for width in WINDOWS
    ),
    *(
        BlockField(f"above{up}_mean", f"mean in the element {up} generations up")
        for up in range(GENERATIONS)
    ),
    *(
        BlockField(f"above{up}_part", "its part of the page's expected text")
        for up in range(GENERATIONS)
    ),
    BlockField("path_mean", "mean of the blocks with the same path"),
    BlockField("parent_path_mean", "mean of the blocks whose parents have the same path"),
    BlockField("page_mean", "mean of the page"),
    BlockField("page_log_expected", "logarithm of the page's expected columns of content"),
    BlockField("expected_before", "part of the expected content before the block"),
    BlockField("expected_behind", "part of it behind the block"),
    BlockField("log_since_content", "logarithm of the columns since the last certain content"),
    BlockField("log_to_content", "logarithm of the columns to the next certain content"),
    BlockField("page_highest", "highest probability on the page"),
    BlockField("by_highest", "probability by the highest"),
    BlockField("running_mean", "mean of the blocks before, the nearest counting most"),
)


@kernel
def neighbour_features(
    blocks: Nodes, nodes: Nodes, paths: Any, columns: Floats, chances: Floats
) -> npt.NDArray[np.float32]:
    """Describe every block by the first stage's probabilities around it.

    Args:
        blocks: Block table.
        nodes: Node table.
        paths: Hash of each node's path.
        columns: Columns of each block's text.
        chances: First-stage probability of each block.

    Returns:
        float32 [blocks, ``NEIGHBOUR_FIELDS``]; means are weighted by columns.
    """
    count = blocks.shape[0]
    one = np.float32(1)
    features = np.zeros((count, 34), np.float32)
    expected = np.zeros(nodes.shape[0], np.float32)
    whole = np.zeros(nodes.shape[0], np.float32)
    highest = np.float32(0)
    for block in range(count):
        expected[blocks[block, BLOCK_NODE]] += chances[block] * columns[block]
        whole[blocks[block, BLOCK_NODE]] += columns[block]
        highest = max(highest, chances[block])
    for node in range(nodes.shape[0] - 1, 0, -1):
        expected[nodes[node, NODE_PARENT]] += expected[node]
        whole[nodes[node, NODE_PARENT]] += whole[node]
    page = max(expected[0], one)
    keys = np.empty(count, np.uint64)
    for up in range(2):
        for block in range(count):
            node = blocks[block, BLOCK_NODE]
            keys[block] = paths[nodes[node, NODE_PARENT]] if up else paths[node]
        groups = equal_groups(keys)
        sums = np.zeros((count, 2), np.float32)
        for block in range(count):
            sums[groups[block], 0] += chances[block] * columns[block]
            sums[groups[block], 1] += columns[block]
        for block in range(count):
            features[block, 23 + up] = sums[groups[block], 0] / max(sums[groups[block], 1], one)
    before = running = np.float32(0)
    since = np.float32(FAR)
    for block in range(count):
        row = features[block]
        chance = chances[block]
        row[0] = chance
        row[1] = np.log((chance + np.float32(1e-3)) / (np.float32(1.001) - chance))
        column = 2
        for step in STEPS:
            other = block + step
            row[column] = chances[other] if 0 <= other < count else np.float32(-0.2)
            column += 1
        for width in WINDOWS:
            content = text = np.float32(0)
            for other in range(max(0, block - width), min(count, block + width + 1)):
                if other != block:
                    content += chances[other] * columns[other]
                    text += columns[other]
            row[column] = content / max(text, one)
            column += 1
        above = np.int64(blocks[block, BLOCK_NODE])
        for up in range(GENERATIONS):
            row[column + up] = expected[above] / max(whole[above], one)
            row[column + GENERATIONS + up] = expected[above] / page
            above = np.int64(nodes[above, NODE_PARENT])
        row[25] = expected[0] / max(whole[0], one)
        row[26] = np.log1p(expected[0])
        row[27] = before / page
        before += chance * columns[block]
        row[28] = (expected[0] - before) / page
        row[29] = np.log1p(since)
        since = np.float32(0) if chance > CERTAIN else since + columns[block]
        row[31] = highest
        row[32] = chance / max(highest, np.float32(1e-3))
        running = running * np.float32(0.7) + np.float32(0.3) * chance
        row[33] = running
    ahead = np.float32(FAR)
    for block in range(count - 1, -1, -1):
        features[block, 30] = np.log1p(ahead)
        ahead = np.float32(0) if chances[block] > CERTAIN else ahead + columns[block]
    return features

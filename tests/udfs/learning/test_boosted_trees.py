"""Symmetric trees: inference against a plain loop, and training on what can be known."""

from __future__ import annotations

import numpy as np
import pytest

from udfs.learning.boosted_trees import BoostedTrees, probabilities, tree_sums
from udfs.learning.tree_growing import GrowingSettings, bin_edges, bin_features, grow_trees


def plain_sum(trees: BoostedTrees, row: np.ndarray) -> float:
    total = np.float32(trees.base[0])
    for columns, thresholds, leaves in zip(*trees[:3], strict=True):
        leaf = sum(
            (row[c] > t) << level
            for level, (c, t) in enumerate(zip(columns, thresholds, strict=True))
        )
        total += leaves[leaf]
    return float(total)


def grown(seed: int = 1) -> tuple[np.ndarray, np.ndarray, BoostedTrees]:
    draw = np.random.default_rng(seed)
    features = draw.normal(size=(3_000, 6)).astype(np.float32)
    labels = ((features[:, 0] > 0.3) ^ (features[:, 3] > -0.2)).astype(np.float32)
    edges = bin_edges(features)
    settings = GrowingSettings(trees=40, depth=3, column_share=1.0)
    trees = grow_trees(
        bin_features(features, edges), edges, labels, np.ones(3_000, np.float32), settings
    )
    return features, labels, trees


def test_trees_learn_what_no_single_feature_says_and_are_reproducible() -> None:
    features, labels, trees = grown()
    chances = probabilities(tree_sums(trees, np.ascontiguousarray(features.T)))
    assert ((chances > 0.5) == labels).mean() > 0.95
    again = grown()[2]
    assert all(np.array_equal(one, other) for one, other in zip(trees, again, strict=True))


def test_sums_equal_a_plain_loop_whatever_the_batch() -> None:
    features, _, trees = grown()
    whole = tree_sums(trees, np.ascontiguousarray(features[:50].T))
    assert whole.tolist() == [plain_sum(trees, row) for row in features[:50]]
    one = tree_sums(trees, np.ascontiguousarray(features[7:8].T))
    assert one[0] == whole[7]


@pytest.mark.parametrize("values", [np.zeros(100), np.arange(100) % 3, np.arange(1_000)])
def test_bins_agree_with_the_thresholds_of_inference(values: np.ndarray) -> None:
    column = values.astype(np.float32)[:, None]
    edges = bin_edges(column)
    binned = bin_features(column, edges)[0]
    for split, threshold in enumerate(edges[0]):
        assert ((binned > split) == (column[:, 0] > threshold)).all()

"""Boosted symmetric trees as plain arrays, and their sum for many rows at once.

Every level of a symmetric (oblivious) tree asks one question of all rows, as in CatBoost (Prokhorenkova
et al. 2018): the leaf's number is a bit pattern, found without a branch, so the compiler can use vector
instructions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel


class BoostedTrees(NamedTuple):
    """A sum of symmetric trees.

    Attributes:
        columns: Feature that each level asks about; int32 [trees, depth].
        thresholds: A row goes right where its feature is above; float32 [trees, depth].
        leaves: Value of each leaf; bit i of its number says that level i went right; float32 [trees,
            2 ** depth].
        base: What a row without a tree is worth; float32 [1].
    """

    columns: npt.NDArray[np.int32]
    thresholds: npt.NDArray[np.float32]
    leaves: npt.NDArray[np.float32]
    base: npt.NDArray[np.float32]


@kernel
def tree_sums(trees: BoostedTrees, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Sum the trees' values for every row.

    Args:
        trees: The model.
        features: One row a feature: float32 [features, rows], C-contiguous.

    Returns:
        float32 [rows]; log-odds for a model that was trained on the logistic loss. The sum of a row does
        not depend on the other rows.
    """
    count = features.shape[1]
    sums = np.full(count, trees.base[0], np.float32)
    leaf = np.empty(count, np.int32)
    for tree in range(trees.columns.shape[0]):
        leaf[:] = 0
        for level in range(trees.columns.shape[1]):
            values = features[trees.columns[tree, level]]
            threshold = trees.thresholds[tree, level]
            bit = np.int32(1 << level)
            for row in range(count):
                leaf[row] += bit if values[row] > threshold else np.int32(0)
        leaves = trees.leaves[tree]
        for row in range(count):
            sums[row] += leaves[leaf[row]]
    return sums


def probabilities(log_odds: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The logistic function, float32, elementwise."""
    return (1 / (1 + np.exp(-log_odds))).astype(np.float32)

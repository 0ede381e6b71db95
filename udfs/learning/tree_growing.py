"""Gradient boosting of symmetric trees on binned features, for soft labels and weighted rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.learning.boosted_trees import BoostedTrees, probabilities

BINS: Final = 64
"""Values that a feature is rounded to."""
_SAMPLE_FOR_EDGES: Final = 60_000

Bins = npt.NDArray[np.uint8]
Edges = list[npt.NDArray[np.float32]]


@dataclass(frozen=True)
class GrowingSettings:
    """How trees are grown.

    Attributes:
        trees: Number of trees.
        depth: Questions a tree asks; it has 2 ** depth leaves.
        rate: Share of a leaf's optimal step that is taken.
        penalty: Added to the curvature of each leaf (L2), in rows of mean weight.
        row_share: Share of the rows that splits are chosen on, drawn anew for each tree.
        column_share: Share of the features that may be asked, drawn anew for each tree.
        seed: Of the draws.
    """

    trees: int
    depth: int = 6
    rate: float = 0.12
    penalty: float = 10.0
    row_share: float = 0.4
    column_share: float = 0.3
    seed: int = 9


def bin_edges(features: npt.NDArray[np.float32], seed: int = 9) -> Edges:
    """Choose at most ``BINS`` - 1 edges a feature, at quantiles of a sample of the rows.

    Args:
        features: float32 [rows, features].
        seed: Of the sample.
    """
    rows = np.arange(len(features))
    if len(rows) > _SAMPLE_FOR_EDGES:
        rows = np.sort(np.random.default_rng(seed).choice(rows, _SAMPLE_FOR_EDGES, replace=False))
    edges = []
    for column in range(features.shape[1]):
        values = np.unique(features[rows, column])
        if len(values) > BINS:
            ordered = np.sort(features[rows, column])
            places = np.linspace(0, len(ordered) - 1, BINS + 1)[1:-1].astype(np.int64)
            values = np.unique(ordered[places])
            edges.append(values[: BINS - 1].astype(np.float32))
        else:
            edges.append(((values[:-1] + values[1:]) / 2).astype(np.float32))
    return edges


def bin_features(features: npt.NDArray[np.float32], edges: Edges) -> Bins:
    """Number of edges below each value; uint8 [features, rows]."""
    binned = np.empty(features.shape[::-1], np.uint8)
    for column, bounds in enumerate(edges):
        binned[column] = np.searchsorted(bounds, features[:, column], "left")
    return binned


def grow_trees(
    binned: Bins,
    edges: Edges,
    labels: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float32],
    settings: GrowingSettings,
) -> BoostedTrees:
    """Fit boosted trees to the logistic loss.

    Args:
        binned: uint8 [features, rows] of ``bin_features``.
        edges: The features' edges.
        labels: Wanted probability of each row, 0 to 1.
        weights: Weight of each row, >= 0; their scale does not matter.
        settings: Number, shape and pace.

    Returns:
        The same trees for the same arguments.
    """
    draw = np.random.default_rng(settings.seed)
    weights = (weights / max(float(weights.mean()), 1e-9)).astype(np.float32)
    mean = float(
        np.clip((labels * weights).sum() / max(float(weights.sum()), 1e-9), 1e-4, 1 - 1e-4)
    )
    base = np.float32(np.log(mean / (1 - mean)))
    sums = np.full(len(labels), base, np.float32)
    columns = np.zeros((settings.trees, settings.depth), np.int32)
    thresholds = np.full((settings.trees, settings.depth), np.inf, np.float32)
    leaves = np.zeros((settings.trees, 1 << settings.depth), np.float32)
    asked = max(1, round(len(binned) * settings.column_share))
    for tree in range(settings.trees):
        chance = probabilities(sums)
        slopes = np.stack([weights * (labels - chance), weights * chance * (1 - chance)], axis=1)
        sample = np.flatnonzero(draw.random(len(labels)) < settings.row_share)
        candidates = np.sort(draw.choice(len(binned), asked, replace=False)).astype(np.int32)
        splits = _choose_splits(
            binned, sample, candidates, slopes[sample], settings.depth, settings.penalty
        )
        leaf = _leaf_numbers(binned, splits)
        for level, (column, split) in enumerate(splits.tolist()):
            if column >= 0 and split < len(edges[column]):
                columns[tree, level], thresholds[tree, level] = column, edges[column][split]
        gradient = np.bincount(leaf, slopes[:, 0], 1 << settings.depth)
        curvature = np.bincount(leaf, slopes[:, 1], 1 << settings.depth)
        leaves[tree] = settings.rate * gradient / (curvature + settings.penalty)
        sums += leaves[tree][leaf]
    return BoostedTrees(columns, thresholds, leaves, np.array([base], np.float32))


@kernel
def _choose_splits(
    binned: Bins, sample: Any, candidates: Any, slopes: Any, depth: int, penalty: float
) -> npt.NDArray[np.int32]:
    """For each level the feature and bin whose question gains most over all leaves; int32 [depth, 2]."""
    count = sample.shape[0]
    leaf = np.zeros(count, np.int32)
    drawn = np.empty((candidates.shape[0], count), np.uint8)
    for candidate in range(candidates.shape[0]):
        values = binned[candidates[candidate]]
        for row in range(count):
            drawn[candidate, row] = values[sample[row]]
    sums = np.zeros((candidates.shape[0], BINS << (depth - 1), 2), np.float64)
    splits = np.full((depth, 2), -1, np.int32)
    fewer = np.arange(count).astype(np.int32)
    is_right = True
    for level in range(depth):
        size = 1 << level
        best = -1.0
        for candidate in range(candidates.shape[0]):
            _count_bins(sums[candidate], drawn[candidate], slopes, leaf, fewer, is_right, size)
            gains = _gains(sums[candidate], size, penalty)
            for split in range(BINS - 1):
                if gains[split] > best + 1e-9:
                    best = gains[split]
                    splits[level, 0] = candidate
                    splits[level, 1] = split
        values = drawn[splits[level, 0]]
        right = 0
        for row in range(count):
            if values[row] > splits[level, 1]:
                leaf[row] += size
                right += 1
        is_right = 2 * right <= count
        fewer = np.flatnonzero((leaf >= size) == is_right).astype(np.int32)
        splits[level, 0] = candidates[splits[level, 0]]
    return splits


@kernel
def _count_bins(
    sums: Any, values: Any, slopes: Any, leaf: Any, fewer: Any, is_right: bool, size: int
) -> None:
    """Slopes by leaf and bin, from the level above: only the smaller side of its question is summed.

    What remains of the parents is the other side (the subtraction of LightGBM, Ke et al. 2017).
    """
    half = (size >> 1) * BINS
    sums[half : size * BINS] = 0
    shift = 0 if is_right else half
    for place in range(fewer.shape[0]):
        row = fewer[place]
        cell = leaf[row] * BINS + values[row] + shift
        sums[cell, 0] += slopes[row, 0]
        sums[cell, 1] += slopes[row, 1]
    for cell in range(half):
        for part in range(2):
            rest = sums[cell, part] - sums[half + cell, part]
            if is_right:
                sums[cell, part] = rest
            else:
                sums[cell, part] = sums[half + cell, part]
                sums[half + cell, part] = rest


@kernel
def _gains(sums: Any, size: int, penalty: float) -> npt.NDArray[np.float64]:
    """Gain of a question at each bin, summed over the leaves."""
    gains = np.zeros(BINS - 1, np.float64)
    for number in range(size):
        part = sums[number * BINS : (number + 1) * BINS]
        gradient = part[:, 0].sum()
        curvature = part[:, 1].sum()
        left_gradient = left_curvature = 0.0
        for split in range(BINS - 1):
            left_gradient += part[split, 0]
            left_curvature += part[split, 1]
            rest = gradient - left_gradient
            gains[split] += left_gradient * left_gradient / (left_curvature + penalty)
            gains[split] += rest * rest / (curvature - left_curvature + penalty)
    return gains


@kernel
def _leaf_numbers(binned: Bins, splits: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Leaf of every row; int32 [rows]."""
    leaf = np.zeros(binned.shape[1], np.int32)
    for level in range(splits.shape[0]):
        values = binned[splits[level, 0]]
        for row in range(leaf.shape[0]):
            if values[row] > splits[level, 1]:
                leaf[row] += 1 << level
    return leaf

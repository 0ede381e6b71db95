"""Training of the learned extractor: folds by site, two stages, out-of-fold judgements, ablation."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.extraction.html.learned.containers import Floats
from udfs.extraction.html.learned.features import BLOCK_FIELDS, ClassOdds, block_features
from udfs.extraction.html.learned.model import BlockModel, first_chances, second_features
from udfs.extraction.html.training.class_words import learn_class_odds, no_class_odds, word_shares
from udfs.extraction.html.training.rows import (
    PageRows,
    TrainingPage,
    altered_copy,
    plain_rows,
)
from udfs.learning.boosted_trees import BoostedTrees
from udfs.learning.tree_growing import (
    Bins,
    Edges,
    GrowingSettings,
    bin_edges,
    bin_features,
    grow_trees,
)

FOLDS: Final = 3
FIRST: Final = GrowingSettings(trees=100)
SECOND: Final = GrowingSettings(trees=60, seed=10)
ABLATION: Final = GrowingSettings(trees=60)
SEED: Final = 5


@dataclass(frozen=True)
class TrainedBlocks:
    """Outcome of a training.

    Attributes:
        model: Trained on all pages.
        folds: For each fold the model that saw none of its sites.
        without: Out-of-fold probabilities of each given page's blocks, from a first stage that was not
            given a group of features; by the group's name, empty for one that was given all.
    """

    model: BlockModel
    folds: tuple[BlockModel, ...]
    without: dict[str, list[Floats]]


@dataclass(frozen=True)
class _Rows:
    """All rows of a training with what the folds need of them.

    Attributes:
        pages: The pages' rows, behind them their copies'.
        folds: Fold of each page; int64 [pages].
        odds: Of class words, learnt without each fold, and last from all pages.
    """

    pages: list[PageRows]
    folds: npt.NDArray[np.int64]
    odds: list[ClassOdds]

    def features(self, number: int) -> Floats:
        """The first stage's features of one page, by the odds that did not see its fold."""
        page, fold = self.pages[number], int(self.folds[number])
        odds = self.odds[fold] if page.knows_words else no_class_odds()
        return block_features(page.page, odds, page.texts)


def fold_of(site: str) -> int:
    """The fold of a site; the same in every run."""
    return zlib.crc32(site.encode()) % FOLDS


def train_blocks(
    pages: Sequence[TrainingPage],
    say: Callable[[str], None] = lambda _: None,
    first: GrowingSettings = FIRST,
    second: GrowingSettings = SECOND,
    ablation: GrowingSettings | None = None,
) -> TrainedBlocks:
    """Train both stages on all pages, and once for each fold without its sites.

    The second stage learns from first-stage probabilities of models that did not see the page, as it
    will meet them.

    Args:
        pages: With labels; of at least ``FOLDS`` sites.
        say: Told about every step.
        first: How the first stage's trees are grown.
        second: How the second's are.
        ablation: How those without a group of features are; None for no ablation.

    Returns:
        The same models for the same pages in the same order.

    Raises:
        ValueError: A fold has no page.
    """
    rows = _rows(pages)
    features = [rows.features(number) for number in range(len(rows.pages))]
    say(f"{len(pages)} pages and as many copies, {sum(map(len, features))} blocks")
    chances, firsts = _fit(rows, features, first, say)
    without = _ablated(rows, features, len(pages), ablation, say) if ablation else {}
    doubled = [
        second_features(row.page, its, row.texts, chance)
        for row, its, chance in zip(rows.pages, features, chances, strict=True)
    ]
    del features
    _, seconds = _fit(rows, doubled, second, say)
    models = [BlockModel(*its) for its in zip(rows.odds, firsts, seconds, strict=True)]
    return TrainedBlocks(models[-1], tuple(models[:-1]), without)


def _rows(pages: Sequence[TrainingPage]) -> _Rows:
    folds = np.array([fold_of(page.site) for page in pages])
    if len(np.unique(folds)) < FOLDS:
        raise ValueError(
            f"the pages' sites fall into {len(np.unique(folds))} folds, {FOLDS} are wanted: give pages"
            " of more sites"
        )
    shares = [(page.site, word_shares(page.page, page.labels)) for page in pages]
    odds = [
        learn_class_odds(pair for pair, its in zip(shares, folds, strict=True) if its != fold)
        for fold in range(FOLDS)
    ]
    draw = np.random.default_rng(SEED)
    rows = [plain_rows(page) for page in pages]
    rows += [altered_copy(page, draw) for page in pages]
    return _Rows(rows, np.concatenate([folds, folds]), [*odds, learn_class_odds(shares)])


@dataclass(frozen=True)
class _Binned:
    """All blocks' features in bins, with their labels and folds."""

    bins: Bins
    edges: Edges
    labels: Floats
    weights: Floats
    folds: npt.NDArray[np.int64]

    def grow(self, fold: int | None, settings: GrowingSettings) -> BoostedTrees:
        """Trees of all rows, or of those outside a fold; leaves in the half precision of the file."""
        seen = slice(None) if fold is None else np.flatnonzero(self.folds != fold)
        bins = np.ascontiguousarray(self.bins[:, seen])
        trees = grow_trees(bins, self.edges, self.labels[seen], self.weights[seen], settings)
        return trees._replace(leaves=trees.leaves.astype(np.float16).astype(np.float32))


def _binned(rows: _Rows, features: Sequence[Floats], count: int) -> _Binned:
    stacked = np.concatenate(features[:count])
    edges = bin_edges(stacked)
    return _Binned(
        bin_features(stacked, edges),
        edges,
        np.concatenate([page.labels for page in rows.pages[:count]]),
        np.concatenate([page.weights for page in rows.pages[:count]]),
        np.repeat(rows.folds[:count], [len(page) for page in features[:count]]),
    )


def _fit(
    rows: _Rows, features: Sequence[Floats], settings: GrowingSettings, say: Callable[[str], None]
) -> tuple[list[Floats], list[BoostedTrees]]:
    """Out-of-fold probabilities of every page, and the trees of every fold and of all pages."""
    binned = _binned(rows, features, len(features))
    models = []
    for fold in range(FOLDS):
        models.append(binned.grow(fold, settings))
        say(f"{settings.trees} trees without fold {fold}")
    models.append(binned.grow(None, settings))
    say(f"{settings.trees} trees on all pages")
    chances = [
        first_chances(page, models[fold]) for page, fold in zip(features, rows.folds, strict=True)
    ]
    return chances, models


def feature_groups() -> dict[str, list[int]]:
    """Columns of ``BLOCK_FIELDS`` by what they look at."""
    groups: dict[str, list[int]] = {}
    for column, field in enumerate(BLOCK_FIELDS):
        groups.setdefault(field.group, []).append(column)
    return groups


def _ablated(
    rows: _Rows,
    features: Sequence[Floats],
    count: int,
    settings: GrowingSettings,
    say: Callable[[str], None],
) -> dict[str, list[Floats]]:
    """Out-of-fold probabilities by a first stage that is not given a group; copies are left out."""
    binned = _binned(rows, features, count)
    without: dict[str, list[Floats]] = {}
    for group, columns in {"": [], **feature_groups()}.items():
        kept = np.setdiff1d(np.arange(len(BLOCK_FIELDS)), columns)
        edges = [binned.edges[column] for column in kept]
        part = replace(binned, bins=binned.bins[kept], edges=edges)
        models = [part.grow(fold, settings) for fold in range(FOLDS)]
        say(f"ablation: without {group or 'nothing'}")
        without[group] = [
            first_chances(page[:, kept], models[fold])
            for page, fold in zip(features[:count], rows.folds[:count], strict=True)
        ]
    return without

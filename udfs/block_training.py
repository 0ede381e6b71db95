"""Training of the learned extractor: folds by site, altered copies, two stages, out-of-fold judgements."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.block_class_words import learn_class_odds, no_class_odds, word_shares
from udfs.block_containers import Floats
from udfs.block_features import ClassOdds, block_features
from udfs.block_labels import BlockLabels
from udfs.block_model import BlockModel, first_chances, second_features
from udfs.block_text import TEXT_COLUMN, measure_texts
from udfs.boosted_trees import BoostedTrees
from udfs.html_blocks import PageBlocks
from udfs.tree_growing import GrowingSettings, bin_edges, bin_features, grow_trees

FOLDS: Final = 3
FIRST: Final = GrowingSettings(trees=220)
SECOND: Final = GrowingSettings(trees=140, seed=10)
MAXIMUM_PAGE_WEIGHT: Final = 3.0
COPY_WEIGHT: Final = 0.6
"""Weight of an altered copy beside its page."""
SEED: Final = 5


@dataclass(frozen=True)
class TrainingPage:
    """A page with its labels.

    Attributes:
        page: Its blocks.
        labels: What its gold text holds.
        site: Pages of one site are never in training and test at once.
        weight: Of all its blocks; below 1 for labels that no person made.
        may_shorten: Whether a copy may lose part of its content and still be such a page.
    """

    page: PageBlocks
    labels: BlockLabels
    site: str
    weight: float = 1.0
    may_shorten: bool = False


@dataclass(frozen=True)
class _Rows:
    """The blocks of one page as training rows."""

    page: PageBlocks
    texts: Floats
    labels: Floats
    weights: Floats
    odds: ClassOdds


@dataclass(frozen=True)
class TrainedBlocks:
    """Outcome of a training.

    Attributes:
        model: Trained on all pages.
        folds: For each fold the model that saw none of its sites.
    """

    model: BlockModel
    folds: tuple[BlockModel, ...]


def fold_of(site: str) -> int:
    """The fold of a site; the same in every run."""
    return zlib.crc32(site.encode()) % FOLDS


def train_blocks(
    pages: Sequence[TrainingPage],
    say: Callable[[str], None] = lambda _: None,
    first: GrowingSettings = FIRST,
    second: GrowingSettings = SECOND,
) -> TrainedBlocks:
    """Train both stages on all pages, and once for each fold without its sites.

    The second stage learns from first-stage probabilities of models that did not see the page, as it
    will meet them.

    Args:
        pages: With labels; of at least ``FOLDS`` sites.
        say: Told about every step.
        first: How the first stage's trees are grown.
        second: How the second's are.

    Returns:
        The same models for the same pages in the same order.

    Raises:
        ValueError: A fold has no page.
    """
    folds = np.array([fold_of(page.site) for page in pages])
    if len(np.unique(folds)) < FOLDS:
        raise ValueError(
            f"the pages' sites fall into {len(np.unique(folds))} folds, {FOLDS} are wanted: give pages"
            " of more sites"
        )
    shares = [(page.site, word_shares(page.page, page.labels)) for page in pages]
    by_fold = [
        learn_class_odds(pair for pair, its in zip(shares, folds, strict=True) if its != fold)
        for fold in range(FOLDS)
    ]
    draw = np.random.default_rng(SEED)
    rows = [_plain_rows(page, by_fold[fold]) for page, fold in zip(pages, folds, strict=True)]
    rows += [_altered(page, row, draw) for page, row in zip(pages, rows, strict=True)]
    row_folds = np.concatenate([folds, folds])
    features = [block_features(row.page, row.odds, row.texts) for row in rows]
    say(f"{len(pages)} pages and as many copies, {sum(map(len, features))} blocks")
    chances, firsts = _fit(rows, features, row_folds, first, say)
    doubled = [
        second_features(row.page, its, row.texts, chance)
        for row, its, chance in zip(rows, features, chances, strict=True)
    ]
    _, seconds = _fit(rows, doubled, row_folds, second, say)
    odds = [*by_fold, learn_class_odds(shares)]
    models = [BlockModel(*parts) for parts in zip(odds, firsts, seconds, strict=True)]
    return TrainedBlocks(models[-1], tuple(models[:-1]))


def _fit(
    rows: Sequence[_Rows],
    features: Sequence[Floats],
    folds: npt.NDArray[np.int64],
    settings: GrowingSettings,
    say: Callable[[str], None],
) -> tuple[list[Floats], list[BoostedTrees]]:
    """Out-of-fold probabilities of every page, and the trees of every fold and of all pages."""
    sizes = [len(page) for page in features]
    of_block = np.repeat(folds, sizes)
    stacked = np.concatenate(list(features))
    edges = bin_edges(stacked)
    binned = bin_features(stacked, edges)
    labels = np.concatenate([row.labels for row in rows])
    weights = np.concatenate([row.weights for row in rows])
    models = []
    for fold in range(FOLDS):
        seen = np.flatnonzero(of_block != fold)
        part = np.ascontiguousarray(binned[:, seen])
        models.append(_rounded(grow_trees(part, edges, labels[seen], weights[seen], settings)))
        say(f"{settings.trees} trees without fold {fold}")
    models.append(_rounded(grow_trees(binned, edges, labels, weights, settings)))
    say(f"{settings.trees} trees on all pages")
    chances = [
        first_chances(page, models[fold]) for page, fold in zip(features, folds, strict=True)
    ]
    return chances, models


def _rounded(trees: BoostedTrees) -> BoostedTrees:
    """Leaves in the half precision of the model's file, so that training sees what inference will."""
    return trees._replace(leaves=trees.leaves.astype(np.float16).astype(np.float32))


def _weights(labels: BlockLabels) -> Floats:
    weights = (labels.words + 1) / (labels.gold_words + 50)
    total = float(weights.sum())
    return (weights * min(1.0, MAXIMUM_PAGE_WEIGHT / max(total, 1e-9))).astype(np.float32)


def _plain_rows(page: TrainingPage, odds: ClassOdds) -> _Rows:
    texts = measure_texts(page.page.text, page.page.blocks, page.page.title)
    weights = _weights(page.labels) * np.float32(page.weight)
    return _Rows(page.page, texts, page.labels.shares, weights, odds)


def _altered(page: TrainingPage, rows: _Rows, draw: np.random.Generator) -> _Rows:
    """A copy as pages look that the training set lacks: other class words, short articles, other scripts."""
    odds = no_class_odds() if draw.random() < 0.5 else rows.odds
    blocks, texts, labels = rows.page.blocks, rows.texts.copy(), page.labels
    content = np.flatnonzero(labels.shares > 0.5)
    if page.may_shorten and draw.random() < 0.6 and len(content) > 8:
        kept = int(draw.integers(3, max(4, len(content) // 2)))
        order = content if draw.random() < 0.5 else draw.permutation(content)
        stays = np.ones(len(blocks), np.bool_)
        stays[order[kept:]] = False
        blocks, texts = blocks[stays], texts[stays]
        shares, words = labels.shares[stays], labels.words[stays]
        labels = BlockLabels(shares, words, int((shares * words).sum()))
    kind = draw.random()
    if kind < 0.35:
        _as_wide_script(texts, float(draw.choice([0.6, 0.7, 0.8])))
    elif kind < 0.65:
        texts[:, TEXT_COLUMN["function_word_share"]] *= draw.choice([0.0, 0.3])
        texts[:, TEXT_COLUMN["capital_share"]] *= draw.choice([0.0, 1.0])
    weights = _weights(labels) * np.float32(page.weight * COPY_WEIGHT)
    return _Rows(replace(rows.page, blocks=blocks), texts, labels.shares, weights, odds)


def _as_wide_script(texts: Floats, by_length: float) -> None:
    """Measures as of a Chinese or Japanese text: half the columns as characters, no words of letters."""
    columns = texts[:, TEXT_COLUMN["columns"]] * np.float32(by_length)
    texts[:, TEXT_COLUMN["columns"]] = columns
    texts[:, TEXT_COLUMN["log_columns"]] = np.log1p(columns)
    for name in ("characters", "words"):
        texts[:, TEXT_COLUMN[name]] = columns / 2
    for name in ("capital_share", "function_word_share", "word_length", "starts_capital"):
        texts[:, TEXT_COLUMN[name]] = 0
    texts[:, TEXT_COLUMN["wide_share"]] = 0.87

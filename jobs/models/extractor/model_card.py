"""The card of a learned extractor: what it was trained on, and how it does on sites it has not seen."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from statistics import mean
from typing import Any, Final, NamedTuple

import numpy as np

from jobs.models.extractor.gold_pages import GoldPage
from udfs.extraction.html.learned.model import judge_blocks, keep_blocks
from udfs.extraction.html.training.fitting import TrainedBlocks, feature_groups, fold_of
from udfs.extraction.html.training.labels import bag_f1, words_of
from udfs.extraction.html.training.rows import TrainingPage

CUTS: Final = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
"""Fixed cuts that the expected-F1 rule is compared with."""
CONFIDENCES: Final = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)
"""Bounds of the ranges of confidence that are compared with what came out."""


class Evaluation(NamedTuple):
    """Word F1 of pages judged by models that have not seen their sites.

    Attributes:
        by_kind: Mean F1 and number of pages of each kind of page.
        overall: Mean F1 of all pages.
        by_cut: Mean F1 of all pages with a fixed cut on the probability.
        by_confidence: Mean confidence, mean F1 and number of the pages in each range of confidence.
        without: Mean F1 of a first stage without each group of features; see ``TrainedBlocks.without``.
    """

    by_kind: dict[str, tuple[float, int]]
    overall: float
    by_cut: dict[float, float]
    by_confidence: list[tuple[float, float, int]]
    without: dict[str, float]


class _Words(NamedTuple):
    """Words of each block of a page, and of its gold text."""

    blocks: list[list[str]]
    wanted: list[str]

    def f1(self, is_kept: Any) -> float:
        kept = [word for number in np.flatnonzero(is_kept) for word in self.blocks[number]]
        return bag_f1(kept, self.wanted)


def evaluate(
    pages: Sequence[GoldPage], training: Sequence[TrainingPage], trained: TrainedBlocks
) -> Evaluation:
    """Judge every page by the model of its fold.

    Args:
        pages: Gold pages, the first that were trained on.
        training: The same pages as blocks, in the same order.
        trained: The models.
    """
    words = [
        _Words([words_of(text) for text in blocks.page.texts()], words_of(page.gold))
        for page, blocks in zip(pages, training, strict=True)
    ]
    by_kind: dict[str, list[float]] = defaultdict(list)
    by_cut: dict[float, list[float]] = {cut: [] for cut in CUTS}
    confidences: list[tuple[float, float]] = []
    for page, blocks, its in zip(pages, training, words, strict=True):
        judged = judge_blocks(blocks.page, trained.folds[fold_of(page.site)])
        score = its.f1(judged.is_kept)
        by_kind[page.kind].append(score)
        confidences.append((judged.confidence, score))
        for cut, scores in by_cut.items():
            scores.append(its.f1(judged.chances > cut))
    without = {
        group: mean(
            its.f1(keep_blocks(chances[number], _counts(its))[0])
            for number, its in enumerate(words)
        )
        for group, chances in trained.without.items()
    }
    return Evaluation(
        {kind: (mean(scores), len(scores)) for kind, scores in sorted(by_kind.items())},
        mean(score for scores in by_kind.values() for score in scores),
        {cut: mean(scores) for cut, scores in by_cut.items()},
        _by_confidence(confidences),
        without,
    )


def _counts(words: _Words) -> Any:
    return np.array([len(block) for block in words.blocks], np.float32)


def _by_confidence(pages: list[tuple[float, float]]) -> list[tuple[float, float, int]]:
    ranges = []
    for low, high in itertools.pairwise(CONFIDENCES):
        its = [pair for pair in pages if low <= pair[0] < high or (high == 1 and pair[0] >= 1)]
        if its:
            ranges.append((mean(pair[0] for pair in its), mean(pair[1] for pair in its), len(its)))
    return ranges


def card_text(evaluation: Evaluation, trained: TrainedBlocks, gold: int, agreed: int) -> str:
    """The card in Markdown.

    Args:
        evaluation: Of the fold models.
        trained: The models.
        gold: Number of pages with gold text.
        agreed: Number of pages labelled by agreement.
    """
    model = trained.model
    shapes = [
        f"{len(trees.leaves)} trees of depth {trees.columns.shape[1]}"
        for trees in (model.first, model.second)
    ]
    return "\n".join(
        [
            "# Card of a learned HTML reader",
            "",
            f"Trained on {gold} pages with gold text and {agreed} pages labelled where two other readers",
            f"agree. First stage {shapes[0]}, second stage {shapes[1]}, {len(model.odds.odds) - 1} class",
            "words. The figures are word F1 on the pages with gold text, each judged by a model trained",
            f"without its site ({len(trained.folds)} folds by site).",
            "",
            "| kind of page | pages | word F1 |",
            "| --- | ---: | ---: |",
            *(
                f"| {kind or 'not stated'} | {count} | {score:.4f} |"
                for kind, (score, count) in evaluation.by_kind.items()
            ),
            f"| all | {gold} | {evaluation.overall:.4f} |",
            "",
            "The text of a page is the set of blocks with the highest expected F1. A fixed cut on the",
            "probability would have given:",
            "",
            "| cut | word F1 |",
            "| --- | ---: |",
            *(f"| {cut} | {score:.4f} |" for cut, score in evaluation.by_cut.items()),
            "",
            "What the models expected of their own text, and what came out, by ranges of what they expected:",
            "",
            "| pages | expected F1 | word F1 |",
            "| ---: | ---: | ---: |",
            *(f"| {n} | {low:.4f} | {score:.4f} |" for low, score, n in evaluation.by_confidence),
            "",
            *_ablation(evaluation.without),
            "Not for: pages whose text is made by scripts, and languages without blanks other than",
            "Chinese and Japanese, of which the training pages hold none.",
            "",
        ]
    )


def _ablation(without: dict[str, float]) -> list[str]:
    if not without:
        return []
    groups = feature_groups()
    rows = sorted((score, group) for group, score in without.items() if group)
    return [
        "A first stage of fewer trees, without altered copies and without one group of features:",
        "",
        "| without | features | word F1 | lost |",
        "| --- | ---: | ---: | ---: |",
        f"| nothing | | {without['']:.4f} | |",
        *(
            f"| {group} | {len(groups[group])} | {score:.4f} | {without[''] - score:.4f} |"
            for score, group in rows
        ),
        "",
    ]

"""The card of a learned extractor: what it was trained on, and how it does on sites it has not seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import mean
from typing import Any, Final, NamedTuple

import numpy as np

from jobs.extractor.gold_pages import GoldPage
from udfs.block_labels import bag_f1, words_of
from udfs.block_model import BlockModel, judge_blocks
from udfs.block_training import TrainedBlocks, TrainingPage, fold_of

CUTS: Final = (0.3, 0.4, 0.5, 0.6)
"""Fixed cuts that the expected-F1 rule is compared with."""


class Evaluation(NamedTuple):
    """Word F1 of pages judged by models that have not seen their sites.

    Attributes:
        by_kind: Mean F1 and number of pages of each kind of page.
        overall: Mean F1 of all pages.
        by_cut: Mean F1 of all pages with a fixed cut on the probability.
        expected: Mean of the F1 that the models themselves expect.
    """

    by_kind: dict[str, tuple[float, int]]
    overall: float
    by_cut: dict[float, float]
    expected: float


def evaluate(
    pages: Sequence[GoldPage], training: Sequence[TrainingPage], folds: Sequence[BlockModel]
) -> Evaluation:
    """Judge every page by the model of its fold.

    Args:
        pages: Gold pages.
        training: The same pages as blocks, in the same order.
        folds: Models of ``TrainedBlocks.folds``.
    """
    by_kind: dict[str, list[float]] = defaultdict(list)
    by_cut: dict[float, list[float]] = {cut: [] for cut in CUTS}
    expected: list[float] = []
    for page, blocks in zip(pages, training, strict=True):
        judged = judge_blocks(blocks.page, folds[fold_of(page.site)])
        words = [words_of(text) for text in blocks.page.texts()]
        wanted = words_of(page.gold)
        by_kind[page.kind].append(_score(words, judged.is_kept, wanted))
        for cut, scores in by_cut.items():
            scores.append(_score(words, judged.chances > cut, wanted))
        expected.append(judged.confidence)
    return Evaluation(
        {kind: (mean(scores), len(scores)) for kind, scores in sorted(by_kind.items())},
        mean(score for scores in by_kind.values() for score in scores),
        {cut: mean(scores) for cut, scores in by_cut.items()},
        mean(expected),
    )


def _score(words: list[list[str]], is_kept: Any, wanted: list[str]) -> float:
    return bag_f1([word for number in np.flatnonzero(is_kept) for word in words[number]], wanted)


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
    kinds = [
        f"| {kind or 'not stated'} | {count} | {score:.4f} |"
        for kind, (score, count) in evaluation.by_kind.items()
    ]
    cuts = [f"| {cut} | {score:.4f} |" for cut, score in evaluation.by_cut.items()]
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
            *kinds,
            f"| all | {gold} | {evaluation.overall:.4f} |",
            "",
            f"The models expected {evaluation.expected:.4f} on average. The text of a page is the set of",
            "blocks with the highest expected F1; a fixed cut on the probability would have given:",
            "",
            "| cut | word F1 |",
            "| --- | ---: |",
            *cuts,
            "",
            "Not for: pages whose text is made by scripts, and languages without blanks other than",
            "Chinese and Japanese, of which the training pages hold none.",
            "",
        ]
    )

"""Pages with gold labels as rows of a training, and copies altered into pages that the set lacks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from udfs.extraction.html.blocks.page_blocks import PageBlocks
from udfs.extraction.html.learned.containers import Floats
from udfs.extraction.html.learned.text_features import TEXT_COLUMN, measure_texts
from udfs.extraction.html.training.labels import BlockLabels

MAXIMUM_PAGE_WEIGHT: Final = 3.0
COPY_WEIGHT: Final = 0.6
"""Weight of an altered copy beside its page."""


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
class PageRows:
    """The blocks of one page as training rows.

    Attributes:
        page: Its blocks.
        texts: Measures of their texts; altered ones in a copy.
        labels: Share of content of each block.
        weights: Weight of each block.
        knows_words: Whether the learnt class words are known to it.
    """

    page: PageBlocks
    texts: Floats
    labels: Floats
    weights: Floats
    knows_words: bool = True


def plain_rows(page: TrainingPage) -> PageRows:
    """The page as it is."""
    texts = measure_texts(page.page.text, page.page.blocks, page.page.title)
    weights = _weights(page.labels) * np.float32(page.weight)
    return PageRows(page.page, texts, page.labels.shares, weights)


def altered_copy(page: TrainingPage, draw: np.random.Generator) -> PageRows:
    """A copy as pages look that the training set lacks: other class words, short articles, other scripts.

    Args:
        page: The page.
        draw: Decides what is altered.
    """
    knows_words = bool(draw.random() < 0.5)
    texts = measure_texts(page.page.text, page.page.blocks, page.page.title)
    blocks, labels = page.page.blocks, page.labels
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
    altered = replace(page.page, blocks=blocks)
    return PageRows(altered, texts, labels.shares, weights, knows_words)


def _weights(labels: BlockLabels) -> Floats:
    weights = (labels.words + 1) / (labels.gold_words + 50)
    total = float(weights.sum())
    return (weights * min(1.0, MAXIMUM_PAGE_WEIGHT / max(total, 1e-9))).astype(np.float32)


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

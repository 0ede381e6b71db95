"""The card of a trained reader: its figures from pages whose right answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from jobs.extractor.gold_pages import GoldPage, training_page
from jobs.extractor.model_card import CUTS, card_text, evaluate
from tests.block_pages import NEWS, SENTENCE
from udfs.block_class_words import no_class_odds
from udfs.block_model import BlockModel
from udfs.block_text import TEXT_COLUMN
from udfs.block_training import FOLDS, TrainedBlocks, fold_of
from udfs.boosted_trees import BoostedTrees

SENTENCES = f"{SENTENCE} {SENTENCE} {SENTENCE}"


def model_by_length(columns: float) -> BlockModel:
    """Takes for content what is longer than ``columns``, nearly certainly."""
    trees = BoostedTrees(
        np.array([[TEXT_COLUMN["columns"]]], np.int32),
        np.array([[columns]], np.float32),
        np.array([[-9, 9]], np.float32),
        np.zeros(1, np.float32),
    )
    return BlockModel(no_class_odds(), trees, trees)


GOLD = [
    GoldPage("a", NEWS, SENTENCES, "article", "one.example"),
    GoldPage("b", NEWS, f"On data {SENTENCES}", "article", "two.example"),
    GoldPage("c", NEWS, "nothing of this page", "", "three.example"),
]
TRAINING = [training_page(page) for page in GOLD]
RIGHT, WRONG = model_by_length(50), model_by_length(5_000)


def test_each_page_is_judged_by_the_model_of_its_fold() -> None:
    folds = [RIGHT if number == fold_of("one.example") else WRONG for number in range(FOLDS)]
    found = evaluate(GOLD[:1], TRAINING[:1], folds)
    assert (found.overall, found.by_cut[0.5]) == (1, 1)
    others = [WRONG if number == fold_of("one.example") else RIGHT for number in range(FOLDS)]
    assert evaluate(GOLD[:1], TRAINING[:1], others).by_cut[0.5] == 0


def test_scores_by_kind_and_by_cut() -> None:
    found = evaluate(GOLD, TRAINING, [RIGHT] * FOLDS)
    words = 3 * len(SENTENCE.split())
    second = 2 * words / (2 * words + 2)
    assert found.by_kind == {"": (0.0, 1), "article": (pytest.approx((1 + second) / 2), 2)}
    assert found.overall == pytest.approx((1 + second) / 3)
    assert set(found.by_cut) == set(CUTS)
    assert found.by_cut[0.5] == pytest.approx(found.overall)
    assert found.expected > 0.99


def test_the_card_states_them() -> None:
    found = evaluate(GOLD, TRAINING, [RIGHT] * FOLDS)
    card = card_text(found, TrainedBlocks(RIGHT, (RIGHT,) * FOLDS), 3, 7)
    assert "Trained on 3 pages with gold text and 7 pages labelled" in card
    assert "1 trees of depth 1" in card
    assert f"| article | 2 | {found.by_kind['article'][0]:.4f} |" in card
    assert "| not stated | 1 | 0.0000 |" in card
    assert f"| all | 3 | {found.overall:.4f} |" in card
    assert all(f"| {cut} | {found.by_cut[cut]:.4f} |" in card for cut in CUTS)

"""The card of a trained reader: its figures from pages whose right answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from jobs.models.extractor.gold_pages import GoldPage, training_page
from jobs.models.extractor.model_card import CUTS, card_text, evaluate
from tests.block_pages import NEWS, SENTENCE
from udfs.extraction.html.learned.model import BlockModel
from udfs.extraction.html.learned.text_features import TEXT_COLUMN
from udfs.extraction.html.training.class_words import no_class_odds
from udfs.extraction.html.training.fitting import FOLDS, TrainedBlocks, fold_of
from udfs.learning.boosted_trees import BoostedTrees

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


def trained(*folds: BlockModel, **without: list[np.ndarray]) -> TrainedBlocks:
    return TrainedBlocks(RIGHT, folds, without)


ALL_RIGHT = trained(*[RIGHT] * FOLDS)


def test_each_page_is_judged_by_the_model_of_its_fold() -> None:
    own = fold_of("one.example")
    found = evaluate(
        GOLD[:1], TRAINING[:1], trained(*[RIGHT if n == own else WRONG for n in range(FOLDS)])
    )
    assert (found.overall, found.by_cut[0.5]) == (1, 1)
    others = trained(*[WRONG if n == own else RIGHT for n in range(FOLDS)])
    assert evaluate(GOLD[:1], TRAINING[:1], others).by_cut[0.5] == 0


def test_scores_by_kind_by_cut_and_by_confidence() -> None:
    found = evaluate(GOLD, TRAINING, ALL_RIGHT)
    words = 3 * len(SENTENCE.split())
    second = 2 * words / (2 * words + 2)
    assert found.by_kind == {"": (0.0, 1), "article": (pytest.approx((1 + second) / 2), 2)}
    assert found.overall == pytest.approx((1 + second) / 3)
    assert set(found.by_cut) == set(CUTS)
    assert found.by_cut[0.5] == pytest.approx(found.overall)
    ((expected, came_out, count),) = found.by_confidence
    assert (expected, count) == (pytest.approx(1, abs=0.01), 3)
    assert came_out == pytest.approx(found.overall)


def test_a_group_is_worth_what_is_lost_without_it() -> None:
    sure = [np.array([0, 0, 0, 1, 1, 0], np.float32)] * 3
    wrong = [np.array([1, 1, 1, 0, 0, 0], np.float32)] * 3
    without = TrainedBlocks(RIGHT, ALL_RIGHT.folds, {"": sure, "text": wrong})
    found = evaluate(GOLD, TRAINING, without)
    assert found.without[""] == pytest.approx(found.overall)
    assert found.without["text"] < 0.2
    card = card_text(found, without, 3, 0)
    lost = found.without[""] - found.without["text"]
    assert f"| text | 24 | {found.without['text']:.4f} | {lost:.4f} |" in card
    assert "| without |" not in card_text(evaluate(GOLD, TRAINING, ALL_RIGHT), ALL_RIGHT, 3, 0)


def test_the_card_states_them() -> None:
    found = evaluate(GOLD, TRAINING, ALL_RIGHT)
    card = card_text(found, ALL_RIGHT, 3, 7)
    assert "Trained on 3 pages with gold text and 7 pages labelled" in card
    assert "1 trees of depth 1" in card
    assert f"| article | 2 | {found.by_kind['article'][0]:.4f} |" in card
    assert "| not stated | 1 | 0.0000 |" in card
    assert f"| all | 3 | {found.overall:.4f} |" in card
    assert all(f"| {cut} | {found.by_cut[cut]:.4f} |" in card for cut in CUTS)

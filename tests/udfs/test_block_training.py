"""Training rows: folds, weights, altered copies, scripts; and that training is refused with a reason."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from tests.block_pages import NEWS, SENTENCE, labelled
from udfs import block_training
from udfs.block_class_words import no_class_odds
from udfs.block_labels import BlockLabels
from udfs.block_model import judge_blocks
from udfs.block_text import TEXT_COLUMN, measure_texts
from udfs.block_training import FOLDS, TrainingPage, fold_of, train_blocks
from udfs.html_blocks import segment
from udfs.tree_growing import GrowingSettings

SMALL = GrowingSettings(trees=20, depth=3, rate=0.5, penalty=1.0)


def page_of(site: str, said: str, *, may_shorten: bool = False) -> TrainingPage:
    source = NEWS.replace(SENTENCE, f"{said} said, {SENTENCE}")
    gold = "\n".join(text for text in segment(source).texts() if text.endswith("it."))
    return TrainingPage(*labelled(source, gold), site, may_shorten=may_shorten)


PAGES = [page_of(f"site{number}", said) for number in range(12) for said in ("Ann", "Bob")]


def test_folds_are_those_of_crc32_and_all_used() -> None:
    assert fold_of("example.org") == zlib.crc32(b"example.org") % FOLDS
    assert {fold_of(page.site) for page in PAGES} == set(range(FOLDS))


def test_pages_of_too_few_sites_are_refused_with_the_number_wanted() -> None:
    with pytest.raises(ValueError, match=f"fall into 1 folds, {FOLDS} are wanted"):
        train_blocks(PAGES[:2], first=SMALL, second=SMALL)


def test_training_is_reproducible_and_folds_differ() -> None:
    one = train_blocks(PAGES, first=SMALL, second=SMALL)
    other = train_blocks(PAGES, first=SMALL, second=SMALL)
    for model, again in zip((one.model, *one.folds), (other.model, *other.folds), strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(model.second, again.second, strict=True))
    assert len(one.folds) == FOLDS
    judged = judge_blocks(segment(NEWS), one.model)
    assert judged.is_kept.tolist() == [False, False, False, True, True, False]


def test_steps_are_told() -> None:
    said: list[str] = []
    train_blocks(PAGES, said.append, SMALL, SMALL)
    assert said[0].startswith("24 pages and as many copies, ")
    assert len(said) == 1 + 2 * (FOLDS + 1)


def test_weights_grow_with_words_and_long_pages_do_not_outweigh_others() -> None:
    def weights(words: list[int], gold: int) -> np.ndarray:
        counts = np.array(words, np.int32)
        return block_training._weights(BlockLabels(np.zeros(len(words), np.float32), counts, gold))

    assert weights([0, 9], 50).tolist() == pytest.approx([0.01, 0.1])
    assert weights([900] * 50, 50).sum() == pytest.approx(block_training.MAXIMUM_PAGE_WEIGHT)


def test_a_copy_may_lose_content_but_nothing_else() -> None:
    gold = [f"{number}. {SENTENCE}" for number in range(20)]
    source = "<p>Menu" + "".join(f"<p>{text}" for text in gold) + "<p>Foot"
    page = TrainingPage(*labelled(source, "\n".join(gold)), "site", may_shorten=True)
    rows = block_training._plain_rows(page, no_class_odds())
    sizes = set()
    for seed in range(20):
        copy = block_training._altered(page, rows, np.random.default_rng(seed))
        sizes.add(len(copy.labels))
        assert (copy.labels < 0.5).sum() == 2
        assert 2 + 3 <= len(copy.labels) <= 22
        assert len(copy.labels) == len(copy.page.blocks) == len(copy.texts) == len(copy.weights)
        assert copy.weights.sum() <= block_training.MAXIMUM_PAGE_WEIGHT
    assert 22 in sizes
    assert min(sizes) < 13
    never = TrainingPage(page.page, page.labels, "site")
    for seed in range(20):
        copy = block_training._altered(never, rows, np.random.default_rng(seed))
        assert len(copy.labels) == 22


def test_alterations_leave_the_page_itself_alone() -> None:
    page = page_of("site", "Ann", may_shorten=True)
    rows = block_training._plain_rows(page, no_class_odds())
    before = rows.texts.copy()
    for seed in range(10):
        block_training._altered(page, rows, np.random.default_rng(seed))
    assert np.array_equal(rows.texts, before)


def test_a_text_made_wide_measures_as_a_chinese_one_does() -> None:
    def measured(source: str) -> np.ndarray:
        page = segment(source)
        return measure_texts(page.text, page.blocks, page.title)

    latin, chinese = measured(f"<p>{SENTENCE}"), measured(f"<p>{'数据质量很差，' * 5}。")
    block_training._as_wide_script(latin, 0.9)
    for name in ("capital_share", "function_word_share", "starts_capital"):
        assert latin[0, TEXT_COLUMN[name]] == chinese[0, TEXT_COLUMN[name]] == 0, name
    for name in ("columns", "characters", "words", "wide_share", "log_columns"):
        assert latin[0, TEXT_COLUMN[name]] == pytest.approx(chinese[0, TEXT_COLUMN[name]], rel=0.25)

"""Training rows: weights, copies that lose content, other scripts."""

from __future__ import annotations

import numpy as np
import pytest

from tests.block_pages import SENTENCE, labelled
from udfs.extraction.html.blocks.page_blocks import segment
from udfs.extraction.html.learned.text_features import TEXT_COLUMN, measure_texts
from udfs.extraction.html.training.labels import BlockLabels
from udfs.extraction.html.training.rows import (
    COPY_WEIGHT,
    MAXIMUM_PAGE_WEIGHT,
    TrainingPage,
    _as_wide_script,
    _weights,
    altered_copy,
    plain_rows,
)

GOLD = [f"{number}. {SENTENCE}" for number in range(20)]
STORY = "<body><p>Menu" + "".join(f"<p>{text}" for text in GOLD) + "<p>Foot</body></html>"


def page_of(source: str, gold: str, site: str, *, may_shorten: bool = True) -> TrainingPage:
    return TrainingPage(*labelled(source, gold), site, may_shorten=may_shorten)


ARTICLE = page_of(STORY, "\n".join(GOLD), "one.example")


def test_weights_grow_with_words_and_long_pages_do_not_outweigh_others() -> None:
    def weights(words: list[int], gold: int) -> np.ndarray:
        counts = np.array(words, np.int32)
        return _weights(BlockLabels(np.zeros(len(words), np.float32), counts, gold))

    assert weights([0, 9], 50).tolist() == pytest.approx([0.01, 0.1])
    assert weights([900] * 50, 50).sum() == pytest.approx(MAXIMUM_PAGE_WEIGHT)


def copies(page: TrainingPage) -> list[tuple[int, float, int]]:
    """Blocks, weight and blocks of no content of each of twenty copies."""
    found = []
    for seed in range(20):
        copy = altered_copy(page, np.random.default_rng(seed))
        count = len(copy.labels)
        assert count == len(copy.page.blocks) == len(copy.texts) == len(copy.weights)
        assert copy.weights.sum() <= MAXIMUM_PAGE_WEIGHT
        found.append((count, float(copy.weights.sum()), int((copy.labels < 0.5).sum())))
    return found


def test_a_copy_may_lose_content_but_nothing_else() -> None:
    found = copies(ARTICLE)
    assert {rest for _, _, rest in found} == {2}
    assert all(2 + 3 <= count <= 22 for count, _, _ in found)
    assert any(count == 22 for count, _, _ in found)
    assert any(count < 13 for count, _, _ in found)
    whole = page_of(STORY, "\n".join(GOLD), "one.example", may_shorten=False)
    assert {count for count, _, _ in copies(whole)} == {22}


def test_alterations_leave_the_page_itself_alone() -> None:
    before = plain_rows(ARTICLE)
    copies(ARTICLE)
    after = plain_rows(ARTICLE)
    assert np.array_equal(before.texts, after.texts)
    assert np.array_equal(before.weights, after.weights)


def test_copies_weigh_less_and_half_of_them_know_no_words() -> None:
    drawn = [altered_copy(ARTICLE, np.random.default_rng(seed)) for seed in range(200)]
    weights = plain_rows(ARTICLE).weights
    known = 0
    for copy in drawn:
        known += copy.knows_words
        if len(copy.weights) == len(weights):
            assert copy.weights.tolist() == pytest.approx((weights * COPY_WEIGHT).tolist())
    assert 60 < known < 140


def test_a_text_made_wide_measures_as_a_chinese_one_does() -> None:
    def measured(source: str) -> np.ndarray:
        page = segment(source)
        return measure_texts(page.text, page.blocks, page.title)

    latin, chinese = measured(f"<p>{SENTENCE}"), measured(f"<p>{'数据质量很差，' * 5}。")
    _as_wide_script(latin, 0.9)
    for name in ("capital_share", "function_word_share", "starts_capital"):
        assert latin[0, TEXT_COLUMN[name]] == chinese[0, TEXT_COLUMN[name]] == 0, name
    for name in ("columns", "characters", "words", "wide_share", "log_columns"):
        assert latin[0, TEXT_COLUMN[name]] == pytest.approx(chinese[0, TEXT_COLUMN[name]], rel=0.25)

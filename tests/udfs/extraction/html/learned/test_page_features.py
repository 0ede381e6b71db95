"""Features of containers, of blocks with equal paths, and of the whole page, by name."""

from __future__ import annotations

import numpy as np
import pytest

from tests.block_pages import NEWS, SENTENCE, features_of

HOME, LOGIN, HEADLINE, FIRST, SECOND, FOOT = range(6)
TOTAL = 8 + 5 + 7 + 80 + 161 + 11
STORY = 7 + 80 + 161


@pytest.mark.parametrize(
    ("block", "feature", "value"),
    [
        (FIRST, "above0_log_columns", np.log1p(80)),
        (FIRST, "above1_log_columns", np.log1p(STORY)),
        (FIRST, "above4_log_columns", np.log1p(TOTAL)),
        (HOME, "above1_link_share", 1),
        (FIRST, "above1_link_share", 0),
        (FIRST, "above1_columns_a_block", STORY / 3),
        (FIRST, "above1_sentence_share", 241 / STORY),
        (FIRST, "above1_text_share", STORY / TOTAL),
        (FIRST, "above1_sentences_of_page", 1),
        (FIRST, "above1_marks", 100 * 6 / STORY),
        (FIRST, "above1_headings", 1),
        (FIRST, "above1_children", 3),
        (FIRST, "path_log_blocks", np.log1p(2)),
        (FIRST, "path_text_share", 241 / TOTAL),
        (FIRST, "path_log_columns", np.log1p(241 / 2)),
        (HEADLINE, "parent_path_log_blocks", np.log1p(3)),
        (HOME, "path_link_share", 1),
        (FIRST, "best_inside", 1),
        (HOME, "best_inside", 0),
        (FIRST, "best_levels_up", 0),
        (FIRST, "best_levels_down", 1),
        (HOME, "best_levels_up", 1),
        (FIRST, "best_parent_score", 1),
        (FIRST, "best_here", 0),
        (HOME, "page_log_columns", np.log1p(TOTAL)),
        (FOOT, "page_link_share", 13 / TOTAL),
        (FOOT, "page_h1s", 1),
        (FOOT, "page_list_items", 2 / 9),
        (FOOT, "page_best_share", STORY / TOTAL),
        (FOOT, "page_best_sentences", 1),
        (FOOT, "page_wide_share", 0),
    ],
)
def test_feature_of_a_news_page(block: int, feature: str, value: float) -> None:
    assert features_of(NEWS)[block][feature] == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize(
    ("head", "feature"),
    [
        ('<script type="application/ld+json">{"@type": "NewsArticle"}</script>', "page_types0"),
        ('<script type="application/ld+json">{"@type": "Product"}</script>', "page_types2"),
        ('<meta property="og:type" content="article">', "page_og_article"),
        ('<meta property="og:type" content="product">', "page_og_product"),
    ],
)
def test_what_the_page_says_it_is_reaches_every_block(head: str, feature: str) -> None:
    stated = features_of(f"<head>{head}</head><p>one<p>two")
    assert [block[feature] for block in stated] == [1, 1]
    assert features_of("<p>one")[0][feature] == 0


def test_script_of_the_page_reaches_every_block() -> None:
    blocks = features_of(f"<p>{'数据质量很差' * 20}<p>ab")
    assert blocks[1]["page_wide_share"] == pytest.approx(120 / 242)


def test_articles_before_a_block_are_counted() -> None:
    blocks = features_of("".join(f"<article><p>{SENTENCE}</p></article>" for _ in range(3)))
    assert [block["place_articles"] for block in blocks] == [1, 2, 3]
    assert blocks[0]["page_articles"] == 3

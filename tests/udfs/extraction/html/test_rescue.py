"""Which reader's text is taken."""

from __future__ import annotations

from typing import Any

import pytest

from udfs.extraction.html.learned.reading import ANY_CHANCE, MinimumChances
from udfs.extraction.html.page_kind import (
    calls_itself_article,
    is_discussion,
    is_unspaced_article,
    states_news,
)
from udfs.extraction.html.rescue import (
    NEWS_ARTICLE,
    UNSPACED_ARTICLE,
    UNSPACED_POSTS,
    is_rescued,
    minimum_chances,
)

ENGLISH, CHINESE = "some words of a page ", "网页上的一些中文内容。"
DISCUZ = '<meta name="generator" content="Discuz! X3.4" />'


@pytest.mark.parametrize(
    ("first", "second", "kinds", "page", "rescued"),
    [
        (100, 100, set(), "", False),
        (71, 100, set(), "", False),
        (69, 100, set(), "", True),
        (69, 100, {"newsarticle"}, "", False),
        (69, 100, {"article", "website"}, "", False),
        (69, 100, {"product.item"}, "", False),
        (69, 100, {"organization"}, "", True),
        (14, 100, {"newsarticle"}, "", True),
        (0, 100, {"article"}, "", True),
        (5, 0, set(), "", False),
        (69, 100, set(), "<div class='post hentry x'>", False),
        (100, 10_000, {"article"}, "", False),  # thousands of comments
        (100, 10_000, set(), "", True),
    ],
)
def test_by_length_and_kind(
    first: int, second: int, kinds: set[str], page: str, rescued: bool
) -> None:
    taken = is_rescued(
        ENGLISH * first,
        ENGLISH * second,
        is_article=calls_itself_article(frozenset(kinds), page),
        is_forum=is_discussion(page),
    )
    assert taken == rescued


@pytest.mark.parametrize(
    ("first", "page", "rescued"),
    [(69, "", False), (29, "", True), (69, DISCUZ, True), (71, DISCUZ, False)],
)
def test_chinese_pages_need_more_evidence(first: int, page: str, rescued: bool) -> None:
    is_forum = is_discussion(page)
    first_text, second_text = CHINESE * first, CHINESE * 100
    assert is_rescued(first_text, second_text, is_article=False, is_forum=is_forum) == rescued


@pytest.mark.parametrize(
    ("kinds", "answer"), [({"article"}, False), ({"newsarticle", "person"}, True), (set(), False)]
)
def test_any_software_says_article_of_anything(kinds: set[str], answer: bool) -> None:
    assert states_news(frozenset(kinds)) == answer


@pytest.mark.parametrize(
    ("page", "language", "answer"),
    [
        (CHINESE * 20, "zh-CN", True),
        (CHINESE * 20, "ja", True),
        (CHINESE * 20, None, False),
        (CHINESE * 100, None, True),
        (CHINESE * 100, "en", True),  # a template's lang attribute
        (CHINESE * 5, "zh", False),
        (DISCUZ + CHINESE * 100, "zh", False),
        (ENGLISH * 100, "zh", False),
    ],
)
def test_chinese_articles_are_read_precisely(page: str, language: str | None, answer: bool) -> None:
    assert is_unspaced_article(page, language) == answer


@pytest.mark.parametrize(
    ("page", "wide_share", "kinds", "minimum"),
    [
        (ENGLISH, 0.0, set(), ANY_CHANCE),
        (ENGLISH, 0.1, {"article"}, ANY_CHANCE),
        (ENGLISH, 0.1, {"newsarticle"}, NEWS_ARTICLE),
        (CHINESE, 0.9, set(), UNSPACED_ARTICLE),
        (CHINESE, 0.3, {"newsarticle"}, UNSPACED_ARTICLE),
        (DISCUZ + CHINESE, 0.9, set(), UNSPACED_POSTS),
        (DISCUZ + ENGLISH, 0.0, set(), ANY_CHANCE),
    ],
)
def test_the_learned_reader_must_be_surer_on_pages_unlike_its_gold(
    page: str, wide_share: float, kinds: set[str], minimum: MinimumChances
) -> None:
    assert minimum_chances(page.encode(), wide_share, frozenset(kinds)) == minimum


def test_a_row_of_buttons_is_no_reason_to_change_the_reader_of_a_short_page() -> None:
    asked: dict[str, Any] = {"is_article": False, "is_forum": False, "share": 0.9}
    assert not is_rescued("x" * 300, "x" * 400, **asked)
    assert is_rescued("x" * 200, "x" * 400, **asked)
    assert is_rescued("x" * 3_000, "x" * 4_000, **asked)

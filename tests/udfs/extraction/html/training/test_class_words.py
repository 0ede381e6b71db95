"""What class words are worth: shares of a page, sites counted once, rare words not at all."""

from __future__ import annotations

import numpy as np
import pytest

from tests.block_pages import labelled
from udfs.extraction.html.blocks.hashing import find
from udfs.extraction.html.blocks.names import fnv
from udfs.extraction.html.learned.features import ClassOdds
from udfs.extraction.html.training.class_words import (
    MAXIMUM_WORDS,
    MINIMUM_GROUPS,
    WordShares,
    learn_class_odds,
    no_class_odds,
    word_shares,
)

STORY, MENU = fnv(b"story"), fnv(b"menu")


def odds_of(odds: ClassOdds, word: int) -> float | None:
    row = find(odds.keys, odds.values, np.uint64(word))
    return None if row < 0 else float(odds.odds[row])


def test_shares_of_a_page() -> None:
    page, labels = labelled(
        "<div class='story outer'><p>one two three</p><p class=menu>four</p></div><div class=menu>five six",
        "one two three",
    )
    shares = word_shares(page, labels)
    assert shares[STORY] == pytest.approx((1, 1 / 3))
    assert shares[fnv(b"outer")] == shares[STORY]
    assert shares[MENU] == pytest.approx((0, 1))


def test_a_word_on_nested_elements_counts_once() -> None:
    page, labels = labelled("<div class=story><div class=story><p>one two", "one two")
    assert word_shares(page, labels)[STORY] == (1, 0)


def sites(count: int, shares: WordShares) -> list[tuple[str, WordShares]]:
    return [(f"site{number}", shares) for number in range(count)]


def test_content_words_are_positive_and_menu_words_negative() -> None:
    odds = learn_class_odds(sites(20, {STORY: (0.9, 0.1), MENU: (0.0, 0.5)}))
    assert odds_of(odds, STORY) > 1  # type: ignore[operator]
    assert odds_of(odds, MENU) < -1  # type: ignore[operator]
    assert odds_of(odds, fnv(b"other")) is None


def test_words_of_few_sites_are_unknown_however_many_pages_use_them() -> None:
    few = sites(MINIMUM_GROUPS - 1, {STORY: (1.0, 0.0)})
    assert odds_of(learn_class_odds(few * 10), STORY) is None
    assert odds_of(learn_class_odds([*few, ("another", {STORY: (1.0, 0.0)})]), STORY) is not None


def test_a_site_counts_once_whatever_its_number_of_pages() -> None:
    others = sites(12, {STORY: (0.8, 0.2)})
    once = learn_class_odds([*others, ("big", {STORY: (0.0, 1.0)})])
    often = learn_class_odds([*others, *[("big", {STORY: (0.0, 1.0)})] * 50])
    assert odds_of(once, STORY) == odds_of(often, STORY)


def test_the_commonest_words_are_kept() -> None:
    rare: WordShares = {
        fnv(f"rare{number}".encode()): (0.5, 0.5) for number in range(MAXIMUM_WORDS)
    }
    pages = [*sites(MINIMUM_GROUPS, rare), *sites(30, {STORY: (1.0, 0.0)})]
    odds = learn_class_odds(pages)
    assert (odds.values >= 0).sum() == MAXIMUM_WORDS
    assert odds_of(odds, STORY) is not None


def test_odds_are_rounded_as_the_file_holds_them_and_do_not_depend_on_the_order() -> None:
    pages = sites(9, {STORY: (0.7, 0.3), MENU: (0.1, 0.6)})
    one, other = learn_class_odds(pages), learn_class_odds(pages[::-1])
    assert one.odds.astype(np.float16).astype(np.float32).tolist() == one.odds.tolist()
    assert sorted(one.odds.tolist()) == sorted(other.odds.tolist())
    assert odds_of(one, MENU) == odds_of(other, MENU)


def test_no_odds_know_no_word() -> None:
    assert odds_of(no_class_odds(), STORY) is None

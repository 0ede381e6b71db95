"""Measures of a block's text, each on a text that shows it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.block_pages import is_finite
from udfs.extraction.html.blocks.page_blocks import segment
from udfs.extraction.html.learned.text_features import (
    MAXIMUM_TITLE_WORDS,
    TEXT_COLUMN,
    TEXT_FIELDS,
    measure_texts,
    title_words,
)


def measures_of(body: str, title: str = "") -> dict[str, float]:
    page = segment(f"<title>{title}</title><p>{body}</p>")
    return dict(zip(TEXT_COLUMN, measure_texts(page.text, page.blocks, page.title)[0], strict=True))


@pytest.mark.parametrize(
    ("body", "measure", "value"),
    [
        ("abc déf", "characters", 7),
        ("abc déf 12", "words", 3),
        ("数据 ab", "columns", 7),
        ("数据 ab", "words", 3),
        ("数据ab", "wide_share", 0.5),
        ("カナ 한글", "wide_share", 0.8),
        ("<a href=x>half</a>half", "link_share", 0.5),
        ("<a href=x>of several words</a>", "link_share", 1),
        ("<a href=x>a</a> b <a href=x>c</a>", "links", 2),
        ("One. Two! 3.5 www.x.org?", "sentence_ends", 3),
        ("好。好！", "sentence_ends", 2),
        ("a, b; c，d、", "commas", 4),
        ("a1b2", "digit_share", 0.5),
        ("ABcd", "capital_share", 0.5),
        ("the cat und Katze", "function_word_share", 0.5),
        ("ab abcd", "word_length", 3),
        ("Ends.", "closing", 1),
        ("Ends:", "closing", 0.5),
        ("Ends", "closing", 0),
        ("「引用」", "closing", 1),
        ("Étude", "starts_capital", 1),
        ("étude", "starts_capital", 0),
        ("a<img src=x>b", "images", 1),
        ("<b>a</b> <i>b</i>", "inline_elements", 2),
        ("a | b · c / d", "separators", 3),
        ("© 2026 ©", "copyright_signs", 2),
        ("at 10:30, 7:15", "clock_times", 2),
        ("a: b: c", "colons", 2),
        ("a? b？", "questions", 2),
    ],
)
def test_measure(body: str, measure: str, value: float) -> None:
    assert measures_of(body)[measure] == pytest.approx(value)


def test_title_words_are_found_whatever_their_case_and_short_ones_are_not() -> None:
    assert measures_of("On DATA pages", "data on")["title_share"] == pytest.approx(1 / 3)
    assert measures_of("数据好", "数据")["title_share"] == pytest.approx(2 / 3)


def test_words_of_a_long_title_are_bounded() -> None:
    title = segment("<title>" + " ".join(f"word{i}" for i in range(500)) + "</title>").title
    assert (title_words(title)[1] >= 0).sum() == MAXIMUM_TITLE_WORDS


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_shares_are_shares_and_nothing_is_infinite(body: str) -> None:
    page = segment(f"<p>{body}")
    measures = measure_texts(page.text, page.blocks, page.title)
    assert measures.shape == (len(page.blocks), len(TEXT_FIELDS))
    assert is_finite(measures)
    for name, column in TEXT_COLUMN.items():
        if name.endswith("_share"):
            assert ((measures[:, column] >= 0) & (measures[:, column] <= 1)).all(), name

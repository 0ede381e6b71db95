"""The last step of every reader."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.extraction.markdown.cleanup import clean_field, clean_parts, clean_text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\x00b\x07c\x7f", "abc"),
        ("a\x0cb", "a\nb"),
        ("two\u00a0words", "two words"),
        ("hyphen\u00adated", "hyphenated"),
        ("\ufeffstart", "start"),
        ("lone \ud800 half", "lone \ufffd half"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("tail   \nnext\t\n", "tail\nnext"),
        ("pair \U0001f600", "pair \U0001f600"),
    ],
)
def test_characters_no_corpus_wants(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@given(st.text(alphabet=st.characters(), max_size=200))
@settings(max_examples=200, deadline=None)
def test_cleaning_is_idempotent_and_encodable(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert "\x00" not in cleaned
    assert "\r" not in cleaned


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [(None, None), ("", None), (" \n ", None), (" a\n  b ", "a b"), ("x" * 600, "x" * 500)],
)
def test_fields_are_one_line(value: str | None, cleaned: str | None) -> None:
    assert clean_field(value) == cleaned


@given(st.lists(st.text(alphabet="ab \n\r\t\u3000\x0c\x00\xad\u2003", max_size=12), max_size=6))
@settings(max_examples=300, deadline=None)
def test_parts_are_cleaned_as_the_text_they_make(parts: list[str]) -> None:
    text, starts = clean_parts(parts, [(number, 0) for number in range(len(parts) + 1)])
    assert text == clean_text("\n\n".join(parts))
    assert list(starts) == sorted(starts)
    for part, start in zip(parts, starts, strict=False):
        assert text[start:].lstrip().startswith(clean_text(part))


def test_a_place_within_a_part_is_followed_through_what_goes_before_it() -> None:
    parts = ["\n  first\xad", "\x00", "sec\xadond, and on"]
    text, starts = clean_parts(parts, [(0, 0), (1, 0), (2, 0), (2, 10), (3, 0)])
    assert text == "first\n\nsecond, and on"
    assert [text[start:] for start in starts] == [
        text, "second, and on", "second, and on", "nd on", "",
    ]  # fmt: skip

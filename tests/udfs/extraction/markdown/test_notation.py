"""Superscripts, subscripts and notes in running text: no digit ever glued to another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.extraction.markdown.notation import between_dollars, clean_tex, lowered, raised


@pytest.mark.parametrize(
    ("before", "text", "after", "written"),
    [
        ("It weighed 10", "6", " pounds", "^6"),
        ("10", "−6", " m", "^−6"),
        ("10", "6", "5", "^(6)"),
        ("E = mc", "2", "", "^2"),
        ("x", "2", "y", "^2"),
        ("2", "n", "", "^n"),
        ("2", "n+1", "", "^(n+1)"),
        ("(a+b)", "2", "", "^2"),
        ("In 1848", "1", " he", "^1"),
        ("the 4", "th", " of May", "th"),
        ("le XIX", "e", " siècle", "e"),
        ("M", "me", " Bovary", "me"),
        ("n", "o", " 5", "o"),
        ("20", "o", "C", "°"),
        ("Mark", "TM", " is", "™"),
        ("Mark", "®", "", "®"),
        ("a word", "*", "", "*"),
        ("5", "*", " x", "^*"),
        ("he said.", "3", " Next", "[3]"),
        ("a sentence", "12", " goes", "[12]"),
        ("渡し船", "1", "は", "[1]"),
        ("", "1", " See the chronicle", "[1]"),
        ("", "12", "And he said", "[12] "),
        ("", "14", "C is an isotope", "^14"),
        ("word", "[citation needed]", "", "[citation needed]"),
        ("2", "1", "⁄", " 1"),
        ("word", "a remark as long as a sentence is", " x", " a remark as long as a sentence is"),
        ("word", "", "", ""),
    ],
)
def test_superscripts(before: str, text: str, after: str, written: str) -> None:
    assert raised(text, before, after) == written


@pytest.mark.parametrize(
    ("text", "written"), [("1", "[1]"), ("[1]", "[1]"), ("(a)", "[a]"), ("12, 13", "[12, 13]")]
)
def test_marks_of_notes_stand_in_brackets(text: str, written: str) -> None:
    assert raised(text, "In 1848", " he came", is_note=True) == written


@pytest.mark.parametrize(
    ("before", "text", "after", "written"),
    [
        ("H", "2", "O", "2"),
        ("Ca(OH)", "2", "", "2"),
        ("x", "10", "5", "_(10)"),
        ("10", "2", "", "_2"),
        ("a", "i", " =", "_i"),
        ("a", "i,j", "", "_(i,j)"),
        ("T", "max", "", "_max"),
        ("1⁄", "2", "", "2"),
    ],
)
def test_subscripts(before: str, text: str, after: str, written: str) -> None:
    assert lowered(text, before, after) == written


@given(
    st.integers(0, 10**6).map(str),
    st.integers(0, 10**4).map(str),
    st.sampled_from(["", " x", "7", "a", "⁄2"]),
    st.booleans(),
)
def test_a_number_above_or_below_a_number_is_never_part_of_it(
    base: str, script: str, after: str, is_note: bool
) -> None:
    for written in (raised(script, base, after, is_note=is_note), lowered(script, base, after)):
        assert not written[0].isdigit()
        assert not (written[-1].isdigit() and after[:1].isdigit())


def test_formulas() -> None:
    assert clean_tex("{\\displaystyle  x^{2}\n + 1}") == "x^{2} + 1"
    assert between_dollars("x", is_display=False) == "$x$"
    assert between_dollars("x", is_display=True) == "$$x$$"

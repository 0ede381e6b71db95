"""Markdown escapes: undone in prose, untouched in code and formulas, exact for the page's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trafilatura.xml import _escape_inline_specials

from udfs.extraction.html.escapes import unescape_markdown
from udfs.extraction.html.reading import read_html


@pytest.mark.parametrize(
    ("escaped", "literal"),
    [
        (r"\[21:01\] \<ada> hi", "[21:01] <ada> hi"),
        (r"a\_b and \*stars\*", "a_b and *stars*"),
        (r"a\\\_b", r"a\_b"),
        (r"C:\new\dir", r"C:\new\dir"),
        (r"`a\*b` and a\*b", r"`a\*b` and a*b"),
        ("```\na\\_b\n```\na\\_b", "```\na\\_b\n```\na_b"),
        (r"$a\_1$ and x\_1", r"$a\_1$ and x_1"),
        ("\\- no list\n\\# no heading\n1\\. no number", "- no list\n# no heading\n1. no number"),
        ("- a list\n# a heading", "- a list\n# a heading"),
        (r"| a\|b |", r"| a\|b |"),
    ],
)
def test_escapes_are_undone(escaped: str, literal: str) -> None:
    assert unescape_markdown(escaped) == literal


@given(st.text(alphabet="ab\\*_~[]< 中"))
def test_what_trafilatura_escapes_comes_back(text: str) -> None:
    assert unescape_markdown(_escape_inline_specials(text)) == text


def test_a_chat_log_is_read_as_it_was_written() -> None:
    lines = "".join(f"<p>[21:0{i}] &lt;ada&gt; hello there number {i}</p>" for i in range(9))
    text = read_html(f"<html><body><article><h1>Log</h1>{lines}</article></body></html>").text
    assert "[21:03] <ada> hello there number 3" in text

"""Nothing in a document's words hides, reorders, or steers a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.runtime.visible_text import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\nc\r\nd", "a\tb\nc\nd"),
        ("\x00\x1b\x7f", "␀␛␡"),
        ("\x85\ufeff", "[U+0085][U+FEFF]"),
        ("abc\u202edcba\u2069", "abc[U+202E]dcba[U+2069]"),
        ("\ud800", "[U+D800]"),
        ("\U000e0041", "[U+E0041]"),
        ("中文，العربية \u200d 😀 \ufffd", "中文，العربية \u200d 😀 \ufffd"),
    ],
)
def test_visible(text, shown):
    assert visible(text) == shown


@given(st.text())
def test_visible_leaves_nothing_that_hides_or_reorders(text):
    shown = visible(text)
    shown.encode("utf-8")
    bad = {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI"}
    assert not any(unicodedata.bidirectional(character) in bad for character in shown)
    assert not any(
        unicodedata.category(character) == "Cc" and character not in "\t\n" for character in shown
    )
    assert visible(shown) == shown

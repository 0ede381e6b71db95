"""Line numbers leave a listing; numbers that mean something stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.extraction.markdown.listings import fenced, is_counting, is_gutter, without_line_numbers

CODE = ["total = 0", "for boat in boats:", "    total += boat.length", "", "print(total)"]


@pytest.mark.parametrize("form", ["{} {}", "{}\t{}", "{}| {}", "{:>4} {}"])
def test_numbers_before_every_line_are_dropped(form: str) -> None:
    numbered = "\n".join(form.format(number, line) for number, line in enumerate(CODE, 8))
    assert without_line_numbers(numbered).split("\n") == CODE


@pytest.mark.parametrize(
    "code",
    [
        '10 PRINT "A"\n20 PRINT "B"\n30 GOTO 10',
        "1\n2\n3",
        "1 apple\n2 pears\n3 plums",
        "1 0.5\n2 0.7\n3 0.9",
        "1. first();\n2. second();\n3. third();",
        "1 a();\n2 b();",
        "1 a();\nb();\n3 c();",
    ],
)
def test_other_numbers_stay(code: str) -> None:
    assert without_line_numbers(code) == code


@given(st.lists(st.sampled_from(CODE), min_size=3), st.integers(1, 900))
def test_numbering_is_undone_whatever_the_lines(lines: list[str], first: int) -> None:
    lines = [*lines, "x = 1", "y = 2", "z = 3", *["w = 4"] * len(lines)]
    numbered = "\n".join(f"{number} {line}" for number, line in enumerate(lines, first))
    assert without_line_numbers(numbered).split("\n") == lines


def test_gutters() -> None:
    assert is_counting("1\n2\n3")
    assert is_counting("7")
    assert not is_counting("1 3 5")
    assert not is_counting("")
    assert not is_counting("٣ ٤")
    for name in ("gutter", "lineno", "linenos", "line-numbers", "hljs-ln-n", "lnt", "rouge-gutter"):
        assert is_gutter(["x", name]), name
    assert not is_gutter(["line", "outline", "headline", "link", "linear"])


def test_a_fence_is_longer_than_those_inside() -> None:
    assert fenced("x") == "```\nx\n```"
    assert fenced("a\n```\nb") == "````\na\n```\nb\n````"

"""Hard wrapping is undone where the document proves it, and nowhere else."""

from __future__ import annotations

import random
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.extraction.markdown.hard_wrapping import display_width, join_hard_wrapped

SENTENCE = "the quality of a corpus decides what its model will believe about the unseen world"
WORDS = SENTENCE.split()
VERSE = "\n".join(
    ["Tyger tyger, burning bright,", "In the forests of the night;", "What immortal hand or eye,"]
    * 6
)
CODE = "\n".join(["def area(radius):", "    return 3.14 * radius ** 2", "print(area(2))"] * 6)
POEM = "床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。\n" * 4


def prose(paragraphs: int, words: int = 90) -> list[str]:
    source = random.Random(11)
    return [" ".join(source.choices(WORDS, k=words)) for _ in range(paragraphs)]


@pytest.mark.parametrize("width", [60, 72, 79])
def test_wrapped_prose_becomes_one_line_a_paragraph(width: int) -> None:
    paragraphs = prose(5)
    wrapped = "\n\n".join(textwrap.fill(paragraph, width) for paragraph in paragraphs)
    assert join_hard_wrapped(wrapped) == "\n\n".join(paragraphs)


def test_wrapped_chinese_is_joined_without_spaces() -> None:
    paragraph = "数据质量差模型就会一本正经地胡说八道所以清洗数据是真正的手艺。" * 8
    lines = [paragraph[i : i + 36] for i in range(0, len(paragraph), 36)]
    text = "\n\n".join(["\n".join(lines)] * 3)
    assert join_hard_wrapped(text) == "\n\n".join([paragraph] * 3)


@pytest.mark.parametrize("text", [VERSE, CODE, POEM, "", "one line", "a\nb\nc"])
def test_lines_that_mean_something_stay(text: str) -> None:
    assert join_hard_wrapped(text) == text


def test_verse_inside_wrapped_prose_stays() -> None:
    wrapped = [textwrap.fill(paragraph, 70) for paragraph in prose(4)]
    joined = join_hard_wrapped("\n\n".join([*wrapped, VERSE, wrapped[0]]))
    assert VERSE in joined
    assert joined.startswith(" ".join(wrapped[0].split("\n")))


def test_lists_and_tables_inside_wrapped_prose_stay() -> None:
    rows = "| a | b |\n|---|---|\n| 1 | 2 |"
    items = "1. " + "x" * 60 + "\n2. " + "y" * 60
    wrapped = [textwrap.fill(paragraph, 70) for paragraph in prose(4)]
    joined = join_hard_wrapped("\n\n".join([*wrapped, rows, items]))
    assert rows in joined
    assert items in joined


@given(st.text(alphabet="ab 中\n-", max_size=300))
@settings(max_examples=150, deadline=None)
def test_no_character_but_blanks_is_lost(text: str) -> None:
    assert "".join(join_hard_wrapped(text).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("中文", 4), ("ａ", 2), ("한국", 4), ("é", 1)]
)
def test_display_width(text: str, width: int) -> None:
    assert display_width(text) == width

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.lines.facts import line_facts
from udfs.repetition import lines
from udfs.repetition.lines import count_repeated_lines
from udfs.text.tokenising import tokenise


def measures(texts: list[str]) -> np.ndarray:
    counts = np.zeros((len(texts), lines.MEASURES), np.int64)
    tokens = tokenise(pa.array(texts, pa.string()))
    count_repeated_lines(tokens, line_facts(tokens), np.arange(len(texts)), counts)
    return counts


def repeats(elements: list[str]) -> tuple[int, int]:
    """(second and later copies, their characters)."""
    seen: set[str] = set()
    copies = characters = 0
    for element in elements:
        if element in seen:
            copies += 1
            characters += len(element)
        seen.add(element)
    return copies, characters


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["one", " one", "two 中", "é", "é ", ""]), max_size=20))
def test_equals_the_definition(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    (found,) = measures([text])
    line_list = [piece for piece in pieces if piece]
    paragraph_list = [p for p in re.split(r"\n{2,}", text.strip("\n")) if p]
    assert found[lines.LINES] == len(line_list)
    assert (found[lines.REPEATED_LINES], found[lines.REPEATED_LINE_CHARACTERS]) == repeats(
        line_list
    )
    assert found[lines.PARAGRAPHS] == len(paragraph_list)
    assert (
        found[lines.REPEATED_PARAGRAPHS], found[lines.REPEATED_PARAGRAPH_CHARACTERS],
    ) == repeats(paragraph_list)  # fmt: skip
    assert found[lines.CHARACTERS] == len(text)
    assert found[lines.BREAK_CHARACTERS] == text.count("\n")
    assert found[lines.MOST_COPIES] == max([line_list.count(p) for p in line_list], default=0)


@pytest.mark.parametrize(
    ("text", "third", "characters"),
    [("a\na", 0, 0), ("ab\nab\nab\nab", 2, 4), (" ab\n ab\n ab\nab", 1, 3), ("Ab\nab\nAB", 0, 0)],
)
def test_third_copies(text: str, third: int, characters: int) -> None:
    (found,) = measures([text])
    assert found[lines.THIRD_COPIES] == third
    assert found[lines.THIRD_COPY_CHARACTERS] == characters


def test_rows_are_independent() -> None:
    found = measures(["a\na", "a", "", "a\nb\na"])
    assert found[:, lines.REPEATED_LINES].tolist() == [1, 0, 0, 1]


def test_long_lines_differ_by_their_last_byte() -> None:
    stem = "x" * 10_000
    (found,) = measures([f"{stem}a\n{stem}b\n{stem}a"])
    assert found[lines.REPEATED_LINES] == 1


def test_windows_line_ends_do_not_make_paragraphs() -> None:
    (found,) = measures(["a\r\nb\r\n\r\nc"])
    assert found[lines.PARAGRAPHS] == 2

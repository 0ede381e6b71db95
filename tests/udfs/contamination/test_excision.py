"""The lines that go with a passage, and what they leave."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.contamination.excision import Lines, lines_around, remaining_characters

TEXT = "one\n\ntwo passage two\n\nthree\nfour"


def around(text: str, passage: str, reach: int, before: int = 0) -> Lines:
    data = text.encode()
    start = data.index(passage.encode())
    place = (start, start + len(passage.encode()))
    return lines_around(np.frombuffer(data, np.uint8), *place, reach, before)


@pytest.mark.parametrize(
    ("reach", "lines"),
    [(0, (1, 2)), (6, (1, 2)), (7, (0, 4)), (14, (0, 5)), (200, (0, 5))],
)
def test_lines_that_the_neighbourhood_touches_go(reach: int, lines: tuple[int, int]) -> None:
    assert around(TEXT, "passage", reach) == lines
    assert around(TEXT, "passage", reach, before=7) == (7 + lines[0], 7 + lines[1])


def test_what_stays_is_counted_without_breaks_and_margins() -> None:
    assert remaining_characters(TEXT, [Lines(2, 2)]) == len("onethreefour")
    assert remaining_characters(TEXT, [Lines(0, 2), Lines(1, 4)]) == len("four")
    assert remaining_characters(TEXT, []) == len("onetwo passage twothreefour")
    assert remaining_characters("  灯塔 ", []) == 2
    assert remaining_characters(TEXT, [Lines(0, 5)]) == 0


@given(
    st.lists(st.text("ab é灯", max_size=8), min_size=1, max_size=9),
    st.integers(0, 8),
    st.integers(0, 30),
)
def test_the_line_of_the_passage_always_goes_and_the_rest_adds_up(
    lines: list[str], place: int, reach: int
) -> None:
    place %= len(lines)
    lines[place] += "PASSAGE"
    text = "\n".join(lines)
    cut = around(text, "PASSAGE", reach)
    assert 0 <= cut.first <= place <= cut.last < len(lines)
    kept = [line for number, line in enumerate(lines) if not cut.first <= number <= cut.last]
    assert remaining_characters(text, [cut]) == sum(len(line.strip()) for line in kept)

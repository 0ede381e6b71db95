"""Differences give both texts back, whatever they are, and take no time that grows with their product."""

import time

from hypothesis import example, given
from hypothesis import strategies as st

from jobs.serving.differences import differences

TEXTS = st.lists(
    st.sampled_from(["a\n", "b\n", "a b c\n", "\n", "甲乙", "x" * 9000, "a  b\r\n"])
).map("".join)


@given(TEXTS, TEXTS)
@example("", "")
@example("same", "same")
def test_pieces_spell_both_texts(first: str, second: str) -> None:
    pieces = differences(first, second)
    assert "".join(text for kind, text in pieces if kind != "new") == first
    assert "".join(text for kind, text in pieces if kind != "cut") == second
    assert all(piece.text for piece in pieces)


def test_a_line_that_was_cut_is_one_piece() -> None:
    assert differences("one\ntwo\nthree\n", "one\nthree\n") == [
        ("same", "one\n"), ("cut", "two\n"), ("same", "three\n"),
    ]  # fmt: skip


def test_of_a_changed_line_the_words_are_marked() -> None:
    assert differences("the old end\n", "the new end\n") == [
        ("same", "the "), ("cut", "old"), ("new", "new"), ("same", " end\n"),
    ]  # fmt: skip


def test_long_texts_of_equal_lines_take_no_quadratic_time() -> None:
    before = "x\n" + "menu\nhome\n" * 20_000
    after = "y\n" + "home\nmenu\n" * 20_000 + "z\n"
    started = time.monotonic()
    pieces = differences(before, after)
    assert time.monotonic() - started < 2
    assert "".join(text for kind, text in pieces if kind != "new") == before

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.repetition.windows import GRAM, LEAST_GRAMS, may_repeat, worst_window_shares
from udfs.text.tokenising import tokenise


def share_of(words: list[str]) -> float:
    grams = [tuple(words[i : i + GRAM]) for i in range(len(words) - GRAM + 1)]
    counts = Counter(grams)
    return sum(counts[gram] > 1 for gram in grams) / len(grams)


def reference(text: str, window: int) -> float | None:
    """The definition, window by window."""
    words = text.split()
    if len(words) - GRAM + 1 < LEAST_GRAMS:
        return None
    begins = np.cumsum([0] + [len(word) + 1 for word in words])
    ends = [begin + len(word) for begin, word in zip(begins, words, strict=False)]
    if ends[-1] < window:
        return share_of(words)
    worst = 0.0
    for last in range(len(words)):
        first = last
        while first > 0 and ends[last] - begins[first] < window:
            first -= 1
        full = ends[last] - begins[first] >= window
        if full and last - first + 1 - GRAM + 1 >= LEAST_GRAMS:
            worst = max(worst, share_of(words[first : last + 1]))
    return worst


WORDS = st.lists(st.sampled_from(["a", "bb", "ccc"]), max_size=80).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=3), st.sampled_from([20, 40, 90, 1000]))
def test_equals_the_definition(texts: list[str], window: int) -> None:
    found = worst_window_shares(tokenise(pa.array(texts)), window)
    for value, text in zip(found, texts, strict=True):
        expected = reference(text, window)
        assert np.isnan(value) if expected is None else value == pytest.approx(expected)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=3), st.sampled_from([20, 40]))
def test_no_repetitive_window_is_overlooked(texts: list[str], window: int) -> None:
    tokens = tokenise(pa.array(texts))
    suspects = may_repeat(tokens, window, 0.8)
    for suspect, text, share in zip(
        suspects, texts, worst_window_shares(tokens, window), strict=True
    ):
        long_enough = len(text) >= window
        assert suspect or not long_enough or not share > 0.8


def test_texts_known_to_repeat_nothing_are_not_searched() -> None:
    tokens = tokenise(pa.array(["a b c d e f " * 5, "a b c d e f " * 5, "a b"]))
    shares = worst_window_shares(tokens, 500, np.array([True, False, False]))
    assert shares[:2].tolist() == [1, 0]
    assert np.isnan(shares[2])


def test_a_refrain_shows_in_a_window_and_not_in_the_document() -> None:
    story = "".join(
        f"第{i}章主人公走过第{i * 7 % 13}座桥看见{i * 31 % 97}只鸟。" for i in range(150)
    )
    refrain = "欲知后事如何，且听下回分解。" * 50
    shares = worst_window_shares(tokenise(pa.array([story, story + refrain])), 500)
    assert shares[0] < 0.5
    assert shares[1] > 0.99


@pytest.mark.parametrize("text", ["", "one two", "x" * 5000])
def test_too_few_grams_say_nothing(text: str) -> None:
    assert np.isnan(worst_window_shares(tokenise(pa.array([text])), 500)).all()

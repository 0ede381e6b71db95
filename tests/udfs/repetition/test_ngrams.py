"""Against direct readings of the four published definitions, on lists of words."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.repetition import ngrams
from udfs.repetition.ngrams import count_ngrams
from udfs.text.tokenising import tokenise


def grams_of(words: list[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def greedy(words: list[str], n: int) -> int:
    seen: set[tuple[str, ...]] = set()
    characters = position = 0
    while position <= len(words) - n:
        gram = tuple(words[position : position + n])
        if gram in seen:
            characters += sum(map(len, gram))
            position += n
        else:
            seen.add(gram)
            position += 1
    return characters


def expected_measures(words: list[str], n: int) -> list[int]:
    grams = grams_of(words, n)
    if not grams:
        return [0] * ngrams.MEASURES
    counts = Counter(grams)
    repeated = [gram for gram in grams if counts[gram] > 1]
    covered = {i + k for i, gram in enumerate(grams) if counts[gram] > 1 for k in range(n)}
    top, frequency = counts.most_common(1)[0]
    return [
        len(grams),
        len(repeated),
        sum(len("".join(gram)) for gram in grams),
        sum(len("".join(gram)) for gram in repeated),
        sum(len(words[i]) for i in covered),
        greedy(words, n),
        len(" ".join(top)) * frequency,
    ]


def measures(texts: list[list[str]], shortest: int, longest: int) -> np.ndarray:
    batch = tokenise(pa.array([" ".join(words) for words in texts], pa.string()))
    rows = np.arange(len(texts))
    counts = np.zeros((len(texts), ngrams.LONGEST + 1, ngrams.MEASURES), np.int64)
    count_ngrams(batch, rows, rows, shortest, longest, counts)
    return counts


TEXTS = st.lists(
    st.lists(st.sampled_from(["a", "bb", "ccc", "dddd"]), max_size=60), min_size=1, max_size=3
)


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.integers(1, 6))
def test_all_measures_follow_their_definitions(texts: list[list[str]], shortest: int) -> None:
    found = measures(texts, shortest, ngrams.LONGEST)
    for row, words in enumerate(texts):
        for n in range(shortest, ngrams.LONGEST + 1):
            assert found[row, n].tolist() == expected_measures(words, n), (n, words)
        assert not found[row, :shortest].any()


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        (ngrams.OCCURRENCES, 8),
        (ngrams.REPEATED, 6),
        (ngrams.COVERED_CHARACTERS, 24),  # the first eight words
        (ngrams.GREEDY_CHARACTERS, 9),
        (ngrams.TOP_CHARACTERS, 2 * 11),
    ],
)
def test_the_definitions_differ_on_one_sentence(measure: int, value: int) -> None:
    words = ["one", "two", "six", "one", "two", "six", "one", "two", "ten", "xyz"]
    assert measures([words], 3, 3)[0, 3, measure] == value


def test_a_tie_for_the_top_goes_to_the_first() -> None:
    words = ["bbb", "ccc", "a", "a", "bbb", "ccc", "a", "a"]
    assert measures([words], 2, 2)[0, 2, ngrams.TOP_CHARACTERS] == 2 * len("bbb ccc")


def test_rows_are_added_to() -> None:
    batch = tokenise(pa.array(["a b a b", "c d c d"]))
    counts = np.zeros((1, ngrams.LONGEST + 1, ngrams.MEASURES), np.int64)
    count_ngrams(batch, np.arange(2), np.zeros(2, np.int64), 2, 2, counts)
    assert counts[0, 2, ngrams.REPEATED] == 4


def test_a_million_equal_words_take_linear_time() -> None:
    found = measures([["ab"] * 1_000_000], 2, 10)
    assert found[0, 10, ngrams.REPEATED] == 999_991
    assert found[0, 10, ngrams.COVERED_CHARACTERS] == 2_000_000

import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.repetition import vocabulary_counts as vocabulary
from udfs.repetition.vocabulary_counts import count_character_ngrams, count_vocabulary
from udfs.text.tokenising import tokenise


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["a", "bb", "C", "dd"]), max_size=40))
def test_word_frequencies(words: list[str]) -> None:
    counts, entropy = np.zeros((1, vocabulary.WORD_MEASURES), np.int64), np.zeros(1)
    count_vocabulary(tokenise(pa.array([" ".join(words)])), np.zeros(1, np.int64), counts, entropy)
    frequencies = Counter(words)
    measure = counts[0]
    assert measure[vocabulary.WORDS] == len(words)
    assert measure[vocabulary.DIFFERENT_WORDS] == len(frequencies)
    assert measure[vocabulary.TOP_WORD] == max(frequencies.values(), default=0)
    assert measure[vocabulary.WORD_CHARACTERS] == sum(map(len, words))
    shares = [count / len(words) for count in frequencies.values()]
    assert entropy[0] == pytest.approx(-len(words) * sum(p * math.log(p) for p in shares))


@pytest.mark.parametrize(("text", "run"), [("a a b b b a", 3), ("", 0), ("x", 1), ("A a", 2)])
def test_longest_run(text: str, run: int) -> None:
    counts, entropy = np.zeros((1, vocabulary.WORD_MEASURES), np.int64), np.zeros(1)
    count_vocabulary(tokenise(pa.array([text])), np.zeros(1, np.int64), counts, entropy)
    assert counts[0, vocabulary.LONGEST_RUN] == run


def roots_character_repetition(text: str, n: int) -> tuple[int, int, int]:
    """(occurrences, those of the top sqrt(distinct) repeated n-grams, repeats of the top one)."""
    counts = Counter(text[i : i + n] for i in range(len(text) - n + 1))
    frequencies = sorted(counts.values(), reverse=True)
    repeated = sum(frequency > 1 for frequency in frequencies)
    top = sum(frequencies[: min(int(math.sqrt(len(counts))), repeated)])
    return sum(frequencies), top, max(frequencies, default=1) - 1


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.sampled_from("ab中\n"), max_size=50), min_size=1, max_size=3))
def test_character_repetition(texts: list[str]) -> None:
    for n in (2, 3, 4, 10):
        counts = np.zeros((len(texts), 3), np.int64)
        rows = np.arange(len(texts))
        count_character_ngrams(tokenise(pa.array(texts)), rows, rows, n, counts)
        assert [tuple(row) for row in counts] == [roots_character_repetition(t, n) for t in texts]

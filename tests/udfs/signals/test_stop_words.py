import numpy as np
import pyarrow as pa
import pytest
import stopwordsiso

from udfs.signals.stop_words import FREQUENT_WORDS, count_stop_words, stop_word_table
from udfs.text.tokenising import tokenise


def count(text: str, language: str) -> tuple[int, int]:
    """(words of the long list, different words of the short one)."""
    table = stop_word_table(language)
    counts, seen = np.zeros(1, np.int64), np.zeros(1, np.uint64)
    joined = np.ones(1, np.bool_)
    tokens = tokenise(pa.array([text]), punctuation=True, joined=joined)
    row = np.zeros(1, np.int64)
    count_stop_words(tokens, row, row, table.keys, table.listed, table.bits, counts, seen)
    return int(counts[0]), int(np.bitwise_count(seen)[0])


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("The cat and THE dog, with fleas.", "en", (4, 3)),
        ("to be of and that have with the", "en", (8, 8)),
        ("Katze frisst Maus", "de", (0, 0)),
        ("der Hund und die Katze", "de", (3, 3)),
        ("我 的 书 在 这里", "zh", (4, 3)),
        ("anything at all", "xx", (0, 0)),
        ("", "en", (0, 0)),
    ],
)
def test_counts(text: str, language: str, expected: tuple[int, int]) -> None:
    assert count(text, language) == expected


@pytest.mark.parametrize("language", sorted(FREQUENT_WORDS))
def test_every_frequent_word_is_found_as_itself(language: str) -> None:
    words = FREQUENT_WORDS[language].split()
    expected = len({word.lower() for word in words})
    assert count(" ".join(words), language)[1] == expected
    assert expected <= 64


def test_single_words_of_the_long_list_are_all_found() -> None:
    words = [w for w in sorted(stopwordsiso.stopwords("en")) if w.isalpha()]
    assert count(" ".join(words), "en")[0] == len(words)


@pytest.mark.parametrize("language", ["ja", "th"])
def test_languages_without_words_have_no_ratio(language: str) -> None:
    assert not stop_word_table(language).has_list


def test_aliases_share_a_list() -> None:
    assert count("og i det", "nb") == count("og i det", "no")

import numpy as np
import pyarrow as pa
import pytest

from udfs.signals.character_counts import (
    CharacterCounts,
    WordCounts,
    count_characters,
    count_tokens,
    count_words,
    empty_character_counts,
    empty_word_counts,
)
from udfs.text.character_classes import character_tables
from udfs.text.token_batch import with_glued_words
from udfs.text.tokenising import tokenise


def characters(text: str | bytes) -> CharacterCounts:
    raw = text if isinstance(text, bytes) else text.encode()
    counts = empty_character_counts(1, 256)
    tokens = tokenise(pa.array([raw], pa.binary()))
    count_characters(tokens, np.zeros(1, np.int64), character_tables(), counts)
    return counts


def words(text: str) -> WordCounts:
    counts = empty_word_counts(1)
    count_words(tokenise(pa.array([text])), np.zeros(1, np.int64), counts)
    return counts


@pytest.mark.parametrize("text", ["", "abc", "aé中😀\n", "\0\ud800x"])
def test_every_character_is_counted_once(text: str) -> None:
    counts = characters(text.encode("utf-8", "surrogatepass"))
    assert counts.by_class.sum() == len(text)


@pytest.mark.parametrize(("text", "count"), [("...", 1), ("..", 0), (".......", 2), (".. .", 0)])
def test_ellipses_of_dots(text: str, count: int) -> None:
    assert characters(text).dot_ellipses[0] == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("café – “quoted”", 0),
        ("café".encode().decode("cp1252"), 2),
        ("– “x".encode().decode("latin-1"), 6),
        ("日本".encode().decode("latin-1"), 6),
        ("Ã", 0),
        ("Straße, Größe, naïve, Ærø", 0),
    ],
)
def test_utf8_read_as_windows_1252(text: str, count: int) -> None:
    assert characters(text).mojibake[0] == count


@pytest.mark.parametrize(
    ("text", "count"), [("【广告】正文", 2), ("【未闭", 0), ("【跨\n行】", 0), ("【a】【bc】", 3)]
)
def test_lenticular_brackets(text: str, count: int) -> None:
    assert characters(text).bracketed[0] == count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (0, 0, 0, 0, 0, 0)),
        ("NASA said: 42 things!", (4, 0, 16, 6, 3, 1)),
        ("日本 is A", (2, 2, 3, 2, 4, 0)),
        ("A1 X9Z 77", (3, 0, 7, 3, 2, 2)),
        ("ÉTÉ été", (2, 0, 6, 3, 2, 1)),
    ],
)
def test_words(text: str, expected: tuple[int, ...]) -> None:
    assert tuple(int(count[0]) for count in words(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", (0, 0, 0)), ("It is 3.14, not 42!", (2, 5, 3)), ("日本 1", (0, 3, 2))],
)
def test_tokens(text: str, expected: tuple[int, int, int]) -> None:
    counts = [np.zeros(1, np.int64) for _ in range(3)]
    tokens = with_glued_words(tokenise(pa.array([text]), punctuation=True))
    count_tokens(tokens, np.zeros(1, np.int64), *counts)
    assert tuple(int(count[0]) for count in counts) == expected

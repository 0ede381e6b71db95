"""Shingles: which there are, in which order they count, and how scripts without spaces get theirs."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.columns.string_views import string_views
from udfs.dedup.shingles import Shingles, character_shingles, word_shingles
from udfs.text.tokenising import tokenise


def shingles(*texts: str | None) -> list[list[int]]:
    tokens = tokenise(pa.array(texts, pa.string()))
    found = word_shingles(
        tokens.token_hash,
        tokens.token_offsets,
        tokens.token_unspaced,
        spaced_length=5,
        unspaced_length=8,
    )
    return rows(found)


def rows(found: Shingles) -> list[list[int]]:
    return [
        found.hashes[start:stop].tolist()
        for start, stop in zip(found.offsets, found.offsets[1:], strict=False)
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 6), max_size=12), max_size=4))
def test_equal_windows_and_only_they_have_equal_hashes(documents: list[list[int]]) -> None:
    found = shingles(*(" ".join(f"w{n}" for n in words) for words in documents))
    seen: dict[int, tuple[int, ...]] = {}
    for words, hashes in zip(documents, found, strict=True):
        length = min(5, len(words))
        windows = [tuple(words[i : i + length]) for i in range(len(words) - length + 1)]
        assert len(hashes) == (len(windows) if words else 0)
        for window, value in zip(windows, hashes, strict=False):
            assert seen.setdefault(value, window) == window
    assert len(set(seen.values())) == len(seen)


def test_the_hash_depends_on_the_order_of_words() -> None:
    one, other = shingles("a b c d e", "e d c b a")
    assert one != other


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        (None, 0),
        ("  \n ", 0),
        ("one", 1),
        ("a b c d", 1),
        ("a b c d e", 1),
        ("a b c d e f", 2),
    ],
)
def test_short_documents(text: str | None, count: int) -> None:
    assert len(shingles(text)[0]) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("春眠不觉晓处处闻啼鸟", 3),  # 10 characters, windows of 8
        ("今日は良い天気ですね本当に", 6),
        ("春眠不觉晓", 1),
        ("春眠 and spring sleep without dawn all day", 5),  # 2 of 9 tokens are characters: words
    ],
)
def test_unspaced_scripts_have_windows_of_eight_characters(text: str, count: int) -> None:
    assert len(shingles(text)[0]) == count


def test_spaces_between_chinese_characters_change_nothing() -> None:
    text = "床前明月光疑是地上霜举头望明月低头思故乡"
    plain, spaced = shingles(text, " ".join(text))
    assert plain == spaced


def test_character_shingles_count_code_points() -> None:
    views = string_views(pa.array(["abcdé", "abc", "", "ab漢字😀x"]))
    found = rows(character_shingles(views.data, views.offsets, length=4))
    assert [len(row) for row in found] == [2, 1, 0, 3]


def test_character_shingles_keep_case() -> None:
    views = string_views(pa.array(["abcd", "ABCD", "abcd"]))
    found = rows(character_shingles(views.data, views.offsets, length=4))
    assert found[0] == found[2] != found[1]


def test_impossible_lengths_are_named() -> None:
    empty = np.zeros(1, np.int64)
    with pytest.raises(ValueError, match="0 words"):
        word_shingles(
            np.zeros(0, np.uint64), empty, np.zeros(0, np.uint8), spaced_length=0, unspaced_length=8
        )

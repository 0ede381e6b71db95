"""Expected tokens are those of spaCy's English tokeniser (and of jieba for Chinese)."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.text.token_batch import TokenBatch, with_glued_words, without_punctuation
from udfs.text.tokenising import tokenise


def spellings(batch: TokenBatch) -> list[str]:
    raw = batch.data.tobytes()
    return [raw[s:e].decode() for s, e in zip(batch.token_start, batch.token_end, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, world!", ["Hello", ",", "world", "!"]),
        ("(see below).", ["(", "see", "below", ")", "."]),
        ("3.14 and 1,000 at 22:38:51", ["3.14", "and", "1,000", "at", "22:38:51"]),
        ("07/03/2015", ["07/03/2015"]),
        ("O'Reilly", ["O'Reilly"]),
        ("well-known", ["well", "-", "known"]),
        ("up‑to‑date", ["up‑to‑date"]),
        ("GLP-1", ["GLP-1"]),
        ("270-room ESP32-C3", ["270", "-", "room", "ESP32", "-", "C3"]),
        ("5-10", ["5", "-", "10"]),
        ("and/or", ["and", "/", "or"]),
        ("U.S. is", ["U.S", "is"]),  # spaCy has the last point in the token: one token either way
        ("end.Start", ["end", ".", "Start"]),
        ("a,b 1,2", ["a", ",", "b", "1,2"]),
        ("/usr --help user@host", ["usr", "help", "user@host"]),
        ("https://a.org/x?y=1 ok", ["https://a.org/x?y=1", "ok"]),
        ('out","z":"536c"', ['out","z":"536c', '"']),
        ("wait... what?!", ["wait", "...", "what", "?", "!"]),
        ("==== ---- ***", ["=", "=", "=", "=", "----", "*", "*", "*"]),
        ("a / b - c", ["a", "/", "b", "-", "c"]),
        ("**Note:** text", ["*", "*", "Note", ":*", "*", "text"]),
        ("$5 100%", ["$", "5", "100", "%"]),
        ("process¶", ["process"]),
        ("naïve–été", ["naïve", "–", "été"]),
    ],
)
def test_marks_beside_words(text: str, expected: list[str]) -> None:
    assert spellings(with_glued_words(tokenise(pa.array([text]), punctuation=True))) == expected


@pytest.mark.parametrize(("text", "count"), [("don't it’s we've I'll", 8), ("rock'n'roll", 1)])
def test_contractions_are_two_tokens(text: str, count: int) -> None:
    batch = with_glued_words(tokenise(pa.array([text]), punctuation=True))
    assert len(batch.token_hash) == count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("java.lang", ["java", ".", "lang"]),
        ("3.14%", ["3.14", "%"]),
        ("8.8.4.4", ["8.8", ".", "4.4"]),
        ("UTF-8", ["UTF", "-", "8"]),
        ("## 标题", ["##", "标题"]),
        ("||", ["|", "|"]),
    ],
)
def test_marks_in_segmented_chinese(text: str, expected: list[str]) -> None:
    batch = tokenise(pa.array([text]), punctuation=True, joined=np.ones(1, np.bool_))
    assert spellings(with_glued_words(batch)) == expected


def test_glued_words_have_the_length_of_the_whole() -> None:
    batch = with_glued_words(tokenise(pa.array(["a.b@c 1,000", "x"]), punctuation=True))
    assert batch.token_characters.tolist() == [5, 5, 1]
    assert batch.token_offsets.tolist() == [0, 2, 3]
    assert len(set(batch.token_hash.tolist())) == 3


def test_equal_glued_words_have_equal_hashes() -> None:
    batch = with_glued_words(
        tokenise(pa.array(["x 3.14", "3.14", "3.15", "314"]), punctuation=True)
    )
    assert batch.token_hash[1] == batch.token_hash[2]
    assert len(set(batch.token_hash.tolist())) == 4


SNIPPETS = st.lists(
    st.sampled_from(
        ["a", "Bc", "1", "'", "’", ".", ",", ":", "/", "//", "-", "@", "_", " ", "\n", "中", "é", "…",
         "://", "*", ")", "\u00ad", "\u0301", "s", "ll", "\x1f", "¶"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(SNIPPETS, max_size=4), st.booleans())
def test_the_words_are_the_same_with_and_without_punctuation(
    texts: list[str], chinese: bool
) -> None:
    column = pa.array(texts, pa.string())
    joined = np.full(len(texts), chinese)
    plain = tokenise(column, joined=joined)
    marked = tokenise(column, punctuation=True, joined=joined)
    for one, other in zip(without_punctuation(marked), plain, strict=True):
        assert np.array_equal(one, other)
    merged = with_glued_words(marked)
    assert merged.token_unspaced.max(initial=0) <= 2
    assert np.all(np.diff(merged.token_offsets) <= np.diff(marked.token_offsets))


def test_runs_of_different_marks_or_lengths_are_different_tokens() -> None:
    batch = with_glued_words(tokenise(pa.array(["| |---| |--| ... . .."]), punctuation=True))
    assert spellings(batch) == ["|", "|---|", "|--|", "...", ".", ".."]
    assert len(set(batch.token_hash.tolist())) == 6

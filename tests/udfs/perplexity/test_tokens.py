from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.perplexity.token_characters import (
    DROPPED,
    LINE_BREAK,
    SPACE,
    WORDLIKE,
    folded_code_point,
    perplexity_characters,
)
from udfs.perplexity.tokens import MARK_RUN_LIMIT, WORD_CHARACTERS_LIMIT, tokenise_lines


def tokens_of(text: str | None) -> list[str]:
    return tokenise_lines(pa.array([text], pa.string())).data.tobytes().decode().splitlines()


def reference(text: str) -> list[str]:
    """The scheme once more, character by character, with Python's own Unicode functions."""
    kinds = perplexity_characters().kind
    lines: list[list[str]] = [[]]
    word = 0
    for character in unicodedata.normalize("NFKC", text):
        folded = chr(folded_code_point(character))
        kind = kinds[ord(folded)]
        if kind == LINE_BREAK:
            lines.append([])
        if kind in (SPACE, LINE_BREAK):
            word = 0
        elif kind == WORDLIKE and 0 < word < WORD_CHARACTERS_LIMIT:
            lines[-1][-1] += folded
            word += 1
        elif kind != DROPPED:
            lines[-1].append(folded)
            word = int(kind == WORDLIKE)
    return [" ".join(line) for line in lines if line]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Hello, World 2019!", ["hello , world 0000 !"]),
        ("don't stop", ["don ' t stop"]),
        ("中文,测试GPT-4模型", ["中 文 , 测 试 gpt - 0 模 型"]),
        ("全角１２ＡＢＣ。", ["全 角 00abc 。"]),
        ("等等……", ["等 等 . . . . . ."]),
        ("Cafe\u0301", ["caf\u00e9"]),
        ("\u1112\u1161\u11ab", ["한"]),
        ("ภาษา", ["ภ า ษ า"]),
        ("カタカナ ﾊﾝｶｸ", ["カ タ カ ナ ハ ン カ ク"]),
        ("ﬁne soft\u00adhyphen", ["fine softhyphen"]),
        ("ខ្មែរ\u200bអក្សរ", ["ខ ្ ម ែ រ អ ក ្ ស រ"]),
        ("one\n\n  \ntwo\r\nthree\u2028four", ["one", "two", "three", "four"]),
        ("<s> </s> <unk>", ["< s > < / s > < unk >"]),
        ("٣٤ Ⅷ x²", ["00 viii x0"]),
        ("a\x00b\x1ec", ["a b", "c"]),
        ("\ufeffbom", ["bom"]),
        ("x" * (WORD_CHARACTERS_LIMIT + 1), ["x" * WORD_CHARACTERS_LIMIT + " x"]),
        ("", []),
        (" \n\t", []),
        (None, []),
    ],
)
def test_text_is_cut_into_lines_of_tokens(text: str | None, lines: list[str]) -> None:
    assert tokens_of(text) == lines


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_compiled_scheme_equals_unicode_functions(text: str) -> None:
    assert tokens_of(text) == reference(text)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text("ab 1.\n中文àe\u0301\u0323ﾊﾞ\u1112\u1161가ﬃ\u200d…\u0e33", max_size=30), max_size=6
    )
)
def test_batch_equals_its_documents_alone(texts: list[str]) -> None:
    batch = tokenise_lines(pa.array(texts, pa.string()))
    data, ends = batch.data.tobytes(), batch.line_offsets[batch.document_lines]
    for row, text in enumerate(texts):
        alone = data[ends[row] : ends[row + 1]].decode().splitlines()
        assert alone == tokens_of(text) == reference(text)
        assert np.diff(batch.token_boundaries())[row] == sum(len(line.split()) for line in alone)


def test_every_character_is_folded_as_unicode_says() -> None:
    characters = [chr(i) for i in range(0x30000) if not 0xD800 <= i < 0xE000]
    batch = tokenise_lines(pa.array([f"a {character} b" for character in characters]))
    data, ends = batch.data.tobytes(), batch.line_offsets[batch.document_lines].tolist()
    wrong = [
        character
        for row, character in enumerate(characters)
        if data[ends[row] : ends[row + 1]].decode().splitlines() != reference(f"a {character} b")
    ]
    assert wrong == []


def test_hostile_run_of_marks_is_not_sorted() -> None:
    marks = "\u0301\u0323" * 200_000
    assert len(marks) > MARK_RUN_LIMIT
    assert tokens_of("a" + marks)[0].startswith("a\u0301\u0323")


def test_bytes_that_are_no_utf8_count_as_symbols() -> None:
    batch = tokenise_lines(pa.array([b"ok \xff\xfe ok"], pa.binary()))
    assert batch.data.tobytes().decode() == "ok \ufffd \ufffd ok\n"


def test_sliced_and_large_columns_are_read_alike() -> None:
    texts = ["skip", "one two", None, "三\n四"]
    expected = tokenise_lines(pa.array(texts[1:]))
    for column in (pa.array(texts).slice(1), pa.array(texts, pa.large_string()).slice(1)):
        given_lines = tokenise_lines(column)
        assert all(np.array_equal(a, b) for a, b in zip(given_lines, expected, strict=True))

"""The kernel against a pure-Python reference that shares no table with it."""

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.text.token_batch import TokenBatch
from udfs.text.tokenising import tokenise

UNSPACED_NAMES = (
    "CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA",
    "HENTAIGANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "IDEOGRAPHIC ITERATION",
    "IDEOGRAPHIC CLOSING", "IDEOGRAPHIC NUMBER", "HANGZHOU", "VERTICAL KANA", "VERTICAL IDEOGRAPHIC",
    "MASU MARK",
)  # fmt: skip


def is_unspaced(character: str) -> bool:
    code_point = ord(character)
    if 0x20000 <= code_point <= 0x3FFFD or 0x3400 <= code_point <= 0x4DBF:
        return True
    if 0x4E00 <= code_point <= 0x9FFF:
        return True
    name = unicodedata.name(character, "")
    return name.startswith(UNSPACED_NAMES) and unicodedata.category(character)[0] in "LMN"


def reference_tokens(text: str) -> list[tuple[str, int]]:
    """(lower-cased token, 1 if unspaced) of one text."""
    tokens: list[tuple[str, int]] = []
    word = ""
    for character in [*unicodedata.normalize("NFC", text), " "]:
        lowered = "i" if character == "\u0130" else character.lower()
        category = unicodedata.category(character)
        if is_unspaced(character):
            tokens += [(word, 0)] if word else []
            tokens.append((lowered, 1))
            word = ""
        elif category[0] in "LMN":
            word += lowered if word or category[0] != "M" else ""
        elif category == "Cf" and character != "\u200b":
            continue
        elif word:
            tokens.append((word, 0))
            word = ""
    return tokens


def kernel_tokens(batch: TokenBatch, row: int) -> list[tuple[str, int]]:
    tokens = []
    for i in range(batch.token_offsets[row], batch.token_offsets[row + 1]):
        raw = batch.data[batch.token_start[i] : batch.token_end[i]].tobytes()
        kept = [c for c in raw.decode() if unicodedata.category(c) != "Cf"]
        assert len(kept) == batch.token_characters[i]
        lowered = "".join("i" if c == "\u0130" else c.lower() for c in kept)
        tokens.append((lowered, int(batch.token_unspaced[i])))
    return tokens


def check(texts: list[str]) -> None:
    column = pa.array([t.encode("utf-8", "surrogatepass") for t in texts], pa.binary())
    batch = tokenise(column)
    spelling_of: dict[int, str] = {}
    for row, text in enumerate(texts):
        expected = reference_tokens(text)
        assert kernel_tokens(batch, row) == expected
        first = int(batch.token_offsets[row])
        for i, (spelling, _) in enumerate(expected, first):
            assert spelling_of.setdefault(int(batch.token_hash[i]), spelling) == spelling
    assert len(set(spelling_of.values())) == len(spelling_of)


NASTY = "aZ9_'-. \n\r\t\0\u0301\u00ad\u200b\u200d\ufeff中か\u3099ーกำ\u0e33한\u1161İſßςΣ\ud800😀½Ⅷ①"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.text(), st.text(st.sampled_from(NASTY))), max_size=8))
def test_equals_the_reference(texts: list[str]) -> None:
    check(texts)


@pytest.mark.parametrize("plane", range(17))
def test_every_code_point_alone_and_inside_a_word(plane: int) -> None:
    characters = [chr(i) for i in range(plane << 16, (plane + 1) << 16)]
    if 4 <= plane <= 13:
        characters = characters[::97]  # nothing is assigned there
    check([f"{c} x{c}y" for c in characters])


@pytest.mark.parametrize(
    "text",
    [
        "\r\n".join(["line"] * 5),
        "\n" * 10_000,
        "\0" * 1000,
        "a" * 3_000_000,
        "中" * 100_000,
        "\u0e31" * 50_000,
    ],
    ids=["crlf", "empty lines", "nul", "one word", "one character", "marks"],
)
def test_extreme_texts(text: str) -> None:
    check([text, "", text[:3]])

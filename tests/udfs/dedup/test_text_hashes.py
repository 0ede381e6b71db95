"""Hashes of texts, against MurmurHash3 written out in plain Python."""

from __future__ import annotations

import struct
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.columns.string_views import string_views
from udfs.dedup.text_hashes import normalised_hashes, raw_hashes

MASK = 2**64 - 1


def rotate(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (64 - bits))) & MASK


def finish(value: int) -> int:
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        value = ((value ^ (value >> 33)) * factor) & MASK
    return value ^ (value >> 33)


def murmur3(data: bytes) -> tuple[int, int]:
    c1, c2 = 0x87C37B91114253D5, 0x4CF5AD432745937F
    one = two = 0
    whole = len(data) // 16 * 16
    for start in range(0, whole, 16):
        first, second = struct.unpack_from("<QQ", data, start)
        one ^= rotate(first * c1 & MASK, 31) * c2 & MASK
        one = ((rotate(one, 27) + two) * 5 + 0x52DCE729) & MASK
        two ^= rotate(second * c2 & MASK, 33) * c1 & MASK
        two = ((rotate(two, 31) + one) * 5 + 0x38495AB5) & MASK
    tail = data[whole:].ljust(16, b"\0")
    first, second = struct.unpack("<QQ", tail)
    two ^= rotate(second * c2 & MASK, 33) * c1 & MASK
    one ^= rotate(first * c1 & MASK, 31) * c2 & MASK
    one, two = one ^ len(data), two ^ len(data)
    one = (one + two) & MASK
    two = (two + one) & MASK
    one, two = finish(one), finish(two)
    one = (one + two) & MASK
    return one, (two + one) & MASK


def normalise(text: str) -> str:
    lowered = "".join(character.lower()[0] for character in text)
    return " ".join(lowered.split())


def hashes(*texts: str | bytes | None) -> list[tuple[int, ...]]:
    kind = pa.binary() if any(isinstance(text, bytes) for text in texts) else pa.string()
    return [tuple(map(int, row)) for row in normalised_hashes(string_views(pa.array(texts, kind)))]


# Published check values of MurmurHash3_x64_128, seed 0.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", (0, 0)),
        (b"hello", (0xCBD8A7B341BD9B02, 0x5B1E906A48AE1D19)),
        (b"hello, world", (0x342FAC623A5EBC8E, 0x4CDCBC079642414D)),
    ],
)
def test_the_reference_is_murmur3(text: bytes, expected: tuple[int, int]) -> None:
    assert murmur3(text) == expected


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=4))
def test_hashes_equal_the_reference(texts: list[str]) -> None:
    views = string_views(pa.array(texts, pa.string()))
    assert hashes(*texts) == [murmur3(normalise(text).encode()) for text in texts]
    raw = [int(value) for value in raw_hashes(views)]
    assert raw == [murmur3(text.encode())[0] for text in texts]


@pytest.mark.parametrize("size", range(35))
def test_every_length_of_tail(size: int) -> None:
    text = "abcdefghijklmnopqrstuvwxyz0123456789"[:size]
    assert hashes(text) == [murmur3(text.encode())]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello World", "hello  world"),
        ("hello world", "\n\thello\r\nworld \u3000"),
        ("a b", "a\u00a0b"),
        ("ÉCOLE Straße", "école straße"),
        ("ΑΒΓ ДЖ", "αβγ дж"),
        ("", " \n"),
        ("", None),
    ],
)
def test_case_and_white_space_do_not_count(one: str, other: str | None) -> None:
    first, second = hashes(one, other)
    assert first == second


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hello world", "helloworld"),
        ("hello, world", "hello world"),
        ("ecole", "école"),
        ("a\0b", "ab"),
        ("x", "x\0"),
        ("漢字", "漢 字"),
    ],
)
def test_everything_else_counts(one: str, other: str) -> None:
    first, second = hashes(one, other)
    assert first != second


def test_bytes_that_are_no_utf8_are_hashed_as_they_are() -> None:
    first, second, third = hashes(b"a\xff", b"a\xfe", b"A\xff ")
    assert first == third == murmur3(b"a\xff")
    assert first != second


def test_letters_that_grow_when_lower_cased_fit() -> None:
    grows = "\u023a" * 1000  # two bytes each, three in lower case
    assert hashes(grows) == [murmur3(unicodedata.normalize("NFC", grows.lower()).encode())]


def test_no_accidents_among_many_texts() -> None:
    texts = [f"document {n}" for n in range(50_000)]
    found = normalised_hashes(string_views(pa.array(texts)))
    assert len(np.unique(found[:, 0])) == len(np.unique(found[:, 1])) == len(texts)

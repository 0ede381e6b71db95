import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.text.utf8_decoding import INVALID, ascii_end, decode, decode_three


def decode_all(raw: bytes) -> list[int]:
    data = np.frombuffer(raw, np.uint8)
    position, found = 0, []
    while position < len(raw):
        if raw[position] < 0x80:
            code_point, width = raw[position], 1
        else:
            code_point, width = decode(data, position, len(raw))
        found.append(code_point)
        position += width
    return found


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_well_formed_text_is_decoded_as_python_does(text: str) -> None:
    assert decode_all(text.encode("utf-8", "surrogatepass")) == [ord(c) for c in text]


@pytest.mark.parametrize(
    "raw",
    [
        b"\x80",
        b"\xc0\xaf",  # overlong "/"
        b"\xc1\xbf",
        b"\xe0\x80\xaf",
        b"\xe0\x9f\xbf",
        b"\xf0\x80\x80\xaf",
        b"\xf4\x90\x80\x80",  # above U+10FFFF
        b"\xf5\x80\x80\x80",
        b"\xff",
        b"\xc3",
        b"\xe4\xb8",
        b"\xf0\x9f\x98",
    ],
)
def test_malformed_sequences_are_invalid_byte_by_byte(raw: bytes) -> None:
    assert decode_all(raw) == [INVALID] * len(raw)


@settings(max_examples=300, deadline=None)
@given(lead=st.integers(0xE1, 0xEF), rest=st.binary(min_size=2, max_size=2))
def test_three_bytes_are_decoded_as_any_others(lead: int, rest: bytes) -> None:
    data = np.frombuffer(bytes([lead]) + rest, np.uint8)
    assert decode_three(data, 0) == decode(data, 0, 3)


@given(st.characters(min_codepoint=0x1000, max_codepoint=0xFFFF, blacklist_categories=()))
def test_three_bytes_of_a_character_are_it(character: str) -> None:
    data = np.frombuffer(character.encode("utf-8", "surrogatepass"), np.uint8)
    assert decode_three(data, 0) == (ord(character), 3)


def test_a_sequence_cut_by_ascii_loses_no_ascii() -> None:
    assert decode_all(b"\xe4\xb8A\xc3B") == [INVALID, INVALID, 65, INVALID, 66]


def test_never_reads_past_the_end() -> None:
    data = np.frombuffer("中".encode(), np.uint8)
    assert decode(data, 0, 2) == (INVALID, 1)


@pytest.mark.parametrize(
    ("raw", "position", "stop", "end"),
    [
        (b"abc", 0, 3, 3),
        (b"ab\xc3", 0, 3, 2),
        (b"ab\xc3", 0, 2, 2),
        (b"\xc3b", 0, 2, 0),
        (b"", 0, 0, 0),
    ],
)
def test_where_ascii_ends(raw: bytes, position: int, stop: int, end: int) -> None:
    assert ascii_end(np.frombuffer(raw, np.uint8), position, stop) == end

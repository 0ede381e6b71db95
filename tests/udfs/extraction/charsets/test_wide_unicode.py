"""UTF-16 and UTF-32 that do not say so are told by their zero bytes."""

from __future__ import annotations

import struct

import pytest

from udfs.extraction.charsets.decoding import decode
from udfs.extraction.charsets.wide_unicode import unmarked_wide_codec
from udfs.extraction.document_format import identify

TEXTS = {
    "Latin": "The ferry leaves at six in the morning.\n" * 3,
    "Russian": "Паром отходит в шесть утра.\n" * 3,
    "Japanese": "\u3000渡し船は六時に出る。\n" * 3,
    "beyond the first plane": "𠀋𡈽😁 at six\n" * 3,
    "short": "ab",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
@pytest.mark.parametrize("codec", ["utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"])
def test_a_text_is_read(codec: str, text: str) -> None:
    assert unmarked_wide_codec(text.encode(codec)) == codec
    assert decode(text.encode(codec)) == (text, codec, 0.0)
    assert decode(text.encode(codec), "utf-8").text == text  # a server's default


@pytest.mark.parametrize("codec", ["utf-32-le", "utf-32-be"])
def test_a_long_text_is_told_by_its_first_part(codec: str) -> None:
    text = TEXTS["Russian"] * 1000
    assert decode(text.encode(codec)) == (text, codec, 0.0)
    cut = text.encode(codec)[:-2]
    assert decode(cut).charset == codec
    page = "<html><head><title>x</title></head><body><p>Some words</p></body></html>"
    assert identify(page.encode(codec)).name == "html"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"abcd" * 9,
        bytes(400),
        struct.pack("<90I", *range(90)),
        struct.pack(">90I", *range(90)),
        b"text with a stray \x00 here and there" * 9,
        "Paròla".encode("utf-32-le")[1:],
    ],
)
def test_what_is_none_is_not_taken_for_it(content: bytes) -> None:
    codec = unmarked_wide_codec(content)
    assert codec is None or not codec.startswith("utf-32")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("label", ["utf-16", "utf-16le", "unicode"])
def test_ideographs_without_a_zero_byte_need_the_declaration(codec: str, label: str) -> None:
    text = "渡船每天早晨六点出发赶集的日子里队伍一直排到老教堂后面"
    assert decode(text.encode(codec), label) == (text, codec, 0.0)


def test_a_declaration_of_utf16_is_not_believed_of_ascii() -> None:
    text = "<html><body>The ferry leaves at six.</body></html>"
    for label in ("utf-16", "utf-16le", "utf-16be", "utf-32"):
        assert decode(text.encode(), label).text == text

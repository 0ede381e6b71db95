"""EUC-TW by runs of Big5: every place against the C library, where that knows the encoding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.extraction.charsets import euc_tw
from udfs.extraction.charsets.decoding import decode
from udfs.extraction.charsets.euc_tw import decode_euc_tw

SHIPS = "那年秋天船隊回到港口的時候，沒有人相信船長們講述的關於北方冰海之外島嶼的故事。"


def code_of(character: str) -> bytes:
    """The bytes of a character in EUC-TW."""
    for number in (1, 2):
        for place, found in euc_tw._plane(number).items():
            if found == character:
                pair = bytes([0xA1 + place // 94, 0xA1 + place % 94])
                return pair if number == 1 else bytes([0x8E, 0xA0 + number]) + pair
    return character.encode("ascii")


def encoded(text: str) -> bytes:
    return b"".join(map(code_of, text))


@pytest.mark.parametrize(
    ("code", "character"),
    [("c4a1", "一"), ("c4e3", "中"), ("fdcb", "籲"), ("8ea2a1a1", "乂"), ("8ea1c4a1", "一")],
)
def test_known_characters(code: str, character: str) -> None:
    assert decode_euc_tw(bytes.fromhex(code))[0] == character


def test_all_of_big5_is_reached_and_nothing_twice() -> None:
    ideographs = [
        character
        for number in (1, 2)
        for character in euc_tw._plane(number).values()
        if "\u4e00" <= character <= "\u9fff"
    ]
    assert len(ideographs) == len(set(ideographs)) == 13_060
    pairs = [bytes([lead, trail]) for lead in range(0xA4, 0xC7) for trail in range(0x40, 0xFF)]
    level_1 = {pair.decode("big5", "ignore") for pair in pairs} - {""}
    missing = {character for character in level_1 if character >= "\u4e00"} - set(ideographs)
    assert missing == {"彝"}  # for which CNS 11643 has its variant 彞


def test_every_place_is_what_the_c_library_says() -> None:
    convert = euc_tw._system_converter()
    if convert is None:
        assert decode_euc_tw(b"\x8e\xa3\xbc\xe3", "replace")[0] == "\ufffd"
        return
    assert decode_euc_tw(b"\x8e\xa3\xbc\xe3")[0] == "湾"
    others = {}
    for number in (1, 2):
        for place, character in euc_tw._plane(number).items():
            pair = bytes([0xA1 + place // 94, 0xA1 + place % 94])
            theirs = convert(bytes([0x8E, 0xA0 + number]) + pair)
            if theirs != character:
                others[character] = theirs
    assert [character for character in others if "\u4e00" <= character <= "\u9fff"] == []
    assert len(others) < 30  # symbols that Unicode has twice


def test_a_document_is_recognised_and_a_label_believed() -> None:
    content = encoded(SHIPS * 3)
    assert decode(content, "x-euc-tw").text == SHIPS * 3
    assert decode(content) == (SHIPS * 3, "euc_tw", 0.0)


def test_what_means_nothing_is_replaced_and_the_rest_read_on() -> None:
    assert decode_euc_tw(b"a\xff\xc4\xa1\x8e", "replace")[0] == "a\ufffd一\ufffd"
    with pytest.raises(UnicodeDecodeError):
        decode_euc_tw(b"\xff")


@given(st.binary(max_size=60))
def test_no_bytes_raise(content: bytes) -> None:
    text, read = decode_euc_tw(content, "replace")
    assert read == len(content)
    assert len(text) <= len(content)

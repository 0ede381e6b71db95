import unicodedata

import pytest

from udfs.text import character_classes as classes
from udfs.text.character_classes import character_tables, flags_of_character


@pytest.mark.parametrize(
    ("character", "expected"),
    [
        ("a", classes.LETTER | classes.LOWER),
        ("A", classes.LETTER | classes.UPPER | classes.HAS_LOWER),
        ("7", classes.DIGIT),
        ("²", classes.NUMBER | classes.MOJIBAKE_FOLLOWER),
        ("中", classes.LETTER | classes.HAN | classes.UNSPACED | classes.WIDE),
        ("々", classes.LETTER | classes.HAN | classes.UNSPACED | classes.WIDE),
        ("\U00020000", classes.LETTER | classes.HAN | classes.UNSPACED | classes.WIDE),
        ("か", classes.LETTER | classes.KANA | classes.UNSPACED | classes.WIDE),
        ("ー", classes.LETTER | classes.KANA | classes.UNSPACED | classes.WIDE),
        ("・", classes.PUNCTUATION | classes.WIDE | classes.BULLET),
        ("ก", classes.LETTER | classes.UNSPACED),
        ("한", classes.LETTER | classes.WIDE),
        ("Ａ", classes.LETTER | classes.UPPER | classes.HAS_LOWER | classes.WIDE),
        ("。", classes.PUNCTUATION | classes.SENTENCE_END | classes.WIDE),
        (".", classes.PUNCTUATION | classes.SENTENCE_END),
        ("」", classes.PUNCTUATION | classes.CLOSER | classes.WIDE),
        ("#", classes.PUNCTUATION | classes.NUMBER_SIGN),
        ("+", classes.SYMBOL),
        ("\n", classes.WHITESPACE | classes.CONTROL),
        ("\u00a0", classes.WHITESPACE | classes.MOJIBAKE_FOLLOWER),
        ("\u200d", classes.JOINER | classes.ZERO_WIDTH),
        ("\u200b", classes.ZERO_WIDTH),
        ("\u0301", classes.MARK | classes.ZERO_WIDTH | classes.COMPOSABLE),
        ("\ud800", classes.CONTROL | classes.UNREADABLE),
        ("\ue000", classes.CONTROL | classes.UNREADABLE),
        ("\0", classes.CONTROL | classes.UNREADABLE),
        ("Ã", classes.LETTER | classes.UPPER | classes.HAS_LOWER | classes.MOJIBAKE_LEAD_2),
        ("â", classes.LETTER | classes.LOWER | classes.MOJIBAKE_LEAD_3),
        ("ð", classes.LETTER | classes.LOWER | classes.MOJIBAKE_LEAD_4),
        ("€", classes.SYMBOL | classes.MOJIBAKE_FOLLOWER),
        ("•", classes.PUNCTUATION | classes.BULLET | classes.MOJIBAKE_FOLLOWER),
        (
            "…",
            classes.PUNCTUATION
            | classes.SENTENCE_END
            | classes.ELLIPSIS
            | classes.MOJIBAKE_FOLLOWER,
        ),
    ],
)
def test_properties_of_a_character(character: str, expected: int) -> None:
    assert flags_of_character(character) == expected


def test_general_categories_agree_with_unicodedata_everywhere_but_in_the_han_planes() -> None:
    tables = character_tables()
    flags = tables.flags_of[tables.class_of]
    by_letter = {"L": classes.LETTER, "M": classes.MARK, "P": classes.PUNCTUATION}
    for code_point in [*range(0x3400), *range(0xA000, 0x20000)]:
        category = unicodedata.category(chr(code_point))[0]
        for letter, bit in by_letter.items():
            assert bool(flags[code_point] & bit) == (category == letter), hex(code_point)


def test_every_character_that_composing_can_touch_is_marked() -> None:
    tables = character_tables()
    flags = tables.flags_of[tables.class_of]
    for code_point in range(classes.CODE_POINTS):
        text = chr(code_point)
        if not unicodedata.is_normalized("NFC", text):
            assert flags[code_point] & classes.COMPOSABLE, hex(code_point)
        canonical = unicodedata.normalize("NFD", text)
        for follower in canonical[1:]:
            assert flags[ord(follower)] & classes.COMPOSABLE, hex(ord(follower))


def test_lower_case_is_that_of_python_one_for_one() -> None:
    lower = character_tables().lower_of
    assert lower[ord("Ä")] == ord("ä")
    assert lower[0x130] == ord("i")
    changed = [i for i in range(classes.CODE_POINTS) if chr(i).lower() != chr(i)]
    assert max(changed) < classes.LOWER_TABLE_SIZE
    for code_point in changed:
        assert flags_of_character(chr(code_point)) & classes.HAS_LOWER
        if code_point != 0x130:
            assert chr(lower[code_point]) == chr(code_point).lower()

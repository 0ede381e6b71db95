"""What Unicode says of each character, as two small tables that compiled kernels can index.

``class_of[code_point]`` is a uint8; ``flags_of[class]`` holds the properties as bits. Two steps keep
the big table at 1.1 MB, which stays in the processor's cache where one word a character would not.
"""

from __future__ import annotations

import functools
import unicodedata
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.kept_arrays import kept_arrays, state_of

CODE_POINTS: Final = 0x110000

LETTER: Final = 1 << 0  # L*
MARK: Final = 1 << 1  # M*
DIGIT: Final = 1 << 2  # Nd
NUMBER: Final = 1 << 3  # Nl and No: Roman numerals, fractions, circled digits
WHITESPACE: Final = 1 << 4  # what str.isspace accepts
PUNCTUATION: Final = 1 << 5  # P*
SYMBOL: Final = 1 << 6  # S*
UPPER: Final = 1 << 7  # Lu and Lt
LOWER: Final = 1 << 8  # Ll
UNSPACED: Final = 1 << 9  # word character of a script written without spaces
HAN: Final = 1 << 10
WIDE: Final = 1 << 11  # two display columns (East Asian Wide or Fullwidth)
ZERO_WIDTH: Final = 1 << 12  # no display column: marks that do not advance, format characters
CONTROL: Final = 1 << 13  # Cc, surrogates, private use, unassigned
JOINER: Final = 1 << 14  # format character that neither ends a word nor belongs to its text
COMPOSABLE: Final = 1 << 15  # NFC may change it or what stands before it
HAS_LOWER: Final = 1 << 16
SENTENCE_END: Final = 1 << 17  # Unicode property Sentence_Terminal, and the ellipsis
CLOSER: Final = 1 << 18  # quotation mark or bracket that may follow a sentence's end
KANA: Final = 1 << 19
NUMBER_SIGN: Final = 1 << 20
CURLY_BRACKET: Final = 1 << 21
UNREADABLE: Final = 1 << 22  # U+FFFD, private use, surrogates, noncharacters, stray controls
ELLIPSIS: Final = 1 << 23
BULLET: Final = 1 << 24  # begins a list item by itself; "-", "*" and "+" do so before a space only
# UTF-8 read as Windows-1252: what the first byte of a 2, 3 or 4 byte sequence became, and the rest.
MOJIBAKE_LEAD_2: Final = 1 << 25
MOJIBAKE_LEAD_3: Final = 1 << 26
MOJIBAKE_LEAD_4: Final = 1 << 27
MOJIBAKE_FOLLOWER: Final = 1 << 28
WORD: Final = LETTER | MARK | DIGIT | NUMBER

# What token_letters and ascii_letter hold.
HAS_LETTER: Final = 1
HAS_CAPITAL: Final = 2
HAS_SMALL: Final = 4

LOWER_TABLE_SIZE: Final = 0x1F000  # the highest cased letters are Adlam, U+1E900

HAN_RANGES: Final = (
    (0x3005, 0x3007), (0x3021, 0x3029), (0x3038, 0x303B), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF), (0x20000, 0x3FFFD),
)  # fmt: skip
KANA_RANGES: Final = (
    (0x3031, 0x3035), (0x303C, 0x303C), (0x3041, 0x3096), (0x309D, 0x30FF), (0x31F0, 0x31FF),
    (0xFF66, 0xFF9F), (0x1AFF0, 0x1B16F),
)  # fmt: skip
OTHER_UNSPACED_RANGES: Final = (
    (0x0E00, 0x0E7F),  # Thai
    (0x0E80, 0x0EFF),  # Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
)  # fmt: skip
# Assigned as a block for Han: a Python with an older Unicode must not split words differently.
_ALWAYS_HAN: Final = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3FFFD))

# Unicode 17 PropList, Sentence_Terminal, plus the ellipsis, the Tibetan shads and the Khmer end of chapter;
# without the one dot leader of tables of contents.
SENTENCE_END_CHARACTERS: Final = (
    "!.?։؝؞؟۔܀܁܂߹࠷࠹࠽࠾।॥၊။።፧፨᙮᜵᜶᠃᠉᥄᥅᪨᪩᪪᪫᭚᭛᭞᭟᰻᰼᱾᱿‼‽⁇⁈⁉⸮⸼。꓿꘎꘏꛳꛷꡶꡷꣎꣏꤯꧈꧉꩝꩞꩟꫰꫱꯫﹒﹖﹗！．？｡…⋯"
    "།༎។៕៚᭎᭏᭽᭾᭿⳹⳺⳻⹓⹔⹠⹡︒︕︖"
)
SENTENCE_END_RANGES: Final = (  # the same beyond the basic plane
    (0x10A56, 0x10A57), (0x10F55, 0x10F59), (0x10F86, 0x10F89), (0x11047, 0x11048), (0x110BE, 0x110C1),
    (0x11141, 0x11143), (0x111C5, 0x111C6), (0x111CD, 0x111CD), (0x111DE, 0x111DF), (0x11238, 0x11239),
    (0x1123B, 0x1123C), (0x112A9, 0x112A9), (0x113D4, 0x113D5), (0x1144B, 0x1144C), (0x115C2, 0x115C3),
    (0x115C9, 0x115D7), (0x11641, 0x11642), (0x1173C, 0x1173E), (0x11944, 0x11944), (0x11946, 0x11946),
    (0x11A42, 0x11A43), (0x11A9B, 0x11A9C), (0x11C41, 0x11C42), (0x11EF7, 0x11EF8), (0x11F43, 0x11F44),
    (0x16A6E, 0x16A6F), (0x16AF5, 0x16AF5), (0x16B37, 0x16B38), (0x16B44, 0x16B44), (0x16D6E, 0x16D6F),
    (0x16E98, 0x16E98), (0x1BC9F, 0x1BC9F), (0x1DA88, 0x1DA88),
)  # fmt: skip
BULLET_CHARACTERS: Final = "•‣⁃∙●○◦◉■□▪▫▶►▸◆◇◊★☆✓✔✗➢➤➔・"
_ZERO_WIDTH_SPACE: Final = 0x200B  # separates words in Khmer and Thai: no joiner


class CharacterTables(NamedTuple):
    """The tables, all read-only.

    Attributes:
        class_of: uint8[0x110000]; index into ``flags_of``.
        flags_of: uint32[256]; the bits defined above.
        lower_of: int32[LOWER_TABLE_SIZE]; lower-case code point, defined where HAS_LOWER is set.
        ascii_word: uint8[256]; lower-cased byte for ASCII letters and digits, else 0.
        ascii_letter: uint8[256]; 1 | 2 for ASCII capitals, 1 | 4 for small letters, else 0.
        lead_composable: uint8[256]; 1 where a UTF-8 lead byte can begin a COMPOSABLE character.
    """

    class_of: npt.NDArray[np.uint8]
    flags_of: npt.NDArray[np.uint32]
    lower_of: npt.NDArray[np.int32]
    ascii_word: npt.NDArray[np.uint8]
    ascii_letter: npt.NDArray[np.uint8]
    lead_composable: npt.NDArray[np.uint8]


@functools.cache
def character_tables() -> CharacterTables:
    """The tables for the running Python's Unicode version, from the user's cache when it has them."""
    return CharacterTables(**kept_arrays("character-classes", state_of(__name__), _tables))


def _tables() -> dict[str, npt.NDArray[np.generic]]:
    class_of, flags_of = _packed(_all_flags())
    return {
        "class_of": class_of,
        "flags_of": flags_of,
        "lower_of": _lower_table(),
        "ascii_word": _ascii_word_table(),
        "ascii_letter": _ascii_letter_table(),
        "lead_composable": _lead_table(class_of, flags_of),
    }


def flags_of_character(character: str) -> int:
    """The property bits of one character (for tests and for cold code)."""
    tables = character_tables()
    return int(tables.flags_of[tables.class_of[ord(character)]])


def _all_flags() -> npt.NDArray[np.uint32]:
    """uint32[0x110000] of property bits, from unicodedata."""
    characters = list(map(chr, range(CODE_POINTS)))
    categories = np.array(list(map(unicodedata.category, characters)))
    flags = np.zeros(CODE_POINTS, np.uint32)
    for bits, prefixes in _CATEGORY_BITS:
        flags[np.isin(categories, prefixes)] |= np.uint32(bits)
    widths = np.array(list(map(unicodedata.east_asian_width, characters)))
    flags[np.isin(widths, ["W", "F"])] |= np.uint32(WIDE)
    flags[[i for i, text in enumerate(characters) if text.isspace()]] |= np.uint32(WHITESPACE)
    lowered = [i for i in range(LOWER_TABLE_SIZE) if _simple_lower(i) != i]
    flags[lowered] |= np.uint32(HAS_LOWER)
    flags[_ZERO_WIDTH_SPACE] &= np.uint32(~JOINER & 0xFFFFFFFF)
    for first, last in _ALWAYS_HAN:
        flags[first : last + 1] = LETTER | HAN | UNSPACED | WIDE
    _mark_scripts(flags)
    _mark_composable(flags, characters)
    for bit, members in _SINGLE_CHARACTERS:
        flags[[ord(text) for text in members]] |= np.uint32(bit)
    for first, last in SENTENCE_END_RANGES:
        flags[first : last + 1] |= np.uint32(SENTENCE_END)
    stray = np.isin(categories, ["Cc", "Cs", "Co"]) & ((flags & WHITESPACE) == 0)
    flags[stray] |= np.uint32(UNREADABLE)
    flags[0xFDD0:0xFDF0] |= np.uint32(UNREADABLE)
    for plane_end in range(0xFFFE, CODE_POINTS, 0x10000):
        flags[plane_end : plane_end + 2] |= np.uint32(UNREADABLE)
    return flags


_CATEGORY_BITS: Final = (
    (LETTER, ["Lu", "Ll", "Lt", "Lm", "Lo"]),
    (MARK, ["Mn", "Mc", "Me"]),
    (DIGIT, ["Nd"]),
    (NUMBER, ["Nl", "No"]),
    (PUNCTUATION, ["Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"]),
    (SYMBOL, ["Sm", "Sc", "Sk", "So"]),
    (UPPER, ["Lu", "Lt"]),
    (LOWER, ["Ll"]),
    (ZERO_WIDTH, ["Mn", "Me", "Cf"]),
    (CONTROL, ["Cc", "Cs", "Co", "Cn"]),
    (JOINER, ["Cf"]),
    (CLOSER, ["Pe", "Pi", "Pf"]),
)
_SINGLE_CHARACTERS: Final = (
    (SENTENCE_END, SENTENCE_END_CHARACTERS),
    (CLOSER, "\"'"),
    (NUMBER_SIGN, "#＃"),
    (CURLY_BRACKET, "{}"),
    (UNREADABLE, "\ufffd"),
    (ELLIPSIS, "…⋯"),
    (BULLET, BULLET_CHARACTERS),
    (MOJIBAKE_LEAD_2, bytes(range(0xC2, 0xE0)).decode("cp1252")),
    (MOJIBAKE_LEAD_3, bytes(range(0xE0, 0xF0)).decode("cp1252")),
    (MOJIBAKE_LEAD_4, bytes(range(0xF0, 0xF5)).decode("cp1252")),
    (
        MOJIBAKE_FOLLOWER,
        bytes(range(0x80, 0xC0)).decode("cp1252", "ignore")
        + bytes(range(0x80, 0xC0)).decode("latin-1"),
    ),
)


def _mark_scripts(flags: npt.NDArray[np.uint32]) -> None:
    """Set HAN, KANA and UNSPACED on the word characters of the named ranges."""
    plain = ((HAN_RANGES, HAN), (KANA_RANGES, KANA), (OTHER_UNSPACED_RANGES, 0))
    for ranges, bit in plain:
        for first, last in ranges:
            part = flags[first : last + 1]
            part[(part & WORD) != 0] |= np.uint32(bit | UNSPACED)


def _mark_composable(flags: npt.NDArray[np.uint32], characters: list[str]) -> None:
    """Set COMPOSABLE where NFC_Quick_Check is No or Maybe, or the combining class is not 0."""
    for i, text in enumerate(characters):
        if unicodedata.combining(text) or not unicodedata.is_normalized("NFC", text):
            flags[i] |= COMPOSABLE
        parts = unicodedata.decomposition(text).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            flags[int(parts[1], 16)] |= COMPOSABLE
    flags[0x1161:0x1176] |= np.uint32(COMPOSABLE)  # Hangul vowels and finals join what precedes
    flags[0x11A8:0x11C3] |= np.uint32(COMPOSABLE)


def _simple_lower(code_point: int) -> int:
    """One code point for one; U+0130, the only one that lower-cases to two, becomes ``i``."""
    return ord(chr(code_point).lower()[0])


def _lower_table() -> npt.NDArray[np.int32]:
    return np.array([_simple_lower(i) for i in range(LOWER_TABLE_SIZE)], np.int32)


def _ascii_word_table() -> npt.NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    for byte in range(128):
        if chr(byte).isalnum():
            table[byte] = ord(chr(byte).lower())
    return table


def _ascii_letter_table() -> npt.NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    table[ord("A") : ord("Z") + 1] = HAS_LETTER | HAS_CAPITAL
    table[ord("a") : ord("z") + 1] = HAS_LETTER | HAS_SMALL
    return table


def _lead_table(
    class_of: npt.NDArray[np.uint8], flags_of: npt.NDArray[np.uint32]
) -> npt.NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    composable = np.flatnonzero(flags_of[class_of] & COMPOSABLE)
    for code_point in composable:
        table[chr(code_point).encode("utf-8")[0]] = 1
    return table


def _packed(flags: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint32]]:
    """The class of each code point, and the 256 words of flags."""
    distinct, class_of = np.unique(flags, return_inverse=True)
    if len(distinct) > 256:
        raise ValueError(
            f"{len(distinct)} distinct combinations of character properties do not fit the 256 "
            "classes of a uint8 table; drop a property or widen the table"
        )
    words = np.zeros(256, np.uint32)
    words[: len(distinct)] = distinct
    return class_of.astype(np.uint8), words

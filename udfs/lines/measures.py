"""What one line consists of: one pass over its characters, for ASCII without a branch a character.

A branch that depends on the character is guessed wrong at nearly every word's end, which costs more
than everything else here; so counts are added up in the fields of one 64-bit word.
"""

from __future__ import annotations

import functools
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.lines.line_batch import (
    C4_TERMINAL,
    CODE_MARK,
    CURLY,
    ELLIPSIS_END,
    LONG_WORD,
    MARK_END,
    NO_LETTERS,
    OPEN_END,
    TERMINAL,
    UPPERCASE,
    LineFacts,
)
from udfs.text.character_classes import (
    CLOSER,
    DIGIT,
    LETTER,
    SENTENCE_END,
    UNSPACED,
    UPPER,
    WHITESPACE,
    WIDE,
    WORD,
    ZERO_WIDTH,
    CharacterTables,
)
from udfs.text.token_hashing import HASH_FACTOR, HASH_SEED, mix64
from udfs.text.utf8_decoding import ascii_end, decode

LONGEST_WORD: Final = 1000

# Bits of LineTables.kinds.
_END: Final = 1  # . ! ?
_CLOSER: Final = 2
_BRACKET: Final = 4  # ( ) [ ] { } < > ; =
_CURLY: Final = 8  # {
_BLANK: Final = 16
TAG_MARK: Final = 32  # : and what else may end a speaker's tag

_MOST_ASCII: Final = 0x8000  # characters that the 16-bit fields of one sum can hold


class LineTables(NamedTuple):
    """What the pass needs to know of ASCII characters.

    Attributes:
        counts: uint64[128]; 1 in the first 16 bits for word characters, in the second for capitals,
            in the third for digits, in the fourth for letters.
        kinds: uint8[128]; the bits above.
    """

    counts: npt.NDArray[np.uint64]
    kinds: npt.NDArray[np.uint8]


@functools.cache
def line_tables() -> LineTables:
    """The tables."""
    counts = np.zeros(128, np.uint64)
    kinds = np.zeros(128, np.uint8)
    for byte in range(128):
        character = chr(byte)
        fields = (
            character.isalnum(), character.isupper(), character.isdigit(), character.isalpha()
        )  # fmt: skip
        counts[byte] = sum(int(field) << (16 * place) for place, field in enumerate(fields))
        kinds[byte] = (
            (_END if character in ".!?" else 0)
            | (_CLOSER if character in "\"')]}" else 0)
            | (_BRACKET if character in "()[]{}<>;=" else 0)
            | (_CURLY if character == "{" else 0)
            | (_BLANK if byte <= 0x20 else 0)
            | (TAG_MARK if character in ":<@[" else 0)
        )
    return LineTables(counts, kinds)


@kernel
def measure_lines(
    data: npt.NDArray[np.uint8],
    tables: CharacterTables,
    ascii_tables: LineTables,
    facts: LineFacts,
    seen_kinds: npt.NDArray[np.uint8],
) -> None:
    """Fill the measures of all lines and the bits that follow from them.

    One function for all lines: handing these many arrays to another for every line would take as long
    as measuring it.

    Args:
        data: uint8[bytes].
        tables: Character classes.
        ascii_tables: What LineTables says.
        facts: Lines whose start and end are known.
        seen_kinds: uint8[lines]; set to the kinds (bits) of the line's ASCII characters, or-ed;
            TAG_MARK is set for a wide colon too.
    """
    for line in range(len(facts.text)):
        position = facts.start[line]
        end = facts.end[line]
        width = 0
        characters = 0
        words = 0  # word characters
        upper = 0
        digits = 0
        letters = 0
        blank_words = 0
        run = 0
        longest_run = 0
        sentences = 0
        said = 0  # word characters up to the last sentence end
        pending = (
            0  # a mark that may have ended a sentence: 1 = it wants a blank behind it, 2 = wide
        )
        before_blank = 1
        seen = 0
        value = HASH_SEED
        while position < end:
            if data[position] < 0x80:
                part = data[position : ascii_end(data, position, min(end, position + _MOST_ASCII))]
                total = np.uint64(0)
                for index in range(len(part)):
                    byte = part[index]
                    kind = int(ascii_tables.kinds[byte])
                    if pending | (kind & _END):
                        now = words + int(total & np.uint64(0xFFFF))
                        if kind & _END:
                            pending = 1 if now > said else 0
                        elif not kind & _CLOSER:
                            if kind & _BLANK or pending == 2:
                                sentences += 1
                                said = now
                            pending = 0
                    total += ascii_tables.counts[byte]
                    seen |= kind
                    blank = (kind & _BLANK) >> 4
                    run = (run + 1) * (1 - blank)
                    longest_run = max(longest_run, run)
                    blank_words += before_blank & (1 - blank)
                    before_blank = blank
                    value = (value ^ np.uint64(byte)) * HASH_FACTOR
                position += len(part)
                characters += len(part)
                width += len(part)
                words += int(total & np.uint64(0xFFFF))
                upper += int((total >> np.uint64(16)) & np.uint64(0xFFFF))
                digits += int((total >> np.uint64(32)) & np.uint64(0xFFFF))
                letters += int(total >> np.uint64(48))
                continue
            code_point, code_width = decode(data, position, end)
            flags = tables.flags_of[tables.class_of[code_point]]
            position += code_width
            characters += 1
            blank = 1 if flags & np.uint32(WHITESPACE) else 0
            if flags & np.uint32(SENTENCE_END):
                pending = 0
                if words > said:
                    pending = 2 if flags & np.uint32(WIDE) else 1
            elif pending and not flags & np.uint32(CLOSER):
                if blank or pending == 2:
                    sentences += 1
                    said = words
                pending = 0
            if not flags & np.uint32(ZERO_WIDTH):
                width += 2 if flags & np.uint32(WIDE) else 1
            words += 1 if flags & np.uint32(WORD) else 0
            upper += 1 if flags & np.uint32(UPPER) else 0
            digits += 1 if flags & np.uint32(DIGIT) else 0
            letters += 1 if flags & np.uint32(LETTER) else 0
            run = 0 if blank or flags & np.uint32(UNSPACED) else run + 1
            longest_run = max(longest_run, run)
            blank_words += before_blank & (1 - blank)
            before_blank = blank
            seen |= TAG_MARK if code_point == 0xFF1A else 0
            value = (value ^ np.uint64(code_point)) * HASH_FACTOR
            value ^= value >> np.uint64(32)
        facts.width[line] = width
        facts.rest_width[line] = width
        facts.characters[line] = characters
        facts.upper[line] = upper
        facts.digits[line] = digits
        facts.blank_words[line] = blank_words
        facts.longest_run[line] = longest_run
        facts.sentences[line] = sentences + (1 if words > said else 0)
        facts.hash[line] = mix64(value)
        bits = _ending(data, facts.start[line], end, tables.class_of, tables.flags_of)
        bits |= np.uint32(UPPERCASE if 2 * upper > characters and upper >= 4 else 0)
        bits |= np.uint32(NO_LETTERS if letters == 0 else 0)
        bits |= np.uint32(CODE_MARK if seen & _BRACKET and digits == 0 else 0)
        bits |= np.uint32(CURLY if seen & _CURLY else 0)
        bits |= np.uint32(LONG_WORD if longest_run > LONGEST_WORD else 0)
        facts.flags[line] = bits
        seen_kinds[line] = seen


@kernel
def display_width(
    data: npt.NDArray[np.uint8], start: int, end: int, tables: CharacterTables
) -> int:
    """Display columns of ``start:end``."""
    width = 0
    position = start
    while position < end:
        code_width = 1
        code_point = int(data[position])
        if code_point >= 0x80:
            code_point, code_width = decode(data, position, end)
        flags = tables.flags_of[tables.class_of[code_point]]
        if not flags & np.uint32(ZERO_WIDTH):
            width += 2 if flags & np.uint32(WIDE) else 1
        position += code_width
    return width


@kernel
def _character_before(data: npt.NDArray[np.uint8], start: int, end: int) -> tuple[int, int]:
    """(code point, offset) of the character that ends at ``end``."""
    position = end - 1
    while position > start and position > end - 4 and data[position] & 0xC0 == 0x80:
        position -= 1
    if data[position] < 0x80:
        return int(data[position]), position
    code_point, width = decode(data, position, end)
    return (code_point, position) if position + width == end else (0xFFFD, end - 1)


@kernel
def _ending(
    data: npt.NDArray[np.uint8],
    start: int,
    end: int,
    class_of: npt.NDArray[np.uint8],
    flags_of: npt.NDArray[np.uint32],
) -> np.uint32:
    """The bits that follow from a line's last characters."""
    last, position = _character_before(data, start, end)
    last_flags = flags_of[class_of[last]]
    plain = last_flags  # of the last character that is no closing mark
    while plain & np.uint32(CLOSER) and position > start:
        before, position = _character_before(data, start, position)
        plain = flags_of[class_of[before]]
    bits = np.uint32(0)
    dots = end - start >= 3 and data[end - 1] == 0x2E
    dots = dots and data[end - 2] == 0x2E and data[end - 3] == 0x2E
    if dots or last == 0x2026:
        bits |= np.uint32(ELLIPSIS_END)
    elif last == 0x2E or last == 0x21 or last == 0x3F or last == 0x22 or last == 0x27:
        bits |= np.uint32(C4_TERMINAL)
    quoted = last == 0x22 or last == 0x27 or last == 0x201D or last == 0x2019
    wide_closer = last == 0x300D or last == 0x300F or last == 0xFF09 or last == 0xFF1B
    if plain & np.uint32(SENTENCE_END) or quoted or wide_closer:
        bits |= np.uint32(TERMINAL)
    if last_flags & np.uint32(SENTENCE_END) and last != 0x2026 and last != 0x22EF:
        bits |= np.uint32(MARK_END)
    if last_flags & np.uint32(WORD):
        bits |= np.uint32(OPEN_END)
    return bits

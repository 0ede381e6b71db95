"""The beginning of a chat line: a time stamp, a name, or both."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.lines.splitting import trim_left
from udfs.text.character_classes import WHITESPACE, WORD, CharacterTables
from udfs.text.utf8_decoding import decode

LONGEST_NAME: Final = 24  # characters; longer openings before a colon are clauses
MOST_NAME_WORDS: Final = 3


@kernel
def speaker_tag_end(
    data: npt.NDArray[np.uint8], start: int, end: int, tables: CharacterTables
) -> int:
    """Where the text of a chat line begins.

    A tag is ``[12:34]``, ``(12:34:56)``, ``12:34``, ``2024-05-06 12:34``; ``<nick>``, ``@nick``;
    ``name:`` or ``名字：`` of at most 24 characters and three words; or a time stamp and then one of
    the others.

    Args:
        data: uint8[bytes].
        start: First byte of the line, no blank.
        end: Behind its last byte.
        tables: Character classes.

    Returns:
        Offset behind the tag and the blanks after it, or ``start`` if there is none.
    """
    stamp = start
    if data[start] < 0x3A or data[start] == 0x5B:  # a digit, ( or [
        stamp = _time_stamp_end(data, start, end)
    position = trim_left(data, stamp, end)
    name = _bracketed_name_end(data, position, end)
    if name == position:
        name = _colon_name_end(data, position, end, tables)
    if name > position:
        return trim_left(data, name, end)
    return position if stamp > start else start


@kernel
def _is_digit(byte: int) -> bool:
    return 0x30 <= byte <= 0x39


@kernel
def _time_stamp_end(data: npt.NDArray[np.uint8], start: int, end: int) -> int:
    """Behind ``[12:34]``, with or without brackets, seconds and a date; ``start`` if there is none."""
    position = start
    bracket = 0
    if data[position] == 0x5B or data[position] == 0x28:  # [ (
        bracket = 0x5D if data[position] == 0x5B else 0x29
        position += 1
    colons = 0
    digits = 0
    limit = min(end, position + 24)
    while position < limit:
        byte = int(data[position])
        if _is_digit(byte):
            digits += 1
        elif byte == 0x3A:  # :
            if position + 1 >= end or not _is_digit(int(data[position + 1])) or digits == 0:
                break
            colons += 1
        elif byte == 0x2D or byte == 0x2F or byte == 0x2E or byte == 0x54:  # - / . T
            if digits == 0:
                break
        else:
            blank = byte == 0x20 and digits > 0 and position + 1 < end
            if not blank or not _is_digit(int(data[position + 1])):
                break
        position += 1
    if colons == 0 or digits < 3:
        return start
    if bracket:
        if position < end and int(data[position]) == bracket:
            return position + 1
        return start
    if position < end and data[position] > 0x20:
        return start
    return position


@kernel
def _bracketed_name_end(data: npt.NDArray[np.uint8], start: int, end: int) -> int:
    """Behind ``<nick>`` or ``@nick``; ``start`` if there is none."""
    if start >= end:
        return start
    if data[start] == 0x3C:  # <
        for position in range(start + 1, min(end, start + 2 + LONGEST_NAME)):
            if data[position] == 0x3E:
                return position + 1 if position > start + 1 else start
            if data[position] == 0x3D or data[position] == 0x2F:  # markup, not a name
                return start
        return start
    if data[start] == 0x40:  # @
        position = start + 1
        while position < end and data[position] > 0x20 and position - start <= LONGEST_NAME:
            position += 1
        if position > start + 1 and position < end and data[position] <= 0x20:
            return position
    return start


@kernel
def _colon_name_end(
    data: npt.NDArray[np.uint8], start: int, end: int, tables: CharacterTables
) -> int:
    """Behind ``name:`` or ``名字：``; ``start`` if there is none."""
    position = start
    characters = 0
    blanks = 0
    while position < end and characters <= LONGEST_NAME:
        if tables.ascii_word[data[position]] != 0:
            characters += 1
            position += 1
            continue
        width = 1
        code_point = int(data[position])
        if code_point >= 0x80:
            code_point, width = decode(data, position, end)
        if code_point == 0x3A or code_point == 0xFF1A:
            after = position + width
            spaced = code_point == 0xFF1A or after >= end or data[after] <= 0x20
            return after if characters > 0 and spaced else start
        flags = tables.flags_of[tables.class_of[code_point]]
        if flags & np.uint32(WHITESPACE):
            blanks += 1
            if blanks >= MOST_NAME_WORDS:
                return start
        elif not flags & np.uint32(WORD):
            inner = code_point == 0x2D or code_point == 0x5F or code_point == 0x2E
            if not inner and code_point != 0x27 and code_point != 0xB7:  # - _ . ' ·
                return start
        characters += 1
        position += width
    return start

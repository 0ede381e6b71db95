"""Which lines are lists, headings, tables or code rather than prose, by their Markdown marks."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.text.character_classes import BULLET as BULLET_CHARACTER
from udfs.text.character_classes import CharacterTables
from udfs.text.utf8_decoding import decode

BULLET: Final = 1 << 24  # begins with a bullet, or with - * + – — · and a blank
STRUCTURE: Final = 1 << 25  # list item, heading, table row, code
IN_CODE: Final = 1 << 26  # inside a fenced code block, fences included


@kernel
def mark_structure(
    data: npt.NDArray[np.uint8],
    tables: CharacterTables,
    text: npt.NDArray[np.int32],
    start: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    flags: npt.NDArray[np.uint32],
) -> None:
    """Set BULLET, STRUCTURE and IN_CODE from how lines begin.

    Args:
        data: uint8[bytes].
        tables: Character classes.
        text: int32[lines]; the text each line belongs to; a code block ends with its text.
        start: int64[lines]; first visible byte of the line.
        end: int64[lines]; behind its last one.
        flags: uint32[lines]; or-ed into.
    """
    in_code = False
    for line in range(len(text)):
        if line > 0 and text[line] != text[line - 1]:
            in_code = False
        fence = _is_fence(data, start[line], end[line])
        if fence or in_code:
            flags[line] |= np.uint32(STRUCTURE | IN_CODE)
            in_code = in_code != fence
        elif _is_bullet(data, start[line], end[line], tables):
            flags[line] |= np.uint32(STRUCTURE | BULLET)
        elif _is_structure(data, start[line], end[line]):
            flags[line] |= np.uint32(STRUCTURE)


@kernel
def _is_structure(data: npt.NDArray[np.uint8], start: int, end: int) -> bool:
    table_row = bool(data[start] == 0x7C)
    return table_row or _is_heading(data, start, end) or _is_numbered(data, start, end)


@kernel
def _is_fence(data: npt.NDArray[np.uint8], start: int, end: int) -> bool:
    mark = data[start]
    if end - start < 3 or (mark != 0x60 and mark != 0x7E):
        return False
    return bool(data[start + 1] == mark and data[start + 2] == mark)


@kernel
def _is_bullet(data: npt.NDArray[np.uint8], start: int, end: int, tables: CharacterTables) -> bool:
    code_point = int(data[start])
    width = 1
    if code_point >= 0x80:
        code_point, width = decode(data, start, end)
    if tables.flags_of[tables.class_of[code_point]] & np.uint32(BULLET_CHARACTER):
        return True
    dash = code_point == 0x2D or code_point == 0x2A or code_point == 0x2B  # - * +
    dash = dash or code_point == 0x2013 or code_point == 0x2014 or code_point == 0xB7
    return dash and bool(start + width >= end or data[start + width] <= 0x20)


@kernel
def _is_heading(data: npt.NDArray[np.uint8], start: int, end: int) -> bool:
    position = start
    while position < end and data[position] == 0x23:
        position += 1
    return start < position <= start + 6 and position < end and bool(data[position] == 0x20)


@kernel
def _is_numbered(data: npt.NDArray[np.uint8], start: int, end: int) -> bool:
    position = start
    while position < end and position - start < 4 and 0x30 <= data[position] <= 0x39:
        position += 1
    if position == start or position + 1 >= end:
        return False
    if data[position] == 0x2E or data[position] == 0x29:  # . )
        return bool(data[position + 1] <= 0x20)
    code_point = int(data[position])
    return code_point >= 0x80 and decode(data, position, end)[0] == 0x3001

"""Sentences and lines as comparable units, and runs of the same unit brought down to one copy."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.lines.structure import IN_CODE
from udfs.text.character_classes import (
    CLOSER,
    HAS_LOWER,
    SENTENCE_END,
    WHITESPACE,
    WIDE,
    WORD,
    CharacterTables,
    character_tables,
)
from udfs.text.token_hashing import HASH_FACTOR, HASH_SEED, mix64
from udfs.text.utf8_decoding import decode

LONGEST_PERIOD: Final = 8
"""Sentences of the longest refrain that is recognised."""


class SentenceUnits(NamedTuple):
    """Units in the order of the text: what stands between sentence ends or line breaks.

    Attributes:
        start: int64; first byte, no blank.
        end: int64; behind the last byte that is no blank.
        hash: uint64; of the lower-cased letters and digits, so that "Buy now!" equals "buy now".
        columns: int32; display columns of these; 0 where the unit must not be touched (code, table
            rows).
        offsets: int64[texts + 1]; the units of each text.
    """

    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    hash: npt.NDArray[np.uint64]
    columns: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]


class Removals(NamedTuple):
    """Bytes to cut, in order, not overlapping.

    Attributes:
        text: int32; the text each span lies in.
        start: int64; first byte to cut.
        stop: int64; first byte to keep again.
        pieces: int32; what was cut, in the stage's own unit (copies, windows, lines).
        blank: uint8; 1 = put a blank in its place, or two words would become one.
    """

    text: npt.NDArray[np.int32]
    start: npt.NDArray[np.int64]
    stop: npt.NDArray[np.int64]
    pieces: npt.NDArray[np.int32]
    blank: npt.NDArray[np.uint8]


def empty_removals(capacity: int) -> Removals:
    """Room for ``capacity`` spans without blanks."""
    return Removals(
        np.empty(capacity, np.int32),
        np.empty(capacity, np.int64),
        np.empty(capacity, np.int64),
        np.empty(capacity, np.int32),
        np.zeros(capacity, np.uint8),
    )


def first_removals(removals: Removals, count: int) -> Removals:
    """The first ``count`` spans."""
    shortened: Removals = Removals._make(column[:count] for column in removals)
    return shortened


def sentence_units(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    line_start: npt.NDArray[np.int64],
    line_flags: npt.NDArray[np.uint32],
) -> SentenceUnits:
    """Split texts into units.

    A unit ends at a line break, or behind sentence-ending marks and the closing quotes and brackets
    after them, if blank space follows or the mark is a wide one (。！？).

    Args:
        data: uint8[bytes].
        offsets: int64[texts + 1].
        line_start: int64[lines]; first visible byte of every line, as in LineFacts.
        line_flags: uint32[lines]; as in LineFacts.

    Returns:
        The units; blank ones are left out.
    """
    capacity = len(data) + 1  # address space only: pages never written to cost nothing
    units = SentenceUnits(
        np.empty(capacity, np.int64),
        np.empty(capacity, np.int64),
        np.empty(capacity, np.uint64),
        np.empty(capacity, np.int32),
        np.empty(len(offsets), np.int64),
    )
    count = _split(data, offsets, line_start, line_flags, character_tables(), units)
    return SentenceUnits(
        units.start[:count],
        units.end[:count],
        units.hash[:count],
        units.columns[:count],
        units.offsets,
    )


def repeated_units(units: SentenceUnits, least_copies: int, least_columns: int) -> Removals:
    """Find runs of the same sentence or line, or of the same few, and keep their first copy.

    Works like a stack that never holds a run at its top, so what is left has no run and a second
    pass finds nothing.

    Args:
        units: The units of all texts.
        least_copies: Copies in a row that make a run, >= 2.
        least_columns: Display columns of letters and digits that all copies of a run together must
            have; "No! No! No!" is left alone.

    Returns:
        Spans from the end of the kept copy to the end of the last one, so that the line break or
        blank behind the run stays; ``pieces`` counts the copies cut.
    """
    total = len(units.start)
    removals = empty_removals(total)
    count = _collapse(
        units,
        least_copies,
        least_columns,
        np.empty(total + 1, np.int64),
        np.zeros((total + 1, LONGEST_PERIOD + 1), np.int32),
        np.zeros(total + 1, np.int8),
        removals,
    )
    return first_removals(removals, count)


@kernel
def _split(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    line_start: npt.NDArray[np.int64],
    line_flags: npt.NDArray[np.uint32],
    tables: CharacterTables,
    units: SentenceUnits,
) -> int:
    """Fill the units; return their number."""
    count = 0
    line = 0
    nothing = np.uint8(0)
    units.offsets[0] = 0
    for text in range(len(offsets) - 1):
        position = offsets[text]
        stop = offsets[text + 1]
        start = -1  # of the open unit, -1 = none
        end = position
        value = HASH_SEED
        columns = 0
        ended = np.uint32(0)  # flags of the mark that may have ended the open unit
        touchable = True
        while position < stop:
            in_unit = start >= 0 and ended & np.uint32(WIDE) == 0
            if in_unit and tables.ascii_word[data[position]] != 0:
                ended = np.uint32(0)
                begin = position
                folded = tables.ascii_word[data[position]]
                while folded != 0:
                    value = (value ^ np.uint64(folded)) * HASH_FACTOR
                    value ^= value >> np.uint64(32)
                    position += 1
                    folded = tables.ascii_word[data[position]] if position < stop else nothing
                columns += position - begin if touchable else 0
                end = position
                continue
            if data[position] == 0x20 and not ended:
                position += 1
                continue
            code_point = int(data[position])
            width = 1
            if code_point >= 0x80:
                code_point, width = decode(data, position, stop)
            flags = tables.flags_of[tables.class_of[code_point]]
            blank = (flags & np.uint32(WHITESPACE)) != 0
            line_break = 0x0A <= code_point <= 0x0D
            closes = ended and not flags & np.uint32(SENTENCE_END | CLOSER)
            sentence = closes and (blank or (ended & np.uint32(WIDE)) != 0)
            if start >= 0 and (line_break or sentence):
                units.start[count] = start
                units.end[count] = end
                units.hash[count] = mix64(value)
                units.columns[count] = columns
                count += 1
                start = -1
            if closes or line_break:
                ended = np.uint32(0)
            if not blank:
                if start < 0:
                    start = position
                    value = HASH_SEED
                    columns = 0
                    line = _line_at(line_start, line, position)
                    touchable = not _untouchable(data, line_start, line_flags, line)
                end = position + width
                if flags & np.uint32(WORD):
                    lowered = code_point
                    if flags & np.uint32(HAS_LOWER):
                        lowered = int(tables.lower_of[code_point])
                    value = (value ^ np.uint64(lowered)) * HASH_FACTOR
                    value ^= value >> np.uint64(32)
                    if touchable:
                        columns += 2 if flags & np.uint32(WIDE) else 1
                elif flags & np.uint32(SENTENCE_END):
                    ended = flags
            position += width
        if start >= 0:
            units.start[count] = start
            units.end[count] = end
            units.hash[count] = mix64(value)
            units.columns[count] = columns
            count += 1
        units.offsets[text + 1] = count
    return count


@kernel
def _line_at(line_start: npt.NDArray[np.int64], line: int, position: int) -> int:
    """The last line that begins at or before ``position``, searched onwards from ``line``."""
    while line + 1 < len(line_start) and line_start[line + 1] <= position:
        line += 1
    return line


@kernel
def _untouchable(
    data: npt.NDArray[np.uint8],
    line_start: npt.NDArray[np.int64],
    line_flags: npt.NDArray[np.uint32],
    line: int,
) -> bool:
    """Whether equal lines are the nature of this one: code, rows of a table."""
    if len(line_start) == 0:
        return False
    return bool(line_flags[line] & np.uint32(IN_CODE)) or bool(data[line_start[line]] == 0x7C)


@kernel
def _collapse(
    units: SentenceUnits,
    least_copies: int,
    least_columns: int,
    stack: npt.NDArray[np.int64],
    matches: npt.NDArray[np.int32],
    collapsed: npt.NDArray[np.int8],
    removals: Removals,
) -> int:
    """Fill the removals; return their number.

    ``matches[depth, p]``: how many units up to this depth equal the one p below them.
    ``collapsed[depth]``: the period of the run whose kept copy ends here, 0 = none.
    """
    count = 0
    for text in range(len(units.offsets) - 1):
        first = units.offsets[text]
        last = units.offsets[text + 1]
        depth = 0
        for unit in range(first, last):
            stack[depth] = unit
            collapsed[depth] = 0
            for period in range(1, LONGEST_PERIOD + 1):
                same = depth >= period and units.hash[stack[depth - period]] == units.hash[unit]
                matches[depth, period] = matches[depth - 1, period] + 1 if same else 0
            depth += 1
            for period in range(1, LONGEST_PERIOD + 1):
                matched = int(matches[depth - 1, period])
                if matched >= period and collapsed[depth - 1 - period] == period:
                    depth -= period
                    break
                if matched < (least_copies - 1) * period:
                    continue
                columns = _columns(units, stack, depth, period)
                if columns == 0:
                    continue
                copies = max(least_copies, (least_columns + columns - 1) // columns)
                if matched >= (copies - 1) * period:
                    depth -= (copies - 1) * period
                    collapsed[depth - 1] = period
                    break
        count = _write_gaps(units, stack, depth, collapsed, last, text, removals, count)
    return count


@kernel
def _columns(units: SentenceUnits, stack: npt.NDArray[np.int64], depth: int, period: int) -> int:
    """Columns of the topmost ``period`` units; 0 if one of them has none."""
    total = 0
    for index in range(depth - period, depth):
        columns = int(units.columns[stack[index]])
        if columns == 0:
            return 0
        total += columns
    return total


@kernel
def _write_gaps(
    units: SentenceUnits,
    stack: npt.NDArray[np.int64],
    depth: int,
    collapsed: npt.NDArray[np.int8],
    last: int,
    text: int,
    removals: Removals,
    count: int,
) -> int:
    """Turn units missing from the stack into spans; return the new number of spans."""
    for index in range(depth):
        unit = stack[index]
        following = stack[index + 1] if index + 1 < depth else last
        if following != unit + 1:
            removals.text[count] = text
            removals.start[count] = units.end[unit]
            removals.stop[count] = units.end[following - 1]
            removals.pieces[count] = (following - 1 - unit) // max(1, int(collapsed[index]))
            count += 1
    return count

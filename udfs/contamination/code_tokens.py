"""Programs as tokens that a renaming does not change.

A name of the author's own is told by how far back it last stood ("parameterised matching", Baker
1996): ``for x in xs: use(x)`` and ``for item in items: f(item)`` are the same tokens. Keywords,
built-ins, attributes, numbers and marks stay what they are; white space is nothing.
"""

from __future__ import annotations

import builtins
import functools
import keyword
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.contamination.phrase_index import (
    TURN,
    PhraseHits,
    PhraseIndex,
    key_place,
    may_hold,
    turned,
)
from udfs.text.token_hashing import HASH_SEED, extend_hash, mix64

CODE_PHRASE: Final = 12
BLOCK: Final = 128  # bytes that are looked at together for whether they may be a program
BLOCK_MARKS: Final = 5
"""Marks of programs in a block from which on it is read as one, with the blocks on both sides."""
KEPT_SLOTS: Final = 1024  # for some 130 words: nearly all others meet a free slot at once
LEAST_MARKS: Final = 5
"""Marks and keywords that a phrase needs at least: prose has fewer in a row and is passed over."""
_POINT: Final = 0x2E
_NEW_NAME: Final = np.uint64(0x6E65772E6E616D65)


class CodeTokens(NamedTuple):
    """Tokens of some texts read as programs.

    Attributes:
        symbols: uint64[tokens]; of a kept word or mark its hash; of a name how far back it last stood
            (within a phrase), or that it is new.
        back: int64[tokens]; of a name: tokens since it last stood, 0 for none within a phrase; else -1.
        marks: uint8[tokens]; 1 for marks and keywords.
        start: int64[tokens]; first byte.
        end: int64[tokens]; the byte after the last.
        offsets: int64[rows + 1].
    """

    symbols: npt.NDArray[np.uint64]
    back: npt.NDArray[np.int64]
    marks: npt.NDArray[np.uint8]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]


@functools.cache
def kept_words() -> npt.NDArray[np.uint64]:
    """Hashes of Python's keywords and built-ins, which renaming must leave.

    Returns:
        uint64[KEPT_SLOTS]: each at the slot that its low bits say or the next free one behind it, else 0.
    """
    words = {*keyword.kwlist, *(name for name in dir(builtins) if name.islower()), "self"}
    slots = np.zeros(KEPT_SLOTS, np.uint64)
    for word in sorted(words):
        value = _word_hash(np.frombuffer(word.encode(), np.uint8))
        slot = int(value) % KEPT_SLOTS
        while slots[slot]:
            slot = (slot + 1) % KEPT_SLOTS
        slots[slot] = value
    return slots


def code_tokens(
    data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> CodeTokens:
    """Read texts as programs.

    Args:
        data: uint8[bytes].
        starts: int64[rows]; where each begins.
        ends: int64[rows].
    """
    size = int((ends - starts).sum()) + 1
    tokens = CodeTokens(
        np.empty(size, np.uint64),
        np.empty(size, np.int64),
        np.empty(size, np.uint8),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(len(starts) + 1, np.int64),
    )
    count = _read(data, starts, ends, kept_words(), tokens)
    return CodeTokens._make([*(column[:count] for column in tokens[:5]), tokens.offsets])


def code_stretches(
    data: npt.NDArray[np.uint8], text_offsets: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where texts may be programs: most of a corpus is prose and need not be read as one.

    Args:
        data: uint8[bytes].
        text_offsets: int64[rows + 1].

    Returns:
        (rows, starts, ends), int64[stretches]; a stretch begins and ends between words.
    """
    size = len(data) // BLOCK + len(text_offsets)
    rows, starts, ends = (np.empty(size, np.int64) for _ in range(3))
    count = _stretches(data, text_offsets, rows, starts, ends)
    return rows[:count], starts[:count], ends[:count]


def code_keys(
    tokens: CodeTokens,
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """As ``phrase_keys``: (keys, rows, places) of phrases with enough marks."""
    size = len(tokens.symbols)
    keys = np.empty(size, np.uint64)
    rows, places = np.empty(size, np.int64), np.empty(size, np.int64)
    count = _code_keys(tokens, keys, rows, places)
    return keys[:count], rows[:count], places[:count]


def find_code(tokens: CodeTokens, index: PhraseIndex) -> PhraseHits:
    """Look up every phrase of programs; as ``find_phrases``."""
    size = len(tokens.symbols)
    rows, positions, phrases = (np.empty(size, np.int64) for _ in range(3))
    count = _scan_code(tokens, index, rows, positions, phrases)
    return PhraseHits(rows[:count].copy(), positions[:count].copy(), phrases[:count].copy())


@kernel
def _is_word(byte: int) -> bool:
    return (
        0x61 <= byte <= 0x7A or 0x41 <= byte <= 0x5A or 0x30 <= byte <= 0x39
        or byte == 0x5F or byte >= 0x80
    )  # fmt: skip


@kernel
def _program_marks(block: npt.NDArray[np.uint8], flags: npt.NDArray[np.uint8]) -> int:
    """How many bytes are one of = ( ) [ ] { } _ < > + * % and :; ``flags`` is room for as many bytes.

    Two loops without branches, of which the compiler makes instructions over many bytes at once.
    """
    for place in range(len(block)):
        byte = block[place]
        flags[place] = np.uint8(
            (byte - np.uint8(0x28) < np.uint8(4)) | (byte - np.uint8(0x3C) < np.uint8(3))
            | (byte == np.uint8(0x3A)) | (byte == np.uint8(0x25)) | (byte == np.uint8(0x5B))
            | (byte == np.uint8(0x5D)) | (byte == np.uint8(0x5F)) | (byte == np.uint8(0x7B))
            | (byte == np.uint8(0x7D))
        )  # fmt: skip
    held = 0
    for place in range(len(block)):
        held += flags[place]
    return held


@kernel
def _stretches(
    data: npt.NDArray[np.uint8],
    text_offsets: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
) -> int:
    flags = np.empty(BLOCK, np.uint8)
    count = 0
    for row in range(len(text_offsets) - 1):
        first, stop = text_offsets[row], text_offsets[row + 1]
        for begin in range(first, stop, BLOCK):
            if _program_marks(data[begin : min(begin + BLOCK, stop)], flags) < BLOCK_MARKS:
                continue
            low = max(begin - BLOCK, first)
            high = min(begin + 2 * BLOCK, stop)
            while low > first and data[low - 1] > 0x20:
                low -= 1
            while high < stop and data[high] > 0x20:
                high += 1
            if count > 0 and rows[count - 1] == row and ends[count - 1] >= low:
                ends[count - 1] = high
            else:
                rows[count], starts[count], ends[count] = row, low, high
                count += 1
    return count


@kernel
def _word_hash(word: npt.NDArray[np.uint8]) -> np.uint64:
    value = HASH_SEED
    for byte in word:
        value = extend_hash(value, int(np.int64(byte)))
    return mix64(value)


@kernel
def _is_kept(kept: npt.NDArray[np.uint64], value: np.uint64) -> bool:
    slot = np.int64(value % np.uint64(KEPT_SLOTS))
    while kept[slot] != 0:
        if kept[slot] == value:
            return True
        slot = (slot + 1) % KEPT_SLOTS
    return False


@kernel
def _read(
    data: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    kept: npt.NDArray[np.uint64],
    tokens: CodeTokens,
) -> int:
    symbols, back, marks, start, end, offsets = tokens
    names = np.empty(len(symbols), np.uint64)
    of_mark = np.empty(256, np.uint64)
    for mark in range(256):
        of_mark[mark] = mix64(extend_hash(HASH_SEED, mark))
    count = 0
    offsets[0] = 0
    for row in range(len(starts)):
        position = starts[row]
        stop = ends[row]
        after_point = False
        while position < stop:
            byte = int(np.int64(data[position]))
            if byte <= 0x20:
                position += 1
                continue
            first = position
            name = np.uint64(0)
            start[count] = first
            back[count] = -1
            if _is_word(byte):
                value = HASH_SEED
                while position < stop and _is_word(int(np.int64(data[position]))):
                    value = extend_hash(value, int(np.int64(data[position])))
                    position += 1
                value = mix64(value)
                symbols[count] = value
                marks[count] = 0
                if _is_kept(kept, value):
                    marks[count] = 1
                elif not after_point and not 0x30 <= byte <= 0x39:
                    name = value
                    back[count] = 0
                    symbols[count] = _NEW_NAME
                    for distance in range(1, min(CODE_PHRASE, count - offsets[row] + 1)):
                        if names[count - distance] == value:
                            back[count] = distance
                            symbols[count] = mix64(np.uint64(distance))
                            break
                after_point = False
            else:
                position += 1
                symbols[count] = of_mark[byte]
                marks[count] = 1
                after_point = byte == _POINT
            names[count] = name
            end[count] = position
            count += 1
        offsets[row + 1] = count
    return count


@kernel
def _code_key(
    symbols: npt.NDArray[np.uint64], back: npt.NDArray[np.int64], first: int
) -> np.uint64:
    key = np.uint64(0)
    for step in range(CODE_PHRASE):
        symbol = symbols[first + step]
        if back[first + step] > step:  # it last stood before the phrase
            symbol = _NEW_NAME
        key = turned(key, TURN) ^ symbol
    return key


@kernel
def _code_keys(
    tokens: CodeTokens,
    keys: npt.NDArray[np.uint64],
    rows: npt.NDArray[np.int64],
    places: npt.NDArray[np.int64],
) -> int:
    symbols, back, marks, _, _, offsets = tokens
    count = 0
    for row in range(len(offsets) - 1):
        held = 0
        for i in range(offsets[row], offsets[row + 1]):
            held += marks[i]
            if i - offsets[row] >= CODE_PHRASE:
                held -= marks[i - CODE_PHRASE]
            first = i - CODE_PHRASE + 1
            if first >= offsets[row] and held >= LEAST_MARKS:
                keys[count] = _code_key(symbols, back, first)
                rows[count] = row
                places[count] = first - offsets[row]
                count += 1
    return count


@kernel
def _scan_code(
    tokens: CodeTokens,
    index: PhraseIndex,
    rows: npt.NDArray[np.int64],
    positions: npt.NDArray[np.int64],
    phrases: npt.NDArray[np.int64],
) -> int:
    symbols, back, marks, _, _, offsets = tokens
    bits = index.filter
    count = 0
    for row in range(len(offsets) - 1):
        held = 0
        for i in range(offsets[row], offsets[row + 1]):
            held += marks[i]
            if i - offsets[row] >= CODE_PHRASE:
                held -= marks[i - CODE_PHRASE]
            first = i - CODE_PHRASE + 1
            if first < offsets[row] or held < LEAST_MARKS:
                continue
            key = _code_key(symbols, back, first)
            place = key_place(key, index) if may_hold(bits, key) else -1
            if place >= 0:
                rows[count] = row
                positions[count] = first
                phrases[count] = place
                count += 1
    return count

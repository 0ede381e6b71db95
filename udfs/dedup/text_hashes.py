"""Hashes of whole texts: 128 bits of the normalised text, for exact copies, and 64 of the raw one."""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.columns.string_views import StringViews
from udfs.text.character_classes import HAS_LOWER, WHITESPACE, character_tables
from udfs.text.token_hashing import mix64
from udfs.text.utf8_decoding import INVALID, decode

_C1: Final = np.uint64(0x87C37B91114253D5)
_C2: Final = np.uint64(0x4CF5AD432745937F)
_SPACE: Final = 0x20


def normalised_hashes(views: StringViews) -> npt.NDArray[np.uint64]:
    """Hash each text after lower-casing it and collapsing its white space.

    Two texts have equal hashes when they differ in case, in the kind and amount of white space
    between words or at the ends, and in nothing else: punctuation and accents count. The hash is
    MurmurHash3_x64_128 (seed 0) of the normalised UTF-8: at 10**10 documents one accident is
    expected in 10**18 corpora. It is no defence against somebody who builds collisions on purpose.

    Args:
        views: The texts, in NFC where composition shall not matter. Bytes that are not UTF-8 are
            hashed as they are.

    Returns:
        uint64[rows, 2]; the two halves. White space only, empty and null hash alike.
    """
    tables = character_tables()
    result = np.empty((len(views.valid), 2), np.uint64)
    longest = int(np.diff(views.offsets).max(initial=0))
    # A lower-cased letter may need three bytes where the capital needed two.
    scratch = np.empty(longest + longest // 2 + 16, np.uint8)
    _hash_normalised(
        views.data, views.offsets, _folded_ascii(), tables.class_of, tables.flags_of,
        tables.lower_of, scratch, result,
    )  # fmt: skip
    return result


def raw_hashes(views: StringViews) -> npt.NDArray[np.uint64]:
    """Hash the bytes of each text: uint64[rows], first half of MurmurHash3_x64_128 (seed 0)."""
    result = np.empty(len(views.valid), np.uint64)
    _hash_raw(views.data, views.offsets, result)
    return result


@functools.cache
def _folded_ascii() -> npt.NDArray[np.uint8]:
    """uint8[128]; lower-cased character, or a space for every white space."""
    folded = [_SPACE if chr(code).isspace() else ord(chr(code).lower()) for code in range(128)]
    return np.array(folded, np.uint8)


@kernel
def _append_utf8(buffer: npt.NDArray[np.uint8], count: int, code_point: int | np.int64) -> int:
    """Write one character from U+0080 on; return the new length."""
    if code_point < 0x800:
        buffer[count] = 0xC0 | (code_point >> 6)
        buffer[count + 1] = 0x80 | (code_point & 0x3F)
        return count + 2
    if code_point < 0x10000:
        buffer[count] = 0xE0 | (code_point >> 12)
        buffer[count + 1] = 0x80 | ((code_point >> 6) & 0x3F)
        buffer[count + 2] = 0x80 | (code_point & 0x3F)
        return count + 3
    buffer[count] = 0xF0 | (code_point >> 18)
    buffer[count + 1] = 0x80 | ((code_point >> 12) & 0x3F)
    buffer[count + 2] = 0x80 | ((code_point >> 6) & 0x3F)
    buffer[count + 3] = 0x80 | (code_point & 0x3F)
    return count + 4


@kernel
def _hash_normalised(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    folded_ascii: npt.NDArray[np.uint8],
    class_of: npt.NDArray[np.uint8],
    flags_of: npt.NDArray[np.uint32],
    lower_of: npt.NDArray[np.int32],
    scratch: npt.NDArray[np.uint8],
    result: npt.NDArray[np.uint64],
) -> None:
    for row in range(len(offsets) - 1):
        position = offsets[row]
        stop = offsets[row + 1]
        count = 0
        previous = np.uint8(_SPACE)  # as if a space had been written: none is wanted in front
        while position < stop:
            byte = data[position]
            if byte < 0x80:
                byte = folded_ascii[byte]
                position += 1
            else:
                code_point, width = decode(data, position, stop)
                flags = flags_of[class_of[code_point]]
                position += width
                if flags & np.uint32(HAS_LOWER):
                    code_point = int(lower_of[code_point])
                if flags & np.uint32(WHITESPACE):
                    byte = np.uint8(_SPACE)
                elif code_point < 0x80:
                    byte = np.uint8(code_point)
                elif code_point != INVALID or width > 1:
                    count = _append_utf8(scratch, count, code_point)
                    previous = np.uint8(0)
                    continue
            # No branch on white space, which no processor can predict.
            scratch[count] = byte
            count += 1 - ((byte == _SPACE) & (previous == _SPACE))
            previous = byte
        if count > 0 and previous == _SPACE:
            count -= 1
        result[row, 0], result[row, 1] = _murmur3(scratch, 0, count)


@kernel
def _hash_raw(
    data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], result: npt.NDArray[np.uint64]
) -> None:
    for row in range(len(result)):
        result[row], _ = _murmur3(data, offsets[row], offsets[row + 1])


@kernel
def _rotate(value: np.uint64, bits: int) -> np.uint64:
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@kernel
def _word(data: npt.NDArray[np.uint8], position: int, count: int) -> np.uint64:
    """Up to eight bytes as a little-endian number."""
    value = np.uint64(0)
    for index in range(count):
        value |= np.uint64(data[position + index]) << np.uint64(8 * index)
    return value


@kernel
def _murmur3(data: npt.NDArray[np.uint8], start: int, stop: int) -> tuple[np.uint64, np.uint64]:
    """MurmurHash3_x64_128 (Appleby, public domain) of data[start:stop], seed 0."""
    high = np.uint64(0)
    low = np.uint64(0)
    length = np.uint64(stop - start)
    while stop - start >= 16:
        high ^= _rotate(_word(data, start, 8) * _C1, 31) * _C2
        high = (_rotate(high, 27) + low) * np.uint64(5) + np.uint64(0x52DCE729)
        low ^= _rotate(_word(data, start + 8, 8) * _C2, 33) * _C1
        low = (_rotate(low, 31) + high) * np.uint64(5) + np.uint64(0x38495AB5)
        start += 16
    rest = stop - start
    if rest > 8:
        low ^= _rotate(_word(data, start + 8, rest - 8) * _C2, 33) * _C1
    if rest > 0:
        high ^= _rotate(_word(data, start, min(rest, 8)) * _C1, 31) * _C2
    high ^= length
    low ^= length
    high += low
    low += high
    high = mix64(high)
    low = mix64(low)
    high += low
    low += high
    return high, low

"""Character references of a page, read as the HTML standard says, and written as UTF-8."""

from __future__ import annotations

import numpy as np

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.hashing import PRIME, SEED, Bytes, find, lower
from udfs.extraction.html.blocks.names import (
    LONGEST_REFERENCE,
    NEEDS_SEMICOLON,
    NUMERIC_FIXES,
    REFERENCE_BOUNDS,
    REFERENCE_BYTES,
    REFERENCE_KEYS,
    REFERENCE_VALUES,
)


@kernel
def put_character(out: Bytes, end: int, code: int) -> int:
    """Write a code point as UTF-8 at ``end``; returns the new end."""
    if code < 0x80:
        out[end] = code
        return end + 1
    if code < 0x800:
        out[end] = 0xC0 | (code >> 6)
    else:
        if code < 0x10000:
            out[end] = 0xE0 | (code >> 12)
        else:
            out[end] = 0xF0 | (code >> 18)
            end += 1
            out[end] = 0x80 | ((code >> 12) & 63)
        end += 1
        out[end] = 0x80 | ((code >> 6) & 63)
    out[end + 1] = 0x80 | (code & 63)
    return end + 2


@kernel
def read_reference(page: Bytes, start: int, out: Bytes, end: int) -> tuple[int, int]:
    """Read the character reference at the ``&`` of ``start`` and write what it means at ``end``.

    Returns:
        Place behind the reference (``start`` when there is none) and new end of the text. Numeric ones
        of forbidden code points become U+FFFD, as the standard wants.
    """
    size = page.shape[0]
    place = start + 1
    if place < size and page[place] == 35:  # '#'
        place += 1
        base = 10
        if place < size and lower(page[place]) == 120:
            base = 16
            place += 1
        first = place
        code = 0
        while place < size:
            digit = lower(page[place])
            if 48 <= digit <= 57:
                code = code * base + (digit - 48)
            elif base == 16 and 97 <= digit <= 102:
                code = code * base + (digit - 87)
            else:
                break
            code = min(code, 0x110000)
            place += 1
        if place == first:
            return start, end
        if place < size and page[place] == 59:
            place += 1
        if 0x80 <= code < 0xA0:
            code = np.int64(NUMERIC_FIXES[code - 0x80])  # type: ignore[assignment]
        if code == 0 or code >= 0x110000 or 0xD800 <= code < 0xE000:
            code = 0xFFFD
        return place, put_character(out, end, code)
    value = SEED
    best = -1
    best_place = start
    while place < size and place - start <= LONGEST_REFERENCE:
        byte = np.int64(page[place])
        if not (97 <= lower(byte) <= 122 or 48 <= byte <= 57):
            break
        value = (value ^ np.uint64(byte)) * PRIME
        place += 1
        number = find(REFERENCE_KEYS, REFERENCE_VALUES, value)
        if number >= 0:
            if place < size and page[place] == 59:
                best = number
                best_place = place + 1
                break
            if not NEEDS_SEMICOLON[number]:
                best = number
                best_place = place
    if best >= 0:
        for source in range(REFERENCE_BOUNDS[best], REFERENCE_BOUNDS[best + 1]):
            out[end] = REFERENCE_BYTES[source]
            end += 1
    return best_place, end

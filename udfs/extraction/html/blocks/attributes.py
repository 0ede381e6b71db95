"""Kernels that read one thing of a page's bytes: a character reference, the words of a class, attributes."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.names import (
    ATTRIBUTE_KEYS,
    ATTRIBUTE_VALUES,
    ATTRIBUTES,
    FNV_OFFSET,
    FNV_PRIME,
    LINKED_KEYS,
    LINKED_VALUES,
    LONGEST_REFERENCE,
    NEEDS_SEMICOLON,
    NUMERIC_FIXES,
    REFERENCE_BOUNDS,
    REFERENCE_BYTES,
    REFERENCE_KEYS,
    REFERENCE_VALUES,
    fnv,
)

Bytes = npt.NDArray[np.uint8]

MAXIMUM_WORDS: Final = 60
"""Class words kept of one element; generated class lists have hundreds."""
MAXIMUM_ATTRIBUTE: Final = 400
"""Bytes of a class list that are looked at."""
LONGEST_WORD: Final = 40

SEED: Final = np.uint64(FNV_OFFSET)
PRIME: Final = np.uint64(FNV_PRIME)
_WHOLE_SALT: Final = np.uint64(FNV_OFFSET ^ 7777)
_ROLE_SALT: Final = np.uint64(1000003)
_OG_TYPE: Final = np.uint64(fnv(b"og:type"))
_LICENSE: Final = np.uint64(fnv(b"license"))
_CANONICAL: Final = np.uint64(fnv(b"canonical"))

# Places of what ``read_attributes`` finds in its ``found``.
HIDES, STATES, IS_LINKED_DATA, OG_TYPE, ATTRIBUTE_FACTS = range(5)

(
    _CLASS,
    _ID,
    _ROLE,
    _ITEMPROP,
    _STYLE,
    _HIDDEN,
    _ARIA,
    _PROPERTY,
    _CONTENT,
    _NAME,
    _ITEMTYPE,
    _TYPE,
    _REL,
) = range(len(ATTRIBUTES))


@kernel
def lower(byte: Any) -> Any:
    """ASCII lower case of a byte as int64."""
    code = np.int64(byte)
    return code + 32 if 65 <= code <= 90 else code


@kernel
def find(keys: npt.NDArray[np.uint64], values: npt.NDArray[np.int32], key: Any) -> int:
    """Value of ``key`` in a table of ``hash_table``, or -1."""
    mask = np.uint64(keys.shape[0] - 1)
    place = np.int64(np.uint64(key) & mask)
    while values[place] >= 0:
        if keys[place] == np.uint64(key):
            return np.int64(values[place])  # type: ignore[return-value]
        place = (place + 1) & np.int64(mask)
    return np.int64(-1)  # type: ignore[return-value]


@kernel
def hash_lower(page: Bytes, start: int, end: int) -> Any:
    """FNV-1a of the lower-cased bytes ``start`` to ``end``."""
    value = SEED
    for place in range(start, end):
        value = (value ^ np.uint64(lower(page[place]))) * PRIME
    return value


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


@kernel
def hash_words(
    page: Bytes,
    start: int,
    end: int,
    salt: Any,
    words: npt.NDArray[np.uint64],
    count: int,
    limit: int,
) -> int:
    """Hashes of the letter runs of a class list, split at case changes, and of its composed words.

    Returns:
        New count of ``words``; never above ``limit``.
    """
    part = SEED
    letters = 0
    whole = _WHOLE_SALT
    length = 0
    parts = 0
    for place in range(start, end + 1):
        byte = np.int64(page[place]) if place < end else np.int64(32)
        is_upper = 65 <= byte <= 90
        is_letter = is_upper or 97 <= byte <= 122
        is_new = not is_letter or (is_upper and place > start and 97 <= page[place - 1] <= 122)
        if is_new and letters > 0:
            if 2 <= letters <= LONGEST_WORD and count < limit:
                words[count] = part ^ salt
                count += 1
            parts += 1
            part = SEED
            letters = 0
        if is_letter:
            part = (part ^ np.uint64(lower(byte))) * PRIME
            letters += 1
        if byte <= 32:
            if parts > 1 and length < LONGEST_WORD and count < limit:
                words[count] = whole ^ salt
                count += 1
            whole = _WHOLE_SALT
            length = 0
            parts = 0
        else:
            whole = (whole ^ np.uint64(lower(byte))) * PRIME
            length += 1
    return count


@kernel
def _says_none(page: Bytes, start: int, end: int) -> bool:
    """Whether a style attribute holds ``display: none``."""
    for place in range(start, end - 3):
        if (
            lower(page[place]) == 110
            and lower(page[place + 1]) == 111
            and lower(page[place + 2]) == 110
        ):
            back = place - 1
            while back > start and (page[back] <= 32 or page[back] == 58):
                back -= 1
            if back >= start + 6 and hash_lower(page, back - 6, back + 1) == _DISPLAY:
                return True
    return False


_DISPLAY: Final = np.uint64(fnv(b"display"))


@kernel
def read_attributes(
    page: Bytes,
    place: int,
    is_element: bool,
    words: npt.NDArray[np.uint64],
    count: int,
    found: npt.NDArray[np.int64],
) -> tuple[int, int]:
    """Read the attributes behind a tag's name.

    Args:
        page: Bytes of the page.
        place: First byte behind the name.
        is_element: Whether class words and hiding attributes are wanted.
        words: Receives the class words.
        count: Words written so far.
        found: Receives the facts at ``HIDES`` to ``OG_TYPE``; int64 [``ATTRIBUTE_FACTS``].

    Returns:
        Place of the closing ``>`` (the size of the page when there is none) and new count of words.
    """
    size = page.shape[0]
    limit = min(count + MAXIMUM_WORDS, words.shape[0])
    is_og_type = False
    content_start = -1
    while place < size:
        byte = page[place]
        if byte <= 32 or byte == 47:
            place += 1
            continue
        if byte == 62:
            break
        name = SEED
        first = place
        while place < size:
            byte = lower(page[place])
            if byte <= 32 or byte == 62 or byte == 47 or (byte == 61 and place > first):
                break
            name = (name ^ np.uint64(byte)) * PRIME
            place += 1
        while place < size and page[place] <= 32:
            place += 1
        start = end = place
        if place < size and page[place] == 61:
            place += 1
            while place < size and page[place] <= 32:
                place += 1
            start = place
            if place < size and (page[place] == 34 or page[place] == 39):
                quote = page[place]
                place += 1
                start = place
                while place < size and page[place] != quote:
                    place += 1
                end = place
                place += 1
            else:
                while place < size and page[place] > 32 and page[place] != 62:
                    place += 1
                end = place
        which = find(ATTRIBUTE_KEYS, ATTRIBUTE_VALUES, name)
        if which < 0:
            continue
        if which <= _ITEMPROP:
            if is_element:
                salt = np.uint64(0) if which <= _ID else np.uint64(which) * _ROLE_SALT
                last = min(end, start + MAXIMUM_ATTRIBUTE)
                count = hash_words(page, start, last, salt, words, count, limit)
        elif which == _STYLE:
            found[HIDES] |= _says_none(page, start, min(end, start + MAXIMUM_ATTRIBUTE))
        elif which == _HIDDEN or (which == _ARIA and end - start == 4):
            found[HIDES] = 1
        elif which in (_PROPERTY, _NAME):
            is_og_type = is_og_type or hash_lower(page, start, end) == _OG_TYPE
        elif which == _CONTENT:
            content_start = start
        elif which == _ITEMTYPE:
            found[STATES] = 1
        elif which == _REL and end - start >= 7:
            # One of several relations is looked for at both ends of the list.
            found[STATES] |= hash_lower(page, start, start + 7) == _LICENSE
            found[STATES] |= hash_lower(page, end - 7, end) == _LICENSE
            found[STATES] |= hash_lower(page, start, min(end, start + 9)) == _CANONICAL
            found[STATES] |= hash_lower(page, max(start, end - 9), end) == _CANONICAL
        elif which == _TYPE and end - start > 10:
            found[IS_LINKED_DATA] = hash_lower(page, end - 4, end) == _JSON
    if is_og_type and 0 <= content_start < size:
        kind = lower(page[content_start])
        found[OG_TYPE] = 1 if kind == 97 else 2 if kind == 112 else 3  # article, product, other
    return min(place, size), count


_JSON: Final = np.uint64(fnv(b"json"))


@kernel
def count_linked_types(page: Bytes, start: int, end: int, kinds: npt.NDArray[np.int32]) -> None:
    """Count the ``"@type"`` values of a JSON-LD script into the groups of ``LINKED_TYPES``."""
    place = start
    while place + 10 < end:
        if page[place] == 64 and page[place + 1] == 116 and page[place + 4] == 101:  # @t..e
            place += 6
            while place < end and (page[place] <= 32 or page[place] == 58 or page[place] == 91):
                place += 1
            if place < end and page[place] == 34:
                first = place + 1
                place = first
                while place < end and page[place] != 34 and place - first < 64:
                    place += 1
                group = find(LINKED_KEYS, LINKED_VALUES, hash_lower(page, first, place))
                if group >= 0:
                    kinds[group] += 1
        place += 1

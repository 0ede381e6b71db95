"""Kernels that read one thing of a page's bytes: a character reference, the words of a class, attributes."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.hashing import PRIME, SEED, Bytes, find, hash_lower, lower
from udfs.extraction.html.blocks.names import (
    ATTRIBUTE_KEYS,
    ATTRIBUTE_VALUES,
    ATTRIBUTES,
    FNV_OFFSET,
    LINE_NUMBER,
    LINKED_KEYS,
    LINKED_VALUES,
    ROLE_KEYS,
    ROLE_VALUES,
    TAG,
    TAG_KEYS,
    TAG_VALUES,
    fnv,
)

MAXIMUM_WORDS: Final = 60
"""Class words kept of one element; generated class lists have hundreds."""
MAXIMUM_ATTRIBUTE: Final = 400
"""Bytes of a class list that are looked at."""
LONGEST_WORD: Final = 40

_WHOLE_SALT: Final = np.uint64(FNV_OFFSET ^ 7777)
_ROLE_SALT: Final = np.uint64(1000003)
_OG_TYPE: Final = np.uint64(fnv(b"og:type"))
_LICENSE: Final = np.uint64(fnv(b"license"))
_CANONICAL: Final = np.uint64(fnv(b"canonical"))

# Places of what ``read_attributes`` finds in its ``found``.
(
    HIDES,
    STATES,
    IS_LINKED_DATA,
    OG_TYPE,
    IS_TEX,
    ROLE,
    ROW_SPAN,
    COLUMN_SPAN,
    IS_SHADOW,
    ATTRIBUTE_FACTS,
) = range(10)
MAXIMUM_SPAN: Final = 1_000
"""Rows or columns of a cell, as the standard bounds columns."""

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
    _ROWSPAN,
    _COLSPAN,
    _SHADOW_MODE,
    _SHADOW,
) = range(len(ATTRIBUTES))


@kernel
def read_name(page: Bytes, first: int) -> tuple[int, Any, int]:
    """Read the name of a tag that begins at ``first``.

    Returns:
        Place behind it, its hash and its number: that of ``#custom`` for names with a hyphen that are none of
        MathJax, whose elements are parts of a line, and -1 for others that are not known.
    """
    size = page.shape[0]
    name = SEED
    place = first
    is_custom = False
    while place < size and page[place] > 32 and page[place] != 47 and page[place] != 62:
        is_custom = is_custom or page[place] == 45
        name = (name ^ np.uint64(lower(page[place]))) * PRIME
        place += 1
    tag = find(TAG_KEYS, TAG_VALUES, name)
    if tag < 0 and is_custom and hash_lower(page, first, first + 4) != _MATHJAX:
        tag = _CUSTOM
    return place, name, tag


_MATHJAX: Final = np.uint64(fnv(b"mjx-"))
_CUSTOM: Final = TAG["#custom"]


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
def _role(page: Bytes, start: int, end: int) -> int:
    """The role among ``ROLES`` that a word of a class list names, or 0."""
    first = start
    for place in range(start, end + 1):
        if place == end or page[place] <= 32:
            if place > first:
                role = find(ROLE_KEYS, ROLE_VALUES, hash_lower(page, first, place))
                if role > 0:
                    return role
            first = place + 1
    return 0


@kernel
def _span(page: Bytes, start: int, end: int) -> int:
    """The number of an attribute that counts rows or columns, 1 to ``MAXIMUM_SPAN``."""
    number = 0
    for place in range(start, min(end, start + 6)):
        if not 48 <= page[place] <= 57:
            break
        number = 10 * number + int(page[place]) - 48
    return max(1, min(number, MAXIMUM_SPAN))


@kernel
def _says_unselectable(page: Bytes, start: int, end: int) -> bool:
    """Whether a style attribute holds ``user-select: none``."""
    for place in range(start, end - 11):
        if page[place] == 45 and hash_lower(page, place, place + 7) == _SELECT:
            return _says_none_behind(page, place + 7, end)
    return False


@kernel
def _says_none_behind(page: Bytes, place: int, end: int) -> bool:
    while place < end and (page[place] <= 32 or page[place] == 58):
        place += 1
    return place + 4 <= end and hash_lower(page, place, place + 4) == _NONE


_SELECT: Final = np.uint64(fnv(b"-select"))
_NONE: Final = np.uint64(fnv(b"none"))


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
        found: Receives the facts at ``HIDES`` to ``IS_SHADOW``; int64 [``ATTRIBUTE_FACTS``], zeroed. The
            role is told of elements that are no blocks.

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
            elif which == _CLASS:
                found[ROLE] = _role(page, start, min(end, start + MAXIMUM_ATTRIBUTE))
        elif which == _STYLE:
            last = min(end, start + MAXIMUM_ATTRIBUTE)
            found[HIDES] |= _says_none(page, start, last)
            if not is_element and found[ROLE] == 0 and _says_unselectable(page, start, last):
                found[ROLE] = LINE_NUMBER
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
        elif which == _TYPE and end - start >= 8:
            found[IS_LINKED_DATA] = end - start > 10 and hash_lower(page, end - 4, end) == _JSON
            found[IS_TEX] = hash_lower(page, start, start + 8) == _MATH_TEX
        elif which == _ROWSPAN:
            found[ROW_SPAN] = _span(page, start, end)
        elif which == _COLSPAN:
            found[COLUMN_SPAN] = _span(page, start, end)
        elif which in (_SHADOW_MODE, _SHADOW):
            mode = hash_lower(page, start, end)
            found[IS_SHADOW] = mode in (_OPEN, _CLOSED)
    if is_og_type and 0 <= content_start < size:
        kind = lower(page[content_start])
        found[OG_TYPE] = 1 if kind == 97 else 2 if kind == 112 else 3  # article, product, other
    return min(place, size), count


_JSON: Final = np.uint64(fnv(b"json"))
_MATH_TEX: Final = np.uint64(fnv(b"math/tex"))
_OPEN: Final = np.uint64(fnv(b"open"))
_CLOSED: Final = np.uint64(fnv(b"closed"))


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

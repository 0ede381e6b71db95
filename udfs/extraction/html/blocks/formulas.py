"""Kernels that write a formula once: its TeX where the page gives it, else its MathML on one line."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.hashing import PRIME, SEED, Bytes, find, hash_lower, lower
from udfs.extraction.html.blocks.names import fnv, hash_table
from udfs.extraction.html.blocks.references import read_reference

MAXIMUM_LEVELS: Final = 64
"""Elements deeper in a formula add their text and no marks."""

(
    _LEAF,
    _ROW,
    _SUPERSCRIPT,
    _SUBSCRIPT,
    _BOTH,
    _FRACTION,
    _ROOT,
    _INDEXED_ROOT,
    _TABLE_ROW,
    _CELL,
    _SPACE,
    _ANNOTATION,
) = range(1, 13)
_ELEMENTS = {
    **dict.fromkeys(("mi", "mn", "mo", "mtext", "ms"), _LEAF),
    **dict.fromkeys(("mrow", "mfenced", "menclose", "mphantom", "mpadded", "mtable"), _ROW),
    **dict.fromkeys(("msup", "mover"), _SUPERSCRIPT),
    **dict.fromkeys(("msub", "munder"), _SUBSCRIPT),
    **dict.fromkeys(("msubsup", "munderover"), _BOTH),
    "mfrac": _FRACTION,
    "msqrt": _ROOT,
    "mroot": _INDEXED_ROOT,
    "mtr": _TABLE_ROW,
    "mtd": _CELL,
    "mspace": _SPACE,
    "annotation": _ANNOTATION,
    "annotation-xml": _ANNOTATION,
}
_KEYS, _VALUES = hash_table({fnv(name.encode()): kind for name, kind in _ELEMENTS.items()})
_ALTTEXT: Final = np.uint64(fnv(b"alttext"))
_TEX: Final = np.uint64(fnv(b"tex"))
_ANNOTATION_NAME: Final = np.uint64(fnv(b"<annotation"))


@kernel
def copy_text(page: Bytes, start: int, stop: int, out: Bytes, end: int) -> int:
    """Copy text with its references resolved, blanks as one, none at the ends; returns the new end."""
    first = end
    i = start
    while i < stop:
        byte = page[i]
        if byte <= 32:
            if end > first and out[end - 1] != 32:
                out[end] = 32
                end += 1
            i += 1
        elif byte == 38:
            i, behind = read_reference(page, i, out, end)
            if behind == end:
                out[end] = 38
                behind = end + 1
                i += 1
            end = behind
        else:
            out[end] = byte
            end += 1
            i += 1
    while end > first and out[end - 1] == 32:
        end -= 1
    return end


@kernel
def write_tex(page: Bytes, start: int, stop: int, out: Bytes, end: int) -> int:
    """Write TeX between dollar signs; nothing when it is blank."""
    out[end] = 36
    behind = copy_text(page, start, stop, out, end + 1)
    if behind == end + 1:
        return end
    out[behind] = 36
    return behind + 1


@kernel
def _end_of_tag(page: Bytes, place: int, stop: int) -> int:
    """Place of the ``>`` that ends the tag at ``place``, quotes looked at; ``stop`` without one."""
    quote = np.int64(0)
    while place < stop:
        byte = np.int64(page[place])
        if quote > 0:
            if byte == quote:
                quote = np.int64(0)
        elif byte in (34, 39):
            quote = byte
        elif byte == 62:
            return place
        place += 1
    return stop


@kernel
def _tex_of(page: Bytes, place: int, stop: int) -> tuple[int, int]:
    """Bounds of the TeX of the formula whose tag begins at ``place``: annotation or ``alttext``; or -1."""
    tag_end = _end_of_tag(page, place, stop)
    i = tag_end
    while i + 11 < stop:
        if page[i] == 60 and hash_lower(page, i, i + 11) == _ANNOTATION_NAME:
            behind = _end_of_tag(page, i, stop)
            for at in range(i + 11, behind - 2):
                is_over = at + 3 == behind or page[at + 3] in (34, 39, 32)
                if is_over and hash_lower(page, at, at + 3) == _TEX:
                    close = behind
                    while close < stop and page[close] != 60:
                        close += 1
                    return behind + 1, close
            i = behind
        i += 1
    for at in range(place, tag_end - 8):
        if page[at + 7] == 61 and hash_lower(page, at, at + 7) == _ALTTEXT:
            quote = page[at + 8]
            close = at + 9
            while close < tag_end and page[close] != quote:
                close += 1
            return (at + 9, close) if quote in (34, 39) else (-1, -1)
    return -1, -1


@kernel
def _close_group(out: Bytes, start: int, end: int) -> int:
    """End the group whose bracket is at ``start``; one of letters and digits alone needs no brackets."""
    is_simple = True
    for place in range(start + 1, end):
        byte = lower(out[place])
        is_simple = is_simple and (97 <= byte <= 122 or 48 <= byte <= 57)
    if is_simple:
        for place in range(start + 1, end):
            out[place - 1] = out[place]
        return end - 1
    out[end] = 41
    return end + 1


@kernel
def _put_separator(kind: Any, child: Any, out: Bytes, start: int, end: int) -> int:
    """Write what stands before the ``child``-th part of an element of this kind."""
    mark = 0
    if child > 0:
        if kind == _SUPERSCRIPT or (kind == _BOTH and child == 2):
            mark = 94
        elif kind in (_SUBSCRIPT, _BOTH):
            mark = 95
        elif kind == _FRACTION:
            mark = 47
        elif kind == _INDEXED_ROOT:
            mark = 44
        elif kind == _TABLE_ROW:
            mark = 32
    if mark > 0 and end > start:
        out[end] = mark
        end += 1
    return end


@kernel
def write_formula(page: Bytes, place: int, stop: int, out: Bytes, end: int) -> int:
    """Write a ``math`` element.

    Args:
        page: The page.
        place: Where its start tag begins.
        stop: Where its end tag does.
        out: Receives the text; never more bytes than the element has.
        end: Where it begins.

    Returns:
        New end. TeX stands between dollar signs; without it ``x^2``, ``a_i``, ``(a+b)/2``, ``√(x)``.
    """
    tex_start, tex_stop = _tex_of(page, place, stop)
    if tex_start >= 0:
        behind = write_tex(page, tex_start, tex_stop, out, end)
        if behind > end:
            return behind
    start = end
    kinds = np.zeros(MAXIMUM_LEVELS + 1, np.int64)
    children = np.zeros(MAXIMUM_LEVELS + 1, np.int64)
    groups = np.full(MAXIMUM_LEVELS + 1, -1, np.int64)
    level = 0
    i = _end_of_tag(page, place, stop) + 1
    while i < stop:
        if page[i] != 60:
            text_stop = i
            while text_stop < stop and page[text_stop] != 60:
                text_stop += 1
            end = copy_text(page, i, text_stop, out, end)
            # U+2061 to U+2064: function application and signs that nobody sees.
            is_unseen = end - 3 >= start and out[end - 3] == 0xE2 and out[end - 2] == 0x81
            if is_unseen and 0xA1 <= out[end - 1] <= 0xA4:
                end -= 3
            i = text_stop
            continue
        is_end = i + 1 < stop and page[i + 1] == 47
        first = i + 2 if is_end else i + 1
        name = SEED
        last = first
        while last < stop and page[last] > 32 and page[last] != 47 and page[last] != 62:
            name = (name ^ np.uint64(lower(page[last]))) * PRIME
            last += 1
        kind = find(_KEYS, _VALUES, name)
        behind = _end_of_tag(page, last, stop)
        is_closed = behind < stop and page[behind - 1] == 47
        i = behind + 1
        if kind < 0:
            continue
        if kind == _ANNOTATION:
            while not is_end and i < stop:  # to its end tag, whatever it holds
                if (
                    page[i] == 60
                    and page[i + 1] == 47
                    and hash_lower(page, i + 2, i + 12) == _ANNOTATION_TAG
                ):
                    break
                i += 1
            continue
        if is_end:
            if level > 0:
                if level <= MAXIMUM_LEVELS and groups[level] >= 0:
                    end = _close_group(out, groups[level], end)
                level -= 1
            continue
        if level <= MAXIMUM_LEVELS:
            above = kinds[level]
            end = _put_separator(above, children[level], out, start, end)
            is_part = _SUPERSCRIPT <= above <= _FRACTION
            needs_group = is_part and kind not in (_LEAF, _SPACE)
            children[level] += 1
        else:
            needs_group = False
        if kind in (_SPACE, _TABLE_ROW) and end > start and out[end - 1] != 32:
            out[end] = 32
            end += 1
        if is_closed:
            continue
        level += 1
        if level <= MAXIMUM_LEVELS:
            kinds[level] = kind
            children[level] = 0
            groups[level] = -1
            if kind in (_ROOT, _INDEXED_ROOT):
                out[end] = 0xE2
                out[end + 1] = 0x88
                out[end + 2] = 0x9A
                end += 3
                needs_group = True
            if needs_group:
                groups[level] = end
                out[end] = 40
                end += 1
    while end > start and out[end - 1] == 32:
        end -= 1
    return end


_ANNOTATION_TAG: Final = np.uint64(fnv(b"annotation"))

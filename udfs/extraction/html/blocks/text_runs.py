"""Kernels that copy a run of text and that skip what holds none: comments, scripts, styles."""

from __future__ import annotations

from typing import Any

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.hashing import Bytes, hash_lower
from udfs.extraction.html.blocks.references import read_reference
from udfs.extraction.html.blocks.state import (
    CHARACTERS,
    END,
    IN_LINK,
    IS_SPACE,
    LINKED,
    OPEN_CODE,
    START,
    State,
)


@kernel
def behind_markup(page: Bytes, place: int) -> int:
    """Place behind the comment, declaration or instruction whose ``<!``, ``<?`` or ``</`` is at ``place``."""
    size = page.shape[0]
    i = place + 2
    if page[place + 1] == 33 and i + 1 < size and page[i] == 45 and page[i + 1] == 45:
        i += 2
        if i < size and page[i] == 62:
            return i + 1
        if i + 1 < size and page[i] == 45 and page[i + 1] == 62:
            return i + 2
        while i + 2 < size:
            if page[i] == 45 and page[i + 1] == 45:
                if page[i + 2] == 62:
                    return i + 3
                if page[i + 2] == 33 and i + 3 < size and page[i + 3] == 62:
                    return i + 4
            i += 1
        return size  # type: ignore[no-any-return]
    while i < size and page[i] != 62:
        i += 1
    return i + 1


@kernel
def end_of_raw(page: Bytes, place: int, name: Any, length: int) -> int:
    """Place of the ``</`` that ends a raw-text element of this name, or -1."""
    size = page.shape[0]
    while place + length + 2 < size:
        if page[place] == 60 and page[place + 1] == 47:
            behind = page[place + 2 + length]
            is_over = behind <= 32 or behind == 47 or behind == 62
            if is_over and hash_lower(page, place + 2, place + 2 + length) == name:
                return place
        place += 1
    return -1


@kernel
def read_text(page: Bytes, i: int, out: Bytes, at: State, is_code: bool) -> int:
    """Copy text up to the next ``<``: references resolved, runs of blanks one blank except in code.

    Args:
        page: The page.
        i: Where the text begins.
        out: Receives it.
        at: The state.
        is_code: Whether it stands in preformatted text. Other inline code keeps the blanks that must not be
            broken: its lines are indented by them.

    Returns:
        Place of the ``<`` or the end of the page.
    """
    size = page.shape[0]
    start, end = at[START], at[END]
    is_space = at[IS_SPACE] > 0
    keeps_blanks = is_code or at[OPEN_CODE] > 0
    characters = 0
    while i < size and (page[i] != 60 or i + 1 == size):
        byte = page[i]
        if byte > 32 and byte != 38 and byte != 0xC2:
            out[end] = byte
            end += 1
            i += 1
        elif byte == 32 or (9 <= byte <= 13):
            if is_code:
                if byte != 13 and (byte != 10 or end > start):
                    out[end] = byte
                    end += 1
            elif not is_space:
                out[end] = 32
                end += 1
            is_space = True
            i += 1
            continue
        elif byte < 32:
            i += 1
            continue
        else:
            before = end
            if byte == 38:
                i, end = read_reference(page, i, out, end)
            if end == before:
                out[end] = byte
                end += 1
                i += 1
                if byte == 0xC2 and i < size:
                    out[end] = page[i]
                    end += 1
                    i += 1
            is_no_break = end - before == 2 and out[before] == 0xC2 and out[before + 1] == 0xA0
            if is_no_break or out[before] <= 32:
                if not is_code or is_no_break:
                    out[before] = 32
                is_kept = is_code or not is_space or (is_no_break and keeps_blanks)
                end = before + 1 if is_kept else before
                is_space = True
                continue
        is_space = False
        characters += byte < 0x80 or byte >= 0xC0
    at[END] = end
    at[IS_SPACE] = is_space
    at[CHARACTERS] += characters
    at[LINKED] += characters * at[IN_LINK]
    return i

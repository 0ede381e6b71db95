"""Kernels for what stands within a line: links, code, raised text, readings, formulas, what is skipped."""

from __future__ import annotations

from typing import Any

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.attributes import ROLE
from udfs.extraction.html.blocks.formulas import write_formula
from udfs.extraction.html.blocks.hashing import Bytes
from udfs.extraction.html.blocks.names import (
    BLOCK,
    CODE,
    EDIT_LINKS,
    GLYPHS,
    LINE_NUMBER,
    SPOKEN,
    TYPESET,
    tags_named,
)
from udfs.extraction.html.blocks.raised import is_numerator, write_subscript, write_superscript
from udfs.extraction.html.blocks.state import (
    CHARACTERS,
    CODE_MARK,
    CODE_NODE,
    CURRENT,
    END,
    FORMULA_END,
    IN_CODE,
    IN_LINK,
    INLINE_COUNT,
    IS_SPACE,
    LINK_COUNT,
    LINK_START,
    LINKED,
    LINKS_BEFORE,
    LOWERED,
    NUMBER_START,
    NUMBER_TAG,
    OPEN_CODE,
    RAISED,
    RUBIES,
    SKIPPED_LEVELS,
    SKIPPED_TAG,
    START,
    State,
    put,
)
from udfs.extraction.html.blocks.text_runs import behind_markup, end_of_raw

_A, _SUP, _SUB, _RUBY, _RB, _RP, _RT, _RTC, _CUSTOM = tags_named(
    "a sup sub ruby rb rp rt rtc #custom"
)


@kernel
def _take_back(at: State, out: Bytes, start: int) -> None:
    """Drop the text from ``start`` on."""
    for place in range(start, at[END]):
        byte = out[place]
        if byte > 32 and (byte < 0x80 or byte >= 0xC0):
            at[CHARACTERS] = max(0, at[CHARACTERS] - 1)
            at[LINKED] = max(0, at[LINKED] - at[IN_LINK])
    at[END] = start
    at[IS_SPACE] = start == at[START] or out[start - 1] == 32


@kernel
def _is_anchor(out: Bytes, start: int, end: int, in_heading: bool) -> bool:
    """Whether a link's text is a mark to take an address from: a pilcrow, in headings # and the like."""
    while start < end and out[start] <= 32:
        start += 1
    while end > start and out[end - 1] <= 32:
        end -= 1
    if end - start == 2 and out[start] == 0xC2:
        return bool(out[start + 1] == 0xB6 or (in_heading and out[start + 1] == 0xA7))
    if end - start == 4 and out[start] == 0xF0 and out[start + 1] == 0x9F:
        return bool(out[start + 2] == 0x94 and out[start + 3] == 0x97)
    return bool(end - start == 1 and out[start] == 35 and in_heading)


@kernel
def _is_number(out: Bytes, start: int, end: int) -> bool:
    """Whether a text holds digits and blanks alone."""
    digits = 0
    for place in range(start, end):
        if 48 <= out[place] <= 57:
            digits += 1
        elif out[place] not in (32, 9, 10, 46, 58, 124):
            return False
    return digits > 0


@kernel
def is_passed(at: State, tag: int, kind: Any, is_end: bool) -> bool:
    """Whether a tag within something skipped says nothing; ends the skipping where it does.

    Args:
        at: The state; something is skipped.
        tag: Number of the tag, -1 for unknown ones.
        kind: Its kind.
        is_end: Whether it is an end tag.
    """
    skipped = at[SKIPPED_TAG]
    begins_part = tag == _RB or (tag in (_RP, _RT) and skipped != _RTC)
    if skipped in (_RP, _RT, _RTC) and (tag == _RUBY if is_end else begins_part):
        at[SKIPPED_TAG] = 0  # readings may end without a tag
    elif at[SKIPPED_LEVELS] > 0:
        at[SKIPPED_LEVELS] += 0 if tag != skipped else -1 if is_end else 1
        if at[SKIPPED_LEVELS] == 0:
            at[SKIPPED_TAG] = 0
            return True
    elif is_end and tag == skipped:
        at[SKIPPED_TAG] = 0
    is_text = kind != BLOCK or tag == _CUSTOM or (is_end and at[SKIPPED_LEVELS] == 0)
    if is_text and (at[SKIPPED_TAG] > 0 or is_end):
        at[RUBIES] -= is_end and tag == _RUBY and at[RUBIES] > 0
        return True
    if kind == BLOCK:  # elements of HTML end foreign content that was left open
        at[SKIPPED_TAG] = at[SKIPPED_LEVELS] = 0
    return False


@kernel
def read_math(page: Bytes, at: State, out: Bytes, place: int, behind: int, name: Any) -> int:
    """Write the ``math`` element whose tag is at ``place``; place behind it, or -1 if it is never closed."""
    close = end_of_raw(page, behind, name, 4)
    if close < 0:
        return -1
    put(at, write_formula(page, place, close, out, at[END]))
    at[FORMULA_END] = at[END]
    return behind_markup(page, close)


@kernel
def read_inline(
    page: Bytes,
    place: int,
    at: State,
    out: Bytes,
    found: Any,
    tag: int,
    is_end: bool,
    in_code: bool,
    in_heading: bool,
    has_tex: bool,
) -> None:
    """Take an inline tag into the state, and change the text that it ends.

    Args:
        page: The page.
        place: Behind the tag.
        at: The state.
        out: The text.
        found: Of ``read_attributes``.
        tag: Number of the tag.
        is_end: Whether it is an end tag.
        in_code: Whether it stands in preformatted text.
        in_heading: Whether it stands in a heading.
        has_tex: Whether the page's scripts hold its formulas.
    """
    start = at[START]
    if tag == _A:
        if not is_end:
            at[LINK_START] = at[END]
        elif (
            at[IN_LINK]
            and at[LINK_START] >= start
            and _is_anchor(out, at[LINK_START], at[END], in_heading)
        ):
            _take_back(at, out, at[LINK_START])
        at[IN_LINK] = not is_end
        at[LINK_COUNT] += at[IN_LINK]
    elif not is_end:
        at[INLINE_COUNT] += 1
    if tag == _RUBY:
        at[RUBIES] = max(0, at[RUBIES] - 1) if is_end else at[RUBIES] + 1
    elif tag in (_SUP, _SUB):
        _read_raised(page, place, at, out, tag, is_end)
    role = found[ROLE]
    if is_end:
        if tag == at[NUMBER_TAG]:
            if at[NUMBER_START] >= start and _is_number(out, at[NUMBER_START], at[END]):
                _take_back(at, out, at[NUMBER_START])
            at[NUMBER_TAG] = -1
    elif role == LINE_NUMBER and (in_code or at[OPEN_CODE] > 0):
        at[NUMBER_TAG] = tag
        at[NUMBER_START] = at[END]
    elif role > 0:
        is_behind_formula = at[FORMULA_END] >= 0 and at[END] - at[FORMULA_END] <= 1
        is_second = (role == GLYPHS and is_behind_formula) or (role == TYPESET and has_tex)
        if role in (EDIT_LINKS, SPOKEN) or is_second:
            at[SKIPPED_TAG] = tag
            at[SKIPPED_LEVELS] = 1
            return
    if CODE[tag] and not in_code:
        at[IN_CODE] = not is_end
        at[CODE_NODE] = at[CURRENT]
        if (at[OPEN_CODE] > 0) == is_end:
            at[OPEN_CODE] = not is_end
            out[at[END]] = CODE_MARK
            at[END] += 1


@kernel
def _read_raised(page: Bytes, place: int, at: State, out: Bytes, tag: int, is_end: bool) -> None:
    """Begin or end raised or lowered text."""
    if not is_end:
        at[LINKS_BEFORE] = at[LINK_COUNT]
        at[RAISED] = at[END] if tag == _SUP else -1
        at[LOWERED] = at[END] if tag == _SUB else -1
        return
    start = at[START]
    if tag == _SUP and at[RAISED] >= start:
        is_linked = at[IN_LINK] > 0 or at[LINK_COUNT] > at[LINKS_BEFORE]
        is_upper = is_numerator(page, place)
        end = write_superscript(out, start, at[RAISED], at[END], is_linked, is_upper)
        at[IS_SPACE] = end == start or out[end - 1] == 32
        at[END] = end
    elif tag == _SUB and at[LOWERED] >= start:
        at[END] = write_subscript(out, start, at[LOWERED], at[END])
        at[IS_SPACE] = at[END] == start or out[at[END] - 1] == 32
    at[RAISED] = at[LOWERED] = -1

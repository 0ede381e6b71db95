"""Kernels that write what stands raised or lowered in a line, so that it is not glued to its base.

``10<sup>6</sup>`` is written 10^6, the mark of a footnote [1], ordinals (1st) and formulas of chemistry
(H2O) as everybody types them.
"""

from __future__ import annotations

from typing import Any, Final

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.hashing import Bytes, lower

LONGEST_RAISED: Final = 24
"""Bytes; more is no exponent and no mark but text in small type."""

SHORTEST_WORD: Final = 4
"""Letters; units and variables, which are raised to a power, have fewer."""


@kernel
def _is_digit(byte: Any) -> bool:
    return bool(48 <= byte <= 57)


@kernel
def _is_letter(byte: Any) -> bool:
    return bool(97 <= lower(byte) <= 122 or byte >= 0xC3)


@kernel
def is_numerator(page: Bytes, place: int) -> bool:
    """Whether a slash and a lowered text follow at ``place``: half of a fraction was raised."""
    size = page.shape[0]
    if place < size and page[place] == 47:
        place += 1
    elif (
        place + 2 < size
        and page[place] == 0xE2
        and page[place + 1] == 0x81
        and page[place + 2] == 0x84
    ):
        place += 3
    elif (
        place + 6 < size and page[place] == 38 and page[place + 1] == 102 and page[place + 6] == 59
    ):
        place += 7  # &frasl;
    else:
        return False
    if place + 4 >= size or page[place] != 60:
        return False
    return bool(lower(page[place + 1]) == 115 and lower(page[place + 2]) == 117)  # <su


@kernel
def _shift(out: Bytes, start: int, end: int, by: int) -> None:
    for place in range(end - 1, start - 1, -1):
        out[place + by] = out[place]


@kernel
def _put_mark(out: Bytes, start: int, end: int, mark: int, is_group: bool) -> int:
    """Write ``mark`` before the text, in brackets where it is more than one number or name."""
    _shift(out, start, end, 2 if is_group else 1)
    out[start] = mark
    if not is_group:
        return end + 1
    out[start + 1] = 40
    out[end + 2] = 41
    return end + 3


@kernel
def _put_brackets(out: Bytes, start: int, end: int) -> int:
    _shift(out, start, end, 1)
    out[start] = 91
    out[end + 1] = 93
    return end + 2


@kernel
def _looks(out: Bytes, start: int, end: int) -> tuple[int, int, int]:
    """Digits, letters and other bytes of a text; a sign in front does not count as other."""
    digits = letters = others = 0
    for place in range(start, end):
        byte = out[place]
        if _is_digit(byte):
            digits += 1
        elif _is_letter(byte) or byte >= 0x80:
            letters += 1
        elif place > start or byte not in (43, 45):
            others += 1
    return digits, letters, others


@kernel
def _starts_with_minus(out: Bytes, start: int, end: int) -> bool:
    """Whether U+2212 or an en dash begins the text: a sign that is no ASCII."""
    return (
        end - start >= 3
        and out[start] == 0xE2
        and (
            (out[start + 1] == 0x88 and out[start + 2] == 0x92)
            or (out[start + 1] == 0x80 and out[start + 2] == 0x93)
        )
    )


@kernel
def _ends_word(out: Bytes, first: int, place: int) -> bool:
    """Whether a sentence or a word ends before ``place``, not a number, a variable or a unit."""
    before = out[place - 1]
    if before >= 0x80 or before in (46, 44, 58, 59, 33, 63, 34, 39):
        return True
    letters = 0
    while place - 1 - letters >= first and _is_letter(out[place - 1 - letters]):
        letters += 1
    return letters >= SHORTEST_WORD


@kernel
def write_superscript(
    out: Bytes, first: int, start: int, end: int, is_linked: bool, is_numerator: bool
) -> int:
    """Mark the raised text ``start`` to ``end`` of a block that began at ``first``.

    Args:
        out: The text; up to three bytes are added.
        first: Where the block begins.
        start: Where the raised text does.
        end: Where it ends.
        is_linked: Whether it is a link, as marks of footnotes are.
        is_numerator: Whether a slash and a denominator follow.

    Returns:
        The new end.
    """
    while end > start and out[end - 1] <= 32:
        end -= 1
    blanks = 0
    while start + blanks < end and out[start + blanks] <= 32:
        blanks += 1
    for place in range(start + blanks, end):
        out[place - blanks] = out[place]
    end -= blanks
    length = end - start
    if length == 0 or length > LONGEST_RAISED or out[start] in (40, 91):
        return end
    digits, letters, others = _looks(out, start, end)
    before = out[start - 1] if start > first else 32
    if is_numerator:
        if not _is_digit(before):
            return end
        _shift(out, start, end, 1)
        out[start] = 32
        return end + 1
    if is_linked:
        return _put_brackets(out, start, end) if length <= 6 and (digits or length <= 3) else end
    if before <= 32:
        if start == first and digits and not letters and not others:
            return _put_brackets(out, start, end)  # the number of a note at its foot
        return (
            _put_mark(out, start, end, 94, False) if digits and not letters and not others else end
        )
    if digits == 0 and others == 0 and not _starts_with_minus(out, start, end):
        is_exponent = length == 1 and lower(out[start]) in (
            105,
            106,
            107,
            109,
            110,
            112,
            116,
            120,
            121,
            122,
        )
        lone = _is_digit(before) or (
            _is_letter(before) and (start - 1 == first or not _is_letter(out[start - 2]))
        )
        return _put_mark(out, start, end, 94, False) if is_exponent and lone else end
    if digits == 0 and letters == 0:
        return end  # asterisks, daggers, signs of trade marks
    is_plain = others == 0 and (letters == 0 or digits == 0 or _starts_with_minus(out, start, end))
    if is_plain and letters == 0 and _ends_word(out, first, start):
        return _put_brackets(out, start, end)
    is_list = digits > 0 and letters == 0
    for place in range(start, end):
        is_list = is_list and (_is_digit(out[place]) or out[place] in (44, 32))
    if is_list and others > 0:
        return _put_brackets(out, start, end)
    return _put_mark(out, start, end, 94, not is_plain)


@kernel
def write_subscript(out: Bytes, first: int, start: int, end: int) -> int:
    """Mark the lowered text ``start`` to ``end`` of a block that began at ``first``; returns the new end."""
    while end > start and out[end - 1] <= 32:
        end -= 1
    length = end - start
    if length == 0 or length > LONGEST_RAISED or start == first:
        return end
    before = out[start - 1]
    _digits, letters, others = _looks(out, start, end)
    if before <= 32 or not (_is_digit(before) or _is_letter(before)):
        return end
    if _is_digit(before):
        return _put_mark(out, start, end, 95, others > 0) if _is_digit(out[start]) else end
    is_element = 65 <= before <= 90 or (start - 2 >= first and 65 <= out[start - 2] <= 90)
    if is_element and letters == 0 and others == 0:
        return end  # H2O, Na2
    for place in range(start, end):
        if out[place] <= 32:
            return end
    return _put_mark(out, start, end, 95, others > 0)

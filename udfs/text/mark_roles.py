"""Which punctuation marks are tokens, for rules whose thresholds were found with spaCy's tokeniser.

Gopher's rules as FineWeb runs them count punctuation marks as words. How many there are depends on
the tokeniser: in "don't", "3.14" or "/usr/bin" marks are part of a word. These are the rules of
spaCy's English punctuation (prefixes, suffixes, infixes), told by the mark's two neighbours.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.text.character_classes import (
    DIGIT,
    LETTER,
    LOWER,
    PUNCTUATION,
    SYMBOL,
    UNSPACED,
    UPPER,
    WORD,
)
from udfs.text.utf8_decoding import decode

TOKEN: Final = 0  # the mark is a token
SILENT: Final = 1  # it is none, and what follows begins a token
GLUE: Final = 2  # it is none, and the word that follows belongs to the token before

LONGEST_LOOK: Final = 32  # bytes looked ahead over marks

# One bit a character: marks that a neighbouring word may keep.
_PARTICULAR_LOW: Final = np.uint64(sum(1 << ord(mark) for mark in "+-/"))
_PARTICULAR_HIGH: Final = np.uint64(sum(1 << (ord(mark) - 64) for mark in "@\\^|~"))


@kernel
def neighbour_flags(
    data: npt.NDArray[np.uint8],
    position: int,
    stop: int,
    class_of: npt.NDArray[np.uint8],
    flags_of: npt.NDArray[np.uint32],
) -> np.uint32:
    """The flags of the character at ``position``, 0 at the end and for unspaced scripts."""
    if position >= stop:
        return np.uint32(0)
    code_point = int(data[position])
    if code_point >= 0x80:
        code_point, _ = decode(data, position, stop)
    flags = flags_of[class_of[code_point]]
    return np.uint32(0) if flags & np.uint32(UNSPACED) else flags


@kernel
def word_follows(
    data: npt.NDArray[np.uint8],
    position: int,
    stop: int,
    class_of: npt.NDArray[np.uint8],
    flags_of: npt.NDArray[np.uint32],
) -> bool:
    """Whether a word character comes after any marks at ``position`` and before a blank."""
    limit = min(stop, position + LONGEST_LOOK)
    while position < limit:
        flags = neighbour_flags(data, position, stop, class_of, flags_of)
        if flags & np.uint32(WORD):
            return True
        if not flags & np.uint32(PUNCTUATION | SYMBOL):
            return False
        position += 1
        while position < limit and data[position] & 0xC0 == 0x80:
            position += 1
    return False


@kernel
def begins_address(data: npt.NDArray[np.uint8], mark: int, position: int, stop: int) -> bool:
    """Whether the mark is the colon of ``://``."""
    if mark != 0x3A or position + 1 >= stop:
        return False
    return bool(data[position] == 0x2F and data[position + 1] == 0x2F)


@kernel
def always_splits(mark: int, word_length: int) -> bool:
    """Whether a mark at the end or the beginning of a chunk is a token, whatever stands beside it."""
    if mark >= 0x80:
        return mark != 0x2011 and mark != 0xB6
    if mark == 0x2E:
        return word_length != 1
    signs = _PARTICULAR_LOW if mark < 64 else _PARTICULAR_HIGH
    return bool((signs >> np.uint64(mark & 63)) & np.uint64(1) == 0)


@kernel
def mark_role(
    data: npt.NDArray[np.uint8],
    mark: int,
    word_end: int,
    word_length: int,
    in_chunk: bool,
    chinese: bool,
    position: int,
    stop: int,
    class_of: npt.NDArray[np.uint8],
    flags_of: npt.NDArray[np.uint32],
) -> int:
    """The role of one mark.

    Args:
        data: uint8[bytes].
        mark: Its code point.
        word_end: Where the word directly before it ends, -1 if there is none.
        word_length: Characters of the word before it.
        in_chunk: Whether a word stands between the last blank and the mark.
        chinese: Whether this is segmented Chinese: there jieba keeps decimal points only, one a
            number.
        position: Offset behind the mark.
        stop: End of the text.
        class_of: Of CharacterTables.
        flags_of: Likewise.

    Returns:
        TOKEN, SILENT or GLUE.
    """
    left = np.uint32(0)
    if word_end > 0:
        before = word_end - 1
        while before > 0 and data[before] & 0xC0 == 0x80:
            before -= 1
        left = neighbour_flags(data, before, stop, class_of, flags_of)
    right = neighbour_flags(data, position, stop, class_of, flags_of)
    if chinese:
        return GLUE if mark == 0x2E and (left & right & np.uint32(DIGIT)) != 0 else TOKEN
    if mark >= 0x80 and mark != 0x2019 and not clings(mark):
        return TOKEN
    right &= np.uint32(WORD | UPPER | LOWER)
    starts = (left & np.uint32(WORD)) != 0
    ends = (right & np.uint32(WORD)) != 0
    if starts and ends:
        role = _inner_role(mark, left, right)
        if role == GLUE and (mark == 0x27 or mark == 0x2019):
            return SILENT if _is_contraction(data, position, stop, class_of, flags_of) else GLUE
        return role
    if in_chunk and word_follows(data, position, stop, class_of, flags_of):
        return GLUE  # only marks between two word characters, or at a chunk's ends, are split off
    if mark == 0x2E:  # "D." and "U.S." keep their point
        return SILENT if word_length == 1 and left & np.uint32(LETTER) else TOKEN
    if mark == 0x2B:  # +
        return SILENT if right & np.uint32(DIGIT) or left & np.uint32(LETTER) else TOKEN
    if clings(mark) and (starts or word_follows(data, position, stop, class_of, flags_of)):
        return SILENT
    return TOKEN


@kernel
def clings(mark: int) -> bool:
    r"""- ‑ / \ | @ ^ ~ and the pilcrow: never split off, so that a run of them is one token."""
    slash = mark == 0x2F or mark == 0x5C or mark == 0x7C or mark == 0xB6
    return slash or mark == 0x2D or mark == 0x2011 or mark == 0x40 or mark == 0x5E or mark == 0x7E


@kernel
def continues_run(previous: int, mark: int, chinese: bool) -> bool:
    """Whether a mark directly behind another belongs to the same token."""
    if chinese:
        return _in_jieba_block(previous) and _in_jieba_block(mark)
    dots = mark == previous and (mark == 0x2E or mark == 0x2026)
    # spaCy knows :* :) ;) and ): as emoticons; :* ends every bold heading in Markdown.
    emoticon = previous == 0x3A and (mark == 0x2A or mark == 0x29)
    emoticon = emoticon or (previous == 0x3B and mark == 0x29)
    emoticon = emoticon or (previous == 0x29 and mark == 0x3A)
    return dots or emoticon or (previous >= 0 and clings(previous) and clings(mark))


@kernel
def _in_jieba_block(mark: int) -> bool:
    """+ # & . _ % - are cut together with the letters around them."""
    sign = mark == 0x2B or mark == 0x23 or mark == 0x26 or mark == 0x25
    return sign or mark == 0x2E or mark == 0x5F or mark == 0x2D


@kernel
def _inner_role(mark: int, before: np.uint32, after: np.uint32) -> int:
    """The role of a mark between two word characters, contractions left aside."""
    letters = (before & np.uint32(LETTER)) != 0 and (after & np.uint32(LETTER)) != 0
    digits = (before & np.uint32(DIGIT)) != 0 and (after & np.uint32(DIGIT)) != 0
    splits = False
    if mark == 0x2D:  # -
        splits = digits or (after & np.uint32(LETTER)) != 0  # well-known, 270-room, not GLP-1
    elif mark == 0x7E or mark == 0x2C:  # ~ ,
        splits = letters
    elif mark == 0x2E:  # .
        splits = (before & np.uint32(LOWER)) != 0 and (after & np.uint32(UPPER)) != 0
    elif mark == 0x3A or mark == 0x2F or 0x3C <= mark <= 0x3E:  # : / < = >
        splits = (after & np.uint32(LETTER)) != 0
    elif mark == 0x2A or mark == 0x2B or mark == 0x5E:  # * + ^
        splits = digits
    return TOKEN if splits else GLUE


@kernel
def _is_contraction(
    data: npt.NDArray[np.uint8],
    position: int,
    stop: int,
    class_of: npt.NDArray[np.uint8],
    flags_of: npt.NDArray[np.uint32],
) -> bool:
    """Whether s, t, d, m, re, ve or ll and then no word character stands at ``position``."""
    first = int(data[position]) | 0x20  # in small letters
    second = int(data[position + 1]) | 0x20 if position + 1 < stop else 0
    one = first == 0x73 or first == 0x74 or first == 0x64 or first == 0x6D  # s t d m
    two = second == 0x65 and (first == 0x72 or first == 0x76)  # re ve
    two = two or (first == 0x6C and second == 0x6C)  # ll
    if not one and not two:
        return False
    after = neighbour_flags(data, position + (1 if one else 2), stop, class_of, flags_of)
    return bool((after & np.uint32(WORD)) == 0)

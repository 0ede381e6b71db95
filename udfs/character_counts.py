"""Counts of characters by kind, and of words by shape: one compiled pass each."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.character_classes import (
    LETTER,
    LOWER,
    MOJIBAKE_FOLLOWER,
    MOJIBAKE_LEAD_2,
    MOJIBAKE_LEAD_3,
    MOJIBAKE_LEAD_4,
    UNSPACED,
    UPPER,
    WHITESPACE,
    CharacterTables,
)
from udfs.compiled import kernel
from udfs.text_kernel import PUNCTUATION_TOKEN, TokenBatch
from udfs.utf8_decoding import decode

MOJIBAKE_LEAD: Final = MOJIBAKE_LEAD_2 | MOJIBAKE_LEAD_3 | MOJIBAKE_LEAD_4


class CharacterCounts(NamedTuple):
    """What ``count_characters`` adds to, all int64.

    Attributes:
        by_class: [rows, classes]; characters of each class of ``CharacterTables.flags_of``.
        longest_run: [rows]; characters of the longest run without white space and without
            characters of unspaced scripts.
        dot_ellipses: [rows]; "..." counted without overlap.
        mojibake: [rows]; characters in sequences that are UTF-8 read as Windows-1252.
        bracketed: [rows]; characters between 【 and 】 of one line.
    """

    by_class: npt.NDArray[np.int64]
    longest_run: npt.NDArray[np.int64]
    dot_ellipses: npt.NDArray[np.int64]
    mojibake: npt.NDArray[np.int64]
    bracketed: npt.NDArray[np.int64]


class WordCounts(NamedTuple):
    """What ``count_words`` adds to, all int64[rows].

    Attributes:
        spaced: Words that are no single character of an unspaced script.
        unspaced: Characters of unspaced scripts that nobody grouped into words.
        spaced_characters: Characters of the spaced words.
        longest: Characters of the longest spaced word.
        alphabetic: Words of either kind with at least one letter.
        all_capitals: Spaced words with an upper-case letter and no lower-case one, of two or more
            characters.
    """

    spaced: npt.NDArray[np.int64]
    unspaced: npt.NDArray[np.int64]
    spaced_characters: npt.NDArray[np.int64]
    longest: npt.NDArray[np.int64]
    alphabetic: npt.NDArray[np.int64]
    all_capitals: npt.NDArray[np.int64]


def empty_character_counts(rows: int, classes: int) -> CharacterCounts:
    """Zeros for ``rows`` documents."""
    return CharacterCounts(
        np.zeros((rows, classes), np.int64), *(np.zeros(rows, np.int64) for _ in range(4))
    )


def empty_word_counts(rows: int) -> WordCounts:
    """Zeros for ``rows`` documents."""
    return WordCounts(*(np.zeros(rows, np.int64) for _ in WordCounts._fields))


@kernel
def count_characters(
    batch: TokenBatch,
    rows: npt.NDArray[np.int64],
    tables: CharacterTables,
    counts: CharacterCounts,
) -> None:
    """Add the characters of each text to its row."""
    data = batch.data
    upper_class = tables.class_of[0x41]
    lower_class = tables.class_of[0x61]
    digit_class = tables.class_of[0x30]
    for text in range(len(rows)):
        row = rows[text]
        by_class = counts.by_class[row]
        position = batch.text_offsets[text]
        stop = batch.text_offsets[text + 1]
        run = 0
        dots = 0
        lead_width = 0  # of an open sequence that may be mojibake
        lead_left = 0
        opened = -1  # characters since 【, -1 = none
        while position < stop:
            if tables.ascii_word[data[position]] != 0:  # the most frequent case, run by run
                begin = position
                upper = 0
                digits = 0
                while position < stop and tables.ascii_word[data[position]] != 0:
                    upper += 1 if 0x41 <= data[position] <= 0x5A else 0
                    digits += 1 if data[position] <= 0x39 else 0
                    position += 1
                length = position - begin
                by_class[upper_class] += upper
                by_class[digit_class] += digits
                by_class[lower_class] += length - upper - digits
                run += length
                opened += length if opened >= 0 else 0
                dots = 0
                lead_left = 0
                continue
            width = 1
            code_point = int(np.int64(data[position]))
            if code_point >= 0x80:
                code_point, width = decode(data, position, stop)
            position += width
            class_number = tables.class_of[code_point]
            by_class[class_number] += 1
            flags = tables.flags_of[class_number]
            if flags & np.uint32(WHITESPACE | UNSPACED):
                counts.longest_run[row] = max(counts.longest_run[row], run)
                run = 0
            else:
                run += 1
            if code_point == 0x2E:
                dots += 1
                if dots == 3:
                    counts.dot_ellipses[row] += 1
                    dots = 0
            else:
                dots = 0
            if opened >= 0 or code_point == 0x3010:
                if code_point == 0x3011:
                    counts.bracketed[row] += opened
                    opened = -1
                elif code_point == 0x0A:
                    opened = -1
                elif code_point == 0x3010:
                    opened = 0
                else:
                    opened += 1
            if width == 1 and lead_left == 0:
                continue
            if lead_left > 0 and flags & np.uint32(MOJIBAKE_FOLLOWER):
                lead_left -= 1
                if lead_left == 0:
                    counts.mojibake[row] += lead_width
            else:
                lead_left = 0
                if flags & np.uint32(MOJIBAKE_LEAD):
                    lead_width = 2
                    if flags & np.uint32(MOJIBAKE_LEAD_3):
                        lead_width = 3
                    elif flags & np.uint32(MOJIBAKE_LEAD_4):
                        lead_width = 4
                    lead_left = lead_width - 1
        counts.longest_run[row] = max(counts.longest_run[row], run)


@kernel
def count_words(
    batch: TokenBatch, rows: npt.NDArray[np.int64], tables: CharacterTables, counts: WordCounts
) -> None:
    """Add the words of each text to its row."""
    for text in range(len(rows)):
        row = rows[text]
        for i in range(batch.token_offsets[text], batch.token_offsets[text + 1]):
            kind = batch.token_unspaced[i]
            seen = _letters_of_word(batch, i, tables)
            counts.alphabetic[row] += 1 if seen & np.uint32(LETTER) else 0
            if kind == 1:
                counts.unspaced[row] += 1
                continue
            length = np.int64(batch.token_characters[i])
            counts.spaced[row] += 1
            counts.spaced_characters[row] += length
            counts.longest[row] = max(counts.longest[row], length)
            capitals = seen & np.uint32(UPPER | LOWER) == UPPER
            counts.all_capitals[row] += 1 if capitals and length > 1 else 0


@kernel
def count_tokens(
    batch: TokenBatch,
    rows: npt.NDArray[np.int64],
    tables: CharacterTables,
    marks: npt.NDArray[np.int64],
    words: npt.NDArray[np.int64],
    alphabetic: npt.NDArray[np.int64],
) -> None:
    """Add to each text's row its punctuation marks, other tokens, and those of them with a letter."""
    for text in range(len(rows)):
        row = rows[text]
        first = batch.token_offsets[text]
        last = batch.token_offsets[text + 1]
        marked = 0
        lettered = 0
        for i in range(first, last):
            if batch.token_unspaced[i] == PUNCTUATION_TOKEN:
                marked += 1
            elif _letters_of_word(batch, i, tables) & np.uint32(LETTER):
                lettered += 1
        marks[row] += marked
        words[row] += last - first - marked
        alphabetic[row] += lettered


@kernel
def _letters_of_word(batch: TokenBatch, index: int, tables: CharacterTables) -> np.uint32:
    """The flags of the word's characters, or-ed, as far as needed to know about letters."""
    seen = np.uint32(0)
    position = batch.token_start[index]
    stop = batch.token_end[index]
    while position < stop and not seen & np.uint32(LOWER):
        width = 1
        code_point = int(np.int64(batch.data[position]))
        if code_point >= 0x80:
            code_point, width = decode(batch.data, position, stop)
        seen |= tables.flags_of[tables.class_of[code_point]]
        position += width
    return seen

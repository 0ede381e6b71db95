"""Counts of characters by kind, and of words by shape: one compiled pass each."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.lines.splitting import count_code_points, line_end
from udfs.text.character_classes import (
    HAS_CAPITAL,
    HAS_LETTER,
    HAS_SMALL,
    MOJIBAKE_FOLLOWER,
    MOJIBAKE_LEAD_2,
    MOJIBAKE_LEAD_3,
    MOJIBAKE_LEAD_4,
    CharacterTables,
)
from udfs.text.token_batch import PUNCTUATION_TOKEN, UNSPACED_TOKEN, TokenBatch
from udfs.text.utf8_decoding import decode

MOJIBAKE_LEAD: Final = MOJIBAKE_LEAD_2 | MOJIBAKE_LEAD_3 | MOJIBAKE_LEAD_4


class CharacterCounts(NamedTuple):
    """What ``count_characters`` adds to, all int64.

    Attributes:
        by_class: [rows, classes]; characters of each class of ``CharacterTables.flags_of``.
        dot_ellipses: [rows]; "..." counted without overlap.
        mojibake: [rows]; characters in sequences that are UTF-8 read as Windows-1252.
        bracketed: [rows]; characters between 【 and 】 of one line.
    """

    by_class: npt.NDArray[np.int64]
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
        np.zeros((rows, classes), np.int64), *(np.zeros(rows, np.int64) for _ in range(3))
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
    ascii_counts = np.zeros((2, 128), np.int64)
    for text in range(len(rows)):
        row = rows[text]
        by_class = counts.by_class[row]
        position = batch.text_offsets[text]
        stop = batch.text_offsets[text + 1]
        lead_width = 0  # of an open sequence that may be mojibake
        lead_left = 0
        opened = -1  # offset behind the last open 【, -1 = none
        ascii_counts[:] = 0
        while position < stop:
            if data[position] < 0x80:
                # No branch by kind here: a wrong guess costs more than the count. Two rows,
                # because counting a character twice in a row waits for the first count.
                ascii_counts[position & 1, data[position]] += 1
                position += 1
                lead_left = 0
                continue
            code_point, width = decode(data, position, stop)
            class_number = tables.class_of[code_point]
            by_class[class_number] += 1
            flags = tables.flags_of[class_number]
            if code_point == 0x3010:
                opened = position + width
            elif code_point == 0x3011 and opened >= 0:
                counts.bracketed[row] += _characters_of_one_line(data, opened, position)
                opened = -1
            position += width
            if lead_left > 0 and flags & np.uint32(MOJIBAKE_FOLLOWER):
                lead_left -= 1
                if lead_left == 0:
                    counts.mojibake[row] += lead_width
            else:
                lead_width = _mojibake_width(flags)
                lead_left = lead_width - 1
        for byte in range(128):
            number = ascii_counts[0, byte] + ascii_counts[1, byte]
            by_class[tables.class_of[byte]] += number
        if ascii_counts[0, 0x2E] + ascii_counts[1, 0x2E] > 2:
            counts.dot_ellipses[row] += _dot_ellipses(data, batch.text_offsets[text], stop)


@kernel
def _mojibake_width(flags: np.uint32) -> int:
    """Characters of the sequence that a character may begin; 1 if none."""
    if not flags & np.uint32(MOJIBAKE_LEAD):
        return 1
    if flags & np.uint32(MOJIBAKE_LEAD_2):
        return 2
    return 3 if flags & np.uint32(MOJIBAKE_LEAD_3) else 4


@kernel
def _characters_of_one_line(data: npt.NDArray[np.uint8], start: int, end: int) -> int:
    """Characters of ``start:end``; 0 if a line break is among them."""
    if line_end(data, start, end) < end:
        return 0
    return count_code_points(data, start, end)


@kernel
def _dot_ellipses(data: npt.NDArray[np.uint8], start: int, stop: int) -> int:
    """Groups of three full stops in a row, counted without overlap."""
    found = 0
    dots = 0
    for position in range(start, stop):
        dots = dots + 1 if data[position] == 0x2E else 0
        if dots == 3:
            found += 1
            dots = 0
    return found


@kernel
def count_words(batch: TokenBatch, rows: npt.NDArray[np.int64], counts: WordCounts) -> None:
    """Add the words of each text to its row."""
    for text in range(len(rows)):
        spaced = 0
        unspaced = 0
        characters = 0
        longest = 0
        alphabetic = 0
        capitals = 0
        for i in range(batch.token_offsets[text], batch.token_offsets[text + 1]):
            single = batch.token_unspaced[i] == UNSPACED_TOKEN
            letters = batch.token_letters[i]
            length = 0 if single else int(batch.token_characters[i])
            alphabetic += letters & HAS_LETTER
            unspaced += 1 if single else 0
            spaced += 0 if single else 1
            characters += length
            longest = max(longest, length)
            only_capitals = letters & (HAS_CAPITAL | HAS_SMALL) == HAS_CAPITAL
            capitals += 1 if only_capitals and length > 1 else 0
        row = rows[text]
        counts.spaced[row] += spaced
        counts.unspaced[row] += unspaced
        counts.spaced_characters[row] += characters
        counts.longest[row] = max(counts.longest[row], longest)
        counts.alphabetic[row] += alphabetic
        counts.all_capitals[row] += capitals


@kernel
def count_tokens(
    batch: TokenBatch,
    rows: npt.NDArray[np.int64],
    marks: npt.NDArray[np.int64],
    words: npt.NDArray[np.int64],
    alphabetic: npt.NDArray[np.int64],
) -> None:
    """Add to each text's row its punctuation marks, other tokens, and those of them with a letter."""
    for text in range(len(rows)):
        first = batch.token_offsets[text]
        last = batch.token_offsets[text + 1]
        marked = 0
        lettered = 0
        for i in range(first, last):
            marked += 1 if batch.token_unspaced[i] == PUNCTUATION_TOKEN else 0
            lettered += batch.token_letters[i] & HAS_LETTER
        marks[rows[text]] += marked
        words[rows[text]] += last - first - marked
        alphabetic[rows[text]] += lettered

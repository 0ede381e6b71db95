"""The rows of fastText's input matrix that a text stands for, averaged: the only pass over its bytes.

A text's rows are those of its words and of ``</s>`` behind the last, of the character n-grams of each word
between ``<`` and ``>``, and of its word n-grams, hashed to buckets. Blanks are six ASCII characters and the
byte 0; an unknown word counts by its n-grams alone, and stands in those of its neighbours.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.grading.fasttext_words import (
    BASIS,
    END_OF_LINE,
    LABEL_PREFIX,
    Vocabulary,
    find_word,
    hash_bytes,
    mix_byte,
)

CENTROIDS: Final = 256
_END_OF_LINE: Final = np.frombuffer(END_OF_LINE, np.uint8)
_NEXT_WORD: Final = np.uint64(116049371)
_NEGATIVE: Final = np.uint64(0x80000000)
_SIGN: Final = np.uint64(0xFFFFFFFF00000000)


class Rows(NamedTuple):
    """A matrix, as it is or in codes: a row is its norm times one of 256 centroids for every few columns.

    Attributes:
        values: float32[rows, columns]; [0, columns] where there are codes.
        codes: uint8[rows, parts]; [0, 0] where there are values.
        centroids: float32[columns * 256]: part after part, 256 vectors of ``part`` numbers each; the last
            part's are shorter where the columns are no multiple.
        part: Columns a code.
        norms: float32[rows]; [0] where all are 1.
    """

    values: npt.NDArray[np.float32]
    codes: npt.NDArray[np.uint8]
    centroids: npt.NDArray[np.float32]
    part: int
    norms: npt.NDArray[np.float32]

    @property
    def height(self) -> int:
        """Number of rows."""
        return max(len(self.values), len(self.codes))

    def decoded(self) -> npt.NDArray[np.float32]:
        """float32[rows, columns]."""
        decoded = np.zeros((self.height, self.values.shape[1]), np.float32)
        for row in range(self.height):
            add_row(decoded[row], self, row)
        return decoded


@kernel
def add_row(total: npt.NDArray[np.float32], rows: Rows, row: int) -> None:
    """Add a row to ``total``."""
    if len(rows.codes) == 0:
        for column in range(len(total)):
            total[column] += rows.values[row, column]
        return
    norm = rows.norms[row] if len(rows.norms) else np.float32(1)
    for number in range(rows.codes.shape[1]):
        first = number * rows.part
        width = min(rows.part, len(total) - first)
        begin = CENTROIDS * first + rows.codes[row, number] * width
        for column in range(width):
            total[first + column] += norm * rows.centroids[begin + column]


@kernel
def add_bucket(
    total: npt.NDArray[np.float32], vocabulary: Vocabulary, rows: Rows, value: np.uint64
) -> int:
    """Add the row of an n-gram's bucket to ``total``; return how many rows that are, 1 or 0."""
    bucket = int(np.int64(value % np.uint64(vocabulary.buckets)))
    if len(vocabulary.kept):
        bucket = int(vocabulary.kept[bucket])
        if bucket < 0:
            return 0
    add_row(total, rows, vocabulary.words + bucket)
    return 1


@kernel
def add_characters(
    total: npt.NDArray[np.float32],
    vocabulary: Vocabulary,
    rows: Rows,
    word: npt.NDArray[np.uint8],
    size: int,
) -> int:
    """Add the character n-grams of ``word[:size]``, its ``<`` and ``>`` included; return how many."""
    count = 0
    for start in range(size):
        if (word[start] & 0xC0) == 0x80:  # inside a character
            continue
        value = BASIS
        stop = start
        for length in range(1, vocabulary.longest + 1):
            if stop >= size:
                break
            value = mix_byte(value, word[stop])
            stop += 1
            while stop < size and (word[stop] & 0xC0) == 0x80:
                value = mix_byte(value, word[stop])
                stop += 1
            bare = length == 1 and (start == 0 or stop == size)
            if length >= vocabulary.shortest and not bare:
                count += add_bucket(total, vocabulary, rows, value)
    return count


@kernel
def average_rows(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    vocabulary: Vocabulary,
    rows: Rows,
    means: npt.NDArray[np.float32],
    words: npt.NDArray[np.int64],
) -> None:
    """Average the rows of each text.

    Args:
        data: uint8[bytes].
        offsets: int64[texts + 1].
        vocabulary: What words and n-grams are.
        rows: Input matrix.
        means: float32[texts, columns], filled; NaN where a text has no row.
        words: int64[texts], filled: words of each text, known or not, up to the first ``</s>``.
    """
    # Hashes of the n-grams that end at the last word.
    running = np.empty(vocabulary.orders, np.uint64)
    letters = np.empty(256, np.uint8)
    for text in range(len(words)):
        total = means[text]
        total[:] = 0
        place, stop = offsets[text], offsets[text + 1]
        used, tokens, at_end = 0, 0, False
        while not at_end:
            while place < stop and is_blank(data[place]):
                place += 1
            begin = place
            while place < stop and not is_blank(data[place]):
                place += 1
            size = place - begin
            at_end = size == 0 or equals(data, begin, place, _END_OF_LINE)
            if at_end:
                value = hash_bytes(_END_OF_LINE, 0, len(_END_OF_LINE))
                word = vocabulary.end_of_line
            else:
                value = hash_bytes(data, begin, place)
                word = find_word(vocabulary, data, begin, place, value)
                named = word < 0 and begins_with(data, begin, place, LABEL_PREFIX)
                if word >= vocabulary.words or named:
                    continue
            if word >= 0:
                add_row(total, rows, word)
                used += 1
            if vocabulary.longest > 0 and not at_end:
                if len(letters) < size + 2:
                    letters = np.empty(2 * (size + 2), np.uint8)
                letters[0] = 60
                letters[1 : size + 1] = data[begin:place]
                letters[size + 1] = 62
                used += add_characters(total, vocabulary, rows, letters, size + 2)
            if value >= _NEGATIVE:  # kept as a signed number of 32 bits, then widened
                value |= _SIGN
            for back in range(1, min(tokens, vocabulary.orders - 1) + 1):
                slot = (tokens - back) % vocabulary.orders
                running[slot] = running[slot] * _NEXT_WORD + value
                used += add_bucket(total, vocabulary, rows, running[slot])
            running[tokens % vocabulary.orders] = value
            tokens += 1
        words[text] = tokens - 1
        total *= np.float32(1.0 / used) if used else np.float32(np.nan)


@kernel
def is_blank(byte: np.uint8) -> bool:
    """Whether a byte parts words: blank, line feed, carriage return, both tabs, form feed, 0."""
    return bool(byte == 32 or 9 <= byte <= 13 or byte == 0)


@kernel
def begins_with(
    data: npt.NDArray[np.uint8], start: int, stop: int, beginning: npt.NDArray[np.uint8]
) -> bool:
    """Whether ``data[start:stop]`` begins with some bytes."""
    if stop - start < len(beginning):
        return False
    equal = 0
    while equal < len(beginning) and data[start + equal] == beginning[equal]:
        equal += 1
    return equal == len(beginning)


@kernel
def equals(
    data: npt.NDArray[np.uint8], start: int, stop: int, other: npt.NDArray[np.uint8]
) -> bool:
    """Whether ``data[start:stop]`` are some bytes."""
    return stop - start == len(other) and begins_with(data, start, stop, other)

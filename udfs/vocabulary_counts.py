"""How often each word, and each run of characters, of a document occurs."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.compiled import kernel
from udfs.hash_counting import KeyTable, clear_table, count_key, key_table
from udfs.text_kernel import TokenBatch, mix64
from udfs.utf8_decoding import decode

WORDS: Final = 0
DIFFERENT_WORDS: Final = 1
TOP_WORD: Final = 2  # occurrences of the most frequent word
LONGEST_RUN: Final = 3  # the same word this many times in a row; a maximum, not a sum
WORD_CHARACTERS: Final = 4  # characters of all words
WORD_MEASURES: Final = 5

_FACTOR: Final = np.uint64(0x9FB21C651E98DF25)


def count_vocabulary(
    batch: TokenBatch,
    rows: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    entropy: npt.NDArray[np.float64],
) -> None:
    """Add each text's word frequencies to its row.

    Args:
        batch: The words.
        rows: For every text of the batch, its row in the results.
        counts: int64[rows, WORD_MEASURES]; added to.
        entropy: float64[rows]; the unigram entropy in nats times the number of words; added to.
    """
    if len(rows):
        _count_vocabulary(
            batch, rows, key_table(int(np.diff(batch.token_offsets).max())), counts, entropy
        )


@kernel
def _count_vocabulary(
    batch: TokenBatch,
    rows: npt.NDArray[np.int64],
    table: KeyTable,
    counts: npt.NDArray[np.int64],
    entropy: npt.NDArray[np.float64],
) -> None:
    for text in range(len(rows)):
        first = batch.token_offsets[text]
        last = batch.token_offsets[text + 1]
        words = last - first
        if words == 0:
            continue
        mask = clear_table(table, words)
        used = 0
        run = 0
        longest = 0
        characters = 0
        for i in range(first, last):
            characters += int(batch.token_characters[i])
            number = count_key(table, mask, used, batch.token_hash[i])
            used += 1 if number == used else 0
            run = run + 1 if i > first and batch.token_hash[i] == batch.token_hash[i - 1] else 1
            longest = max(longest, run)
        top = 0
        weighted = 0.0  # sum of count * log(count)
        for number in range(used):
            count = int(table.counts[number])
            top = max(top, count)
            if count > 1:
                weighted += count * np.log(count)
        measures = counts[rows[text]]
        measures[WORDS] += words
        measures[DIFFERENT_WORDS] += used
        measures[TOP_WORD] += top
        measures[WORD_CHARACTERS] += characters
        measures[LONGEST_RUN] = max(measures[LONGEST_RUN], longest)
        entropy[rows[text]] += words * np.log(words) - weighted


def count_character_ngrams(
    batch: TokenBatch,
    texts: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    length: int,
    counts: npt.NDArray[np.int64],
) -> None:
    """Add the character repetition of ROOTS to each text's row.

    Args:
        batch: The texts (their tokens are not looked at).
        texts: Which texts of the batch to count.
        rows: For every text of the batch, its row in ``counts``.
        length: Characters in an n-gram.
        counts: int64[rows, 2]; added to are all n-grams of the text, and the occurrences of its
            most frequent ones: as many different n-grams as the square root of their number, but
            none that occurs once.
    """
    if len(texts) == 0:
        return
    most = int(np.diff(batch.text_offsets)[texts].max())
    _count_character_ngrams(
        batch, texts, rows, length, key_table(most), np.empty(most, np.uint64),
        np.zeros(most + 1, np.int32), counts,
    )  # fmt: skip


@kernel
def _count_character_ngrams(
    batch: TokenBatch,
    texts: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    length: int,
    table: KeyTable,
    characters: npt.NDArray[np.uint64],
    frequencies: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int64],
) -> None:
    """``frequencies[f]`` holds how many n-grams occur f times; it is all zero between texts."""
    for text in texts:
        total = _hash_characters(batch, text, characters)
        positions = total - length + 1
        if positions < 1:
            continue
        used = _count_windows(characters[:total], length, table)
        most = 0
        for number in range(used):
            count = int(table.counts[number])
            frequencies[count] += 1
            most = max(most, count)
        repeated = used - int(frequencies[1])
        wanted = min(int(np.sqrt(used)), repeated)
        taken = 0
        for frequency in range(most, 0, -1):
            several = min(int(frequencies[frequency]), wanted)
            taken += several * frequency
            wanted -= several
            frequencies[frequency] = 0
        counts[rows[text], 0] += positions
        counts[rows[text], 1] += taken


@kernel
def _hash_characters(batch: TokenBatch, text: int, characters: npt.NDArray[np.uint64]) -> int:
    """A well-mixed number for each code point; return how many there are."""
    position = batch.text_offsets[text]
    stop = batch.text_offsets[text + 1]
    total = 0
    while position < stop:
        width = 1
        code_point = int(np.int64(batch.data[position]))
        if code_point >= 0x80:
            code_point, width = decode(batch.data, position, stop)
        characters[total] = np.uint64(code_point + 1) * _FACTOR
        total += 1
        position += width
    return total


@kernel
def _count_windows(characters: npt.NDArray[np.uint64], length: int, table: KeyTable) -> int:
    """Count every run of ``length`` characters; return how many differ."""
    mask = clear_table(table, len(characters) - length + 1)
    value = np.uint64(0)
    leaving = np.uint64(1)
    for _ in range(length):
        leaving *= _FACTOR
    used = 0
    for i in range(len(characters)):
        value = value * _FACTOR + characters[i]
        if i >= length:
            value -= leaving * characters[i - length]
        if i >= length - 1:
            number = count_key(table, mask, used, mix64(value))
            used += 1 if number == used else 0
    return used

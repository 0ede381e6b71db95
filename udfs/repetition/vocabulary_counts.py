"""How often each word, and each run of characters, of a document occurs."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.columns.hash_counting import (
    KeyTable,
    clear_filter,
    clear_table,
    count_key,
    key_filter,
    key_table,
)
from udfs.text.token_batch import TokenBatch
from udfs.text.token_hashing import mix64
from udfs.text.utf8_decoding import decode

WORDS: Final = 0
DIFFERENT_WORDS: Final = 1
TOP_WORD: Final = 2  # occurrences of the most frequent word
LONGEST_RUN: Final = 3  # the same word this many times in a row; a maximum, not a sum
WORD_CHARACTERS: Final = 4  # characters of all words
WORD_MEASURES: Final = 5

_FACTOR: Final = np.uint64(0x9FB21C651E98DF25)
_SPREAD: Final = np.uint64(0xC4CEB9FE1A85EC53)


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


@kernel
def add_character_entropy(
    batch: TokenBatch,
    texts: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    table: KeyTable,
    entropy: npt.NDArray[np.float64],
) -> None:
    """Add to each text's row the entropy of its characters in nats times their number.

    Args:
        batch: The texts (their tokens are not looked at).
        texts: Which texts of the batch to count.
        rows: For every text of the batch, its row in ``entropy``.
        table: For as many keys as the longest of the texts has bytes.
        entropy: float64[rows]; added to.
    """
    for text in texts:
        data = batch.data[batch.text_offsets[text] : batch.text_offsets[text + 1]]
        mask = clear_table(table, len(data))
        used = 0
        characters = 0
        position = 0
        while position < len(data):
            width = 1
            code_point = int(np.int64(data[position]))
            if code_point >= 0x80:
                code_point, width = decode(data, position, len(data))
            number = count_key(table, mask, used, mix64(np.uint64(code_point)))
            used += 1 if number == used else 0
            position += width
            characters += 1
        for number in range(used):
            count = int(table.counts[number])
            entropy[rows[text]] += count * np.log(characters / count)


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
        counts: int64[rows, 3]; added to are all n-grams of the text; the occurrences of its most
            frequent ones, as many different n-grams as the square root of their number, but none
            that occurs once; and how often the most frequent one comes again.
    """
    if len(texts) == 0:
        return
    most = int(np.diff(batch.text_offsets)[texts].max())
    room = _CharacterRoom(
        characters=np.empty(most, np.uint64),
        keys=np.empty(most, np.uint64),
        filter=key_filter(most),
        frequencies=np.zeros(most + 1, np.int32),
    )
    _count_character_ngrams(batch, texts, rows, length, key_table(most), room, counts)


class _CharacterRoom(NamedTuple):
    """Arrays for the longest text of a batch.

    Attributes:
        characters: uint64; a number for each character.
        keys: uint64; a hash for each n-gram.
        filter: uint8; how many n-grams share a few bits of their hash: 0, 1, 2 = more.
        frequencies: int32; how many n-grams occur f times; zero between texts.
    """

    characters: npt.NDArray[np.uint64]
    keys: npt.NDArray[np.uint64]
    filter: npt.NDArray[np.uint8]
    frequencies: npt.NDArray[np.int32]


@kernel
def _count_character_ngrams(
    batch: TokenBatch,
    texts: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    length: int,
    table: KeyTable,
    room: _CharacterRoom,
    counts: npt.NDArray[np.int64],
) -> None:
    for text in texts:
        data = batch.data[batch.text_offsets[text] : batch.text_offsets[text + 1]]
        shift = clear_filter(room.filter, len(data))
        positions = _hash_windows(data, length, room, shift)
        if positions < 1:
            continue
        unique, used = _count_keys(room, positions, shift, table)
        counts[rows[text], 0] += positions
        top, most = _top_occurrences(room.frequencies, table, unique, used)
        counts[rows[text], 1] += top
        counts[rows[text], 2] += most - 1


@kernel
def _hash_windows(
    data: npt.NDArray[np.uint8], length: int, room: _CharacterRoom, shift: np.uint64
) -> int:
    """Hash every run of ``length`` characters by a rolling polynomial; return how many there are."""
    characters, keys, slots, _ = room
    value = np.uint64(0)
    leaving = np.uint64(1)
    for _ in range(length):
        leaving *= _FACTOR
    total = 0
    position = 0
    while position < len(data):
        width = 1
        code_point = int(np.int64(data[position]))
        if code_point >= 0x80:
            code_point, width = decode(data, position, len(data))
        position += width
        character = np.uint64(code_point + 1)
        characters[total] = character
        value = value * _FACTOR + character
        if total >= length:
            value -= leaving * characters[total - length]
        total += 1
        if total >= length:
            key = value * _SPREAD  # its high bits are mixed, which is enough for the filter
            keys[total - length] = key
            slot = key >> shift
            slots[slot] = min(slots[slot] + 1, 2)
    return total - length + 1


@kernel
def _count_keys(
    room: _CharacterRoom, positions: int, shift: np.uint64, table: KeyTable
) -> tuple[int, int]:
    """Count the keys; return how many surely occur once, and how many others are in the table."""
    _, keys, slots, _ = room
    kept = 0
    for i in range(positions):
        key = keys[i]
        keys[kept] = key  # written always and kept sometimes: a guess would often be wrong
        kept += 1 if slots[key >> shift] > 1 else 0
    mask = clear_table(table, kept)
    used = 0
    for i in range(kept):
        number = count_key(table, mask, used, mix64(keys[i]))
        used += 1 if number == used else 0
    return positions - kept, used


@kernel
def _top_occurrences(
    frequencies: npt.NDArray[np.int32], table: KeyTable, unique: int, used: int
) -> tuple[int, int]:
    """Occurrences of the sqrt(different) most frequent n-grams, those that occur once left out, and
    of the most frequent one."""
    most = 1
    repeated = 0
    for number in range(used):
        count = int(table.counts[number])
        frequencies[count] += 1
        most = max(most, count)
        repeated += 1 if count > 1 else 0
    wanted = min(int(np.sqrt(unique + used)), repeated)
    taken = 0
    for frequency in range(most, 0, -1):
        several = min(int(frequencies[frequency]), wanted)
        taken += several * frequency
        wanted -= several
        frequencies[frequency] = 0
    return taken, most

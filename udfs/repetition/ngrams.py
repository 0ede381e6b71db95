"""Repeated word n-grams, by all four definitions in use, in one compiled cascade over n.

An n-gram can only be repeated where both (n-1)-grams inside it are. So after the first n the work
is done on the shrinking list of repeated positions only, and 2-grams to 10-grams cost little more
than 2-grams alone.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.columns.hash_counting import (
    KeyTable,
    add_to_filter,
    clear_filter,
    clear_table,
    count_key,
    key_filter,
    key_table,
)
from udfs.text.token_batch import TokenBatch
from udfs.text.token_hashing import mix64

LONGEST: Final = 13
"""Longest n-gram counted."""

OCCURRENCES: Final = 0  # n-grams of the text
REPEATED: Final = 1  # those that occur twice or more, every occurrence counted (ROOTS)
CHARACTERS: Final = 2  # characters of all n-grams, overlaps counted again (Dolma)
REPEATED_CHARACTERS: Final = 3  # characters of the repeated ones, overlaps counted again (Dolma)
COVERED_CHARACTERS: Final = 4  # characters of words inside any repeated one (RedPajama-V2)
GREEDY_CHARACTERS: Final = 5  # without overlap, first occurrence free (datatrove, FineWeb)
TOP_CHARACTERS: Final = 6  # of the most frequent one, spaces included, times its count (Gopher)
MEASURES: Final = 7

_FACTOR: Final = np.uint64(0x9FB21C651E98DF25)


def count_ngrams(
    batch: TokenBatch,
    texts: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    shortest: int,
    longest: int,
    counts: npt.NDArray[np.int64],
) -> None:
    """Add each text's n-gram counts to its row.

    Args:
        batch: The tokens; their kind does not matter here.
        texts: Which texts of the batch to count.
        rows: For every text of the batch, its row in ``counts``.
        shortest: Smallest n, >= 1.
        longest: Largest n, <= LONGEST.
        counts: int64[rows, LONGEST + 1, MEASURES]; ``counts[row, n, measure]`` is added to.
    """
    if len(texts) == 0:
        return
    most = int(np.diff(batch.token_offsets)[texts].max())
    _count_ngrams(
        batch,
        texts,
        rows,
        shortest,
        longest,
        key_table(most),
        key_filter(most),
        np.empty(most, np.uint64),
        np.empty(most, np.int32),
        np.empty(most, np.int32),
        np.empty(most + 1, np.int64),
        counts,
    )


@kernel
def _count_ngrams(
    batch: TokenBatch,
    texts: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    shortest: int,
    longest: int,
    table: KeyTable,
    slots: npt.NDArray[np.uint8],
    keys: npt.NDArray[np.uint64],
    active: npt.NDArray[np.int32],
    grams: npt.NDArray[np.int32],
    ends: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
) -> None:
    """The cascade; ``active`` lists positions in order, ``grams`` their n-gram's number."""
    for text in texts:
        first = batch.token_offsets[text]
        tokens = batch.token_offsets[text + 1] - first
        if tokens < shortest:
            continue
        ends[0] = 0
        for i in range(tokens):
            ends[i + 1] = ends[i] + batch.token_characters[first + i]
        lasts = firsts = 0  # ends of all n-grams, and their beginnings
        for i in range(tokens - shortest + 1):
            lasts += ends[i + shortest]
            firsts += ends[i]
        hashes = batch.token_hash[first : first + tokens]
        found = _first_keys(hashes, shortest, slots, keys, active)
        for n in range(shortest, min(longest, tokens) + 1):
            if n > shortest:
                found = _extend_keys(batch.token_hash, first, n, tokens, keys, active, found)
            measures = counts[rows[text], n]
            used = _number_grams(table, keys, found, grams)
            top = _top_gram(table, active, found, grams, used, ends, n)
            measures[TOP_CHARACTERS] += top
            found = _keep_repeated(table, keys, active, found, grams)
            measures[OCCURRENCES] += tokens - n + 1
            measures[REPEATED] += found
            measures[CHARACTERS] += lasts - firsts
            lasts -= ends[n]
            firsts -= ends[tokens - n]
            _measure_characters(table, active, found, grams, ends, n, measures)


@kernel
def _first_keys(
    hashes: npt.NDArray[np.uint64],
    n: int,
    slots: npt.NDArray[np.uint8],
    keys: npt.NDArray[np.uint64],
    active: npt.NDArray[np.int32],
) -> int:
    """Key every n-gram by a rolling polynomial; keep those that may be repeated, return how many."""
    value = np.uint64(0)
    leaving = np.uint64(1)
    for i in range(n):
        value = value * _FACTOR + hashes[i]
        leaving *= _FACTOR
    found = len(hashes) - n + 1
    shift = clear_filter(slots, found)
    for i in range(found):
        if i > 0:
            value = value * _FACTOR + hashes[i + n - 1] - leaving * hashes[i - 1]
        keys[i] = mix64(value)
        add_to_filter(slots, keys[i] >> shift)
    kept = 0
    for i in range(found):
        key = keys[i]
        keys[kept] = key
        active[kept] = i
        kept += 1 if slots[key >> shift] > 1 else 0
    return kept


@kernel
def _extend_keys(
    hashes: npt.NDArray[np.uint64],
    first: int,
    n: int,
    tokens: int,
    keys: npt.NDArray[np.uint64],
    active: npt.NDArray[np.int32],
    found: int,
) -> int:
    """Make n-grams of the repeated (n-1)-grams whose right neighbour is repeated too."""
    kept = 0
    for index in range(found):
        position = int(active[index])
        if index + 1 < found and active[index + 1] == position + 1 and position + n <= tokens:
            keys[kept] = mix64(keys[index] * _FACTOR + hashes[first + position + n - 1])
            active[kept] = position
            kept += 1
    return kept


@kernel
def _number_grams(
    table: KeyTable,
    keys: npt.NDArray[np.uint64],
    found: int,
    grams: npt.NDArray[np.int32],
) -> int:
    """Give equal n-grams equal numbers, in order of first occurrence; return how many differ."""
    mask = clear_table(table, found)
    used = 0
    for index in range(found):
        number = count_key(table, mask, used, keys[index])
        used += 1 if number == used else 0
        grams[index] = number
    return used


@kernel
def _top_gram(
    table: KeyTable,
    active: npt.NDArray[np.int32],
    found: int,
    grams: npt.NDArray[np.int32],
    used: int,
    ends: npt.NDArray[np.int64],
    n: int,
) -> int:
    """Characters of the most frequent n-gram (the first one on a tie) times its count.

    Where no n-gram is left in the cascade all occur once, and the text's first one is it.
    """
    best = 1
    position = 0
    for number in range(used):
        if table.counts[number] > best:
            best = int(table.counts[number])
    if best > 1:
        for index in range(found):
            if table.counts[grams[index]] == best:
                position = int(active[index])
                break
    return int(best * (ends[position + n] - ends[position] + n - 1))


@kernel
def _keep_repeated(
    table: KeyTable,
    keys: npt.NDArray[np.uint64],
    active: npt.NDArray[np.int32],
    found: int,
    grams: npt.NDArray[np.int32],
) -> int:
    """Shrink the lists to the n-grams that occur twice or more; return their length."""
    kept = 0
    for index in range(found):
        if table.counts[grams[index]] > 1:
            keys[kept] = keys[index]
            active[kept] = active[index]
            grams[kept] = grams[index]
            kept += 1
    return kept


@kernel
def _measure_characters(
    table: KeyTable,
    active: npt.NDArray[np.int32],
    found: int,
    grams: npt.NDArray[np.int32],
    ends: npt.NDArray[np.int64],
    n: int,
    measures: npt.NDArray[np.int64],
) -> None:
    """Add the character measures of one n's repeated n-grams; forgets the table's counts."""
    covered_to = 0  # tokens before this one are covered already
    free_from = 0  # the greedy walk stands here
    for index in range(found):
        position = int(active[index])
        characters = ends[position + n] - ends[position]
        measures[REPEATED_CHARACTERS] += characters
        measures[COVERED_CHARACTERS] += ends[position + n] - ends[max(position, covered_to)]
        covered_to = position + n
        if position >= free_from:
            if table.counts[grams[index]] == 0:
                measures[GREEDY_CHARACTERS] += characters
                free_from = position + n
            table.counts[grams[index]] = 0

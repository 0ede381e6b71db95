"""The phrases of many fields as sorted 64-bit keys, each with the places where it stands.

A phrase is some tokens in a row. Documents are asked about millions of them, of which hardly one is in
the index: a filter of single bits answers for most, a directory of the keys' first bits for the rest.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.text.token_hashing import HASH_FACTOR, mix64

FEWEST_FILTER_BITS: Final = 12
MOST_FILTER_BITS: Final = 27
FILTER_BITS_A_KEY: Final = 3  # as a power of two: 8 to 16 bits a key, two of them set
DIRECTORY_BITS: Final = 18
MOST_FIELDS: Final = 200
"""A phrase of more fields is a template ("For which of these two scenarios"): it names no item."""


class PhraseIndex(NamedTuple):
    """Phrases of ``length`` tokens.

    Attributes:
        length: Tokens of a phrase.
        keys: uint64[phrases], ascending.
        live: bool[phrases]; False where a phrase counts as nobody's.
        postings: int64[phrases + 1]; phrase k stands at postings[k] <= p < postings[k + 1].
        fields: int32[postings]; field of each place.
        places: int32[postings]; token of the field at which the phrase begins there.
        filter: uint64[a power of two]; of each live key two bits are set in one word of it.
        directory: int64[2 ** DIRECTORY_BITS + 1]; first key with at least those first bits.
    """

    length: int
    keys: npt.NDArray[np.uint64]
    live: npt.NDArray[np.bool_]
    postings: npt.NDArray[np.int64]
    fields: npt.NDArray[np.int32]
    places: npt.NDArray[np.int32]
    filter: npt.NDArray[np.uint64]
    directory: npt.NDArray[np.int64]


class PhraseHits(NamedTuple):
    """Where phrases of an index stand in a batch, by row and place, ascending.

    Attributes:
        rows: int64[hits].
        positions: int64[hits]; token of the batch at which the phrase begins.
        phrases: int64[hits]; number of the phrase.
    """

    rows: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]
    phrases: npt.NDArray[np.int64]


def phrase_keys(
    hashes: npt.NDArray[np.uint64], offsets: npt.NDArray[np.int64], length: int
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The keys of all phrases of some rows of tokens.

    Returns:
        (keys uint64[n], rows int64[n], places int64[n]); a place counts from its row's first token.
    """
    sizes = np.maximum(np.diff(offsets) - length + 1, 0)
    keys = np.empty(int(sizes.sum()), np.uint64)
    _all_keys(hashes, offsets, length, keys)
    rows = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    starts = np.zeros(len(sizes), np.int64)
    np.cumsum(sizes[:-1], out=starts[1:]) if len(sizes) else None
    return keys, rows, np.arange(len(keys), dtype=np.int64) - starts[rows]


def build_index(
    keys: npt.NDArray[np.uint64],
    rows: npt.NDArray[np.int64],
    places: npt.NDArray[np.int64],
    length: int,
    dead: npt.NDArray[np.uint64],
) -> PhraseIndex:
    """Sort keys into an index.

    Args:
        keys: uint64[n]; a key may come more than once.
        rows: int64[n]; field of each.
        places: int64[n]; its place there.
        length: Tokens of a phrase.
        dead: uint64[m]; keys that count as nobody's.
    """
    order = np.lexsort((places, rows, keys))
    keys, rows, places = keys[order], rows[order], places[order]
    first = np.ones(len(keys), np.bool_)
    first[1:] = keys[1:] != keys[:-1]
    distinct = keys[first]
    postings = np.append(np.flatnonzero(first), len(keys)).astype(np.int64)
    new_field = first.copy()
    new_field[1:] |= rows[1:] != rows[:-1]
    holders = np.add.reduceat(new_field, postings[:-1]) if len(keys) else np.zeros(0, np.int64)
    live = (holders <= MOST_FIELDS) & ~np.isin(distinct, dead)
    wanted = int(np.count_nonzero(live)).bit_length() + FILTER_BITS_A_KEY
    packed = np.zeros(1 << (min(max(wanted, FEWEST_FILTER_BITS), MOST_FILTER_BITS) - 6), np.uint64)
    _fill_filter(distinct[live], packed)
    heads = np.arange((1 << DIRECTORY_BITS) + 1, dtype=np.uint64)
    firsts = (distinct >> np.uint64(64 - DIRECTORY_BITS)).astype(np.uint64)
    directory = np.searchsorted(firsts, heads).astype(np.int64)
    return PhraseIndex(
        length,
        distinct,
        live,
        postings,
        rows.astype(np.int32),
        places.astype(np.int32),
        packed,
        directory,
    )


def find_phrases(
    hashes: npt.NDArray[np.uint64], offsets: npt.NDArray[np.int64], index: PhraseIndex
) -> PhraseHits:
    """Look up every phrase of a batch; those that are dead are not found.

    Args:
        hashes: uint64[tokens].
        offsets: int64[rows + 1].
        index: What is looked for.
    """
    rows = np.empty(len(hashes), np.int64)
    positions = np.empty(len(hashes), np.int64)
    phrases = np.empty(len(hashes), np.int64)
    count = _scan(hashes, offsets, index, rows, positions, phrases)
    return PhraseHits(rows[:count].copy(), positions[:count].copy(), phrases[:count].copy())


def find_marked(
    hashes: npt.NDArray[np.uint64],
    marked: npt.NDArray[np.bool_],
    least: int,
    offsets: npt.NDArray[np.int64],
    index: PhraseIndex,
) -> PhraseHits:
    """As :func:`find_phrases`, of phrases with at least ``least`` marked tokens: a small part of most texts.

    Args:
        hashes: uint64[tokens].
        marked: bool[tokens].
        least: Marked tokens of a phrase.
        offsets: int64[rows + 1].
        index: What is looked for.
    """
    rows, positions, phrases = (np.empty(len(hashes), np.int64) for _ in range(3))
    count = _scan_marked(hashes, marked, least, offsets, index, rows, positions, phrases)
    return PhraseHits(rows[:count].copy(), positions[:count].copy(), phrases[:count].copy())


@kernel
def power(length: int) -> np.uint64:
    """What the first token of a phrase of ``length`` is multiplied by."""
    value = np.uint64(1)
    for _ in range(length - 1):
        value *= HASH_FACTOR
    return value


@kernel
def filter_word(key: np.uint64, words: int) -> np.uint64:
    """The word of a filter that speaks of a key."""
    return (key >> np.uint64(12)) & np.uint64(words - 1)


@kernel
def filter_mask(key: np.uint64) -> np.uint64:
    """The two bits of that word."""
    one = np.uint64(1)
    return (one << (key & np.uint64(63))) | (one << ((key >> np.uint64(6)) & np.uint64(63)))


@kernel
def _fill_filter(keys: npt.NDArray[np.uint64], bits: npt.NDArray[np.uint64]) -> None:
    for key in keys:
        bits[filter_word(key, len(bits))] |= filter_mask(key)


@kernel
def key_place(key: np.uint64, index: PhraseIndex) -> int:
    """The number of a live key, or -1."""
    _, keys, live, _, _, _, bits, directory = index
    mask = filter_mask(key)
    if bits[filter_word(key, len(bits))] & mask != mask:
        return -1
    head = np.int64(key >> np.uint64(64 - DIRECTORY_BITS))
    for place in range(directory[head], directory[head + 1]):
        if keys[place] == key:
            return place if live[place] else -1
    return -1


@kernel
def _all_keys(
    hashes: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    length: int,
    keys: npt.NDArray[np.uint64],
) -> None:
    leading = power(length)
    count = 0
    for row in range(len(offsets) - 1):
        value = np.uint64(0)
        for i in range(offsets[row], offsets[row + 1]):
            if i - offsets[row] >= length:
                value -= hashes[i - length] * leading
            value = value * HASH_FACTOR + hashes[i]
            if i - offsets[row] >= length - 1:
                keys[count] = mix64(value)
                count += 1


@kernel
def _scan(
    hashes: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    index: PhraseIndex,
    rows: npt.NDArray[np.int64],
    positions: npt.NDArray[np.int64],
    phrases: npt.NDArray[np.int64],
) -> int:
    length = index.length
    bits = index.filter
    leading = power(length)
    count = 0
    for row in range(len(offsets) - 1):
        value = np.uint64(0)
        first = offsets[row]
        for i in range(first, offsets[row + 1]):
            if i - first >= length:
                value -= hashes[i - length] * leading
            value = value * HASH_FACTOR + hashes[i]
            if i - first < length - 1:
                continue
            key = mix64(value)
            # ``key_place`` asks this, too; without a call nearly all keys end here in half the time.
            mask = filter_mask(key)
            if bits[filter_word(key, len(bits))] & mask != mask:
                continue
            place = key_place(key, index)
            if place >= 0:
                rows[count] = row
                positions[count] = i - length + 1
                phrases[count] = place
                count += 1
    return count


@kernel
def _scan_marked(
    hashes: npt.NDArray[np.uint64],
    marked: npt.NDArray[np.bool_],
    least: int,
    offsets: npt.NDArray[np.int64],
    index: PhraseIndex,
    rows: npt.NDArray[np.int64],
    positions: npt.NDArray[np.int64],
    phrases: npt.NDArray[np.int64],
) -> int:
    length = index.length
    count = 0
    for row in range(len(offsets) - 1):
        held = 0
        for i in range(offsets[row], offsets[row + 1]):
            held += 1 if marked[i] else 0
            if i - offsets[row] >= length and marked[i - length]:
                held -= 1
            first = i - length + 1
            if held < least or first < offsets[row]:
                continue
            value = np.uint64(0)
            for step in range(length):
                value = value * HASH_FACTOR + hashes[first + step]
            place = key_place(mix64(value), index)
            if place >= 0:
                rows[count] = row
                positions[count] = first
                phrases[count] = place
                count += 1
    return count

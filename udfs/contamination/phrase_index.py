"""The phrases of many fields as sorted 64-bit keys, each with the places where it stands.

A phrase is some tokens in a row; its key is their hashes, each turned by its place ("cyclic polynomial",
Cohen 1997): three operations a step. Documents are asked about millions of them, of which hardly one is
in the index: a filter of single bits answers for most, a directory of the keys' first bits for the rest.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel

FEWEST_FILTER_BITS: Final = 12
MOST_FILTER_BITS: Final = 27
FILTER_BITS_A_KEY: Final = 3  # as a power of two: 8 to 16 bits a key, three of them set
DIRECTORY_BITS: Final = 18
TURN: Final = 13  # bits; of 64 phrases of one token have keys that differ
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
        filter: uint64[a power of two]; of each live key three bits are set in one word of it.
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
    hits = PhraseHits(*(np.empty(len(hashes), np.int64) for _ in range(3)))
    count = _scan(hashes, offsets, index, hits)
    return PhraseHits._make(column[:count].copy() for column in hits)


def find_marked(
    hashes: npt.NDArray[np.uint64],
    kinds: npt.NDArray[np.uint8],
    marked: int,
    least: int,
    offsets: npt.NDArray[np.int64],
    index: PhraseIndex,
) -> PhraseHits:
    """As :func:`find_phrases`, of phrases with some tokens of one kind: a small part of most texts.

    Args:
        hashes: uint64[tokens].
        kinds: uint8[tokens].
        marked: The kind.
        least: Tokens of that kind in a phrase.
        offsets: int64[rows + 1].
        index: What is looked for.
    """
    hits = PhraseHits(*(np.empty(len(hashes), np.int64) for _ in range(3)))
    count = _scan_marked(hashes, kinds, marked, least, offsets, index, hits)
    return PhraseHits._make(column[:count].copy() for column in hits)


@kernel
def turned(value: np.uint64, steps: int) -> np.uint64:
    """The bits of a word moved in a circle, 0 <= steps < 64."""
    return (value << np.uint64(steps)) | (value >> np.uint64(64 - steps & 63))


@kernel
def filter_word(key: np.uint64, words: int) -> np.uint64:
    """The word of a filter that speaks of a key."""
    return (key >> np.uint64(18)) & np.uint64(words - 1)


@kernel
def filter_mask(key: np.uint64) -> np.uint64:
    """The three bits of that word."""
    one, six = np.uint64(1), np.uint64(63)
    mask = (one << (key & six)) | (one << ((key >> np.uint64(6)) & six))
    return mask | (one << ((key >> np.uint64(12)) & six))


@kernel
def _fill_filter(keys: npt.NDArray[np.uint64], bits: npt.NDArray[np.uint64]) -> None:
    for key in keys:
        bits[filter_word(key, len(bits))] |= filter_mask(key)


@kernel
def may_hold(bits: npt.NDArray[np.uint64], key: np.uint64) -> bool:
    """Whether a filter knows a key; asked before :func:`key_place`, which nearly no key comes to."""
    mask = filter_mask(key)
    return bool(bits[filter_word(key, len(bits))] & mask == mask)


@kernel
def key_place(key: np.uint64, index: PhraseIndex) -> int:
    """The number of a live key that the filter knows, or -1."""
    _, keys, live, _, _, _, _, directory = index
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
    count = 0
    for row in range(len(offsets) - 1):
        for first in range(offsets[row], offsets[row + 1] - length + 1):
            keys[count] = phrase_key(hashes, first, length)
            count += 1


@kernel
def phrase_key(hashes: npt.NDArray[np.uint64], first: int, length: int) -> np.uint64:
    """The key of the phrase that begins at a token."""
    key = np.uint64(0)
    for step in range(length):
        key = turned(key, TURN) ^ hashes[first + step]
    return key


@kernel
def _scan(
    hashes: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    index: PhraseIndex,
    hits: PhraseHits,
) -> int:
    """Fill ``hits``; return their number."""
    rows, positions, phrases = hits
    length = index.length
    bits = index.filter
    leaving = TURN * (length - 1) % 64
    count = 0
    for row in range(len(offsets) - 1):
        first = offsets[row]
        key = np.uint64(0)
        for i in range(first, offsets[row + 1]):
            key = turned(key, TURN) ^ hashes[i]
            begin = i - length + 1
            if begin < first:
                continue
            if may_hold(bits, key):
                place = key_place(key, index)
                if place >= 0:
                    rows[count], positions[count], phrases[count] = row, begin, place
                    count += 1
            key ^= turned(hashes[begin], leaving)
    return count


@kernel
def _scan_marked(
    hashes: npt.NDArray[np.uint64],
    kinds: npt.NDArray[np.uint8],
    marked: int,
    least: int,
    offsets: npt.NDArray[np.int64],
    index: PhraseIndex,
    hits: PhraseHits,
) -> int:
    """Fill ``hits``; return their number."""
    rows, positions, phrases = hits
    length = index.length
    bits = index.filter
    count = 0
    for row in range(len(offsets) - 1):
        held = 0
        for i in range(offsets[row], offsets[row + 1]):
            begin = i - length + 1
            held += kinds[i] == marked
            if begin > offsets[row]:
                held -= kinds[begin - 1] == marked
            if held < least or begin < offsets[row]:
                continue
            key = phrase_key(hashes, begin, length)
            place = key_place(key, index) if may_hold(bits, key) else -1
            if place >= 0:
                rows[count], positions[count], phrases[count] = row, begin, place
                count += 1
    return count

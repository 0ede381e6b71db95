"""Spark's ``xxhash64`` in memory, so that a draw by hash is the same with and without Spark.

XXH64 as published (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md), seed 42, the hash of
one column being the seed of the next, as in Spark's ``XxHash64``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.columns.string_views import StringViews

SEED: Final = 42
_P1, _P2, _P3, _P4, _P5 = map(
    np.uint64,
    (
        0x9E3779B185EBCA87,
        0xC2B2AE3D27D4EB4F,
        0x165667B19E3779F9,
        0x85EBCA77C2B2AE63,
        0x27D4EB2F165667C5,
    ),
)
Hashes = npt.NDArray[np.uint64]
Int64s = npt.NDArray[np.int64]
IntColumn = npt.NDArray[np.int64] | npt.NDArray[np.int32]


def xxhash64(*columns: IntColumn | StringViews | bytes) -> Int64s:
    """Return ``xxhash64(...)`` of columns as Spark's function of that name does, int64[rows].

    Args:
        columns: int64[rows] for bigint, int32[rows] for int, views of a column of strings, whose nulls
            change nothing, or one text for all rows; at least one has a value a row.
    """
    rows = max(
        len(column.valid if isinstance(column, StringViews) else column)
        for column in columns
        if not isinstance(column, bytes)
    )
    seeds = np.full(rows, SEED, np.uint64)
    for column in columns:
        if isinstance(column, bytes):
            seeds = _same_text(np.frombuffer(column, np.uint8), seeds)
        elif isinstance(column, StringViews):
            seeds = _texts(column.data, column.offsets, column.valid, seeds)
        elif column.dtype == np.int32:
            seeds = _int(column, seeds)
        else:
            seeds = _long(column, seeds)
    return seeds.view(np.int64)


def _long(values: npt.ArrayLike, seed: Hashes) -> Hashes:
    words = np.asarray(values, np.int64).view(np.uint64)
    mixed = seed + _P5 + np.uint64(8)
    mixed ^= _rotated(words * _P2, 31) * _P1
    return _finished(_rotated(mixed, 27) * _P1 + _P4)


def _int(values: npt.ArrayLike, seed: Hashes) -> Hashes:
    words = np.asarray(values, np.int32).view(np.uint32).astype(np.uint64)
    mixed = (seed + _P5 + np.uint64(4)) ^ (words * _P1)
    return _finished(_rotated(mixed, 23) * _P2 + _P3)


def _rotated(words: Hashes, bits: int) -> Hashes:
    return (words << np.uint64(bits)) | (words >> np.uint64(64 - bits))


def _finished(mixed: Hashes) -> Hashes:
    mixed = (mixed ^ (mixed >> np.uint64(33))) * _P2
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _P3
    return mixed ^ (mixed >> np.uint64(32))


@kernel
def _texts(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    valid: npt.NDArray[np.bool_],
    seeds: Hashes,
) -> Hashes:
    """The hash of each text by the seed of its row; of a null the seed."""
    hashes = seeds.copy()
    for row in range(len(valid)):
        if valid[row]:
            hashes[row] = _bytes_hash(data[offsets[row] : offsets[row + 1]], seeds[row])
    return hashes


@kernel
def _same_text(text: npt.NDArray[np.uint8], seeds: Hashes) -> Hashes:
    """The hash of a text by each seed."""
    hashes = np.empty_like(seeds)
    for row in range(len(seeds)):
        hashes[row] = _bytes_hash(text, seeds[row])
    return hashes


@kernel
def _bytes_hash(text: npt.NDArray[np.uint8], seed: np.uint64) -> np.uint64:
    length, at = len(text), 0
    if length >= 32:
        one, two, three, four = seed + _P1 + _P2, seed + _P2, seed, seed - _P1
        while at + 32 <= length:
            one = _round(one, _word(text, at, 8))
            two = _round(two, _word(text, at + 8, 8))
            three = _round(three, _word(text, at + 16, 8))
            four = _round(four, _word(text, at + 24, 8))
            at += 32
        mixed = _rotate(one, 1) + _rotate(two, 7) + _rotate(three, 12) + _rotate(four, 18)
        for lane in (one, two, three, four):
            mixed = (mixed ^ _round(np.uint64(0), lane)) * _P1 + _P4
    else:
        mixed = seed + _P5
    mixed += np.uint64(length)
    while at + 8 <= length:
        mixed = _rotate(mixed ^ _round(np.uint64(0), _word(text, at, 8)), 27) * _P1 + _P4
        at += 8
    if at + 4 <= length:
        mixed = _rotate(mixed ^ _word(text, at, 4) * _P1, 23) * _P2 + _P3
        at += 4
    while at < length:
        mixed = _rotate(mixed ^ np.uint64(text[at]) * _P5, 11) * _P1
        at += 1
    mixed = (mixed ^ (mixed >> np.uint64(33))) * _P2
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _P3
    return mixed ^ (mixed >> np.uint64(32))


@kernel
def _word(text: npt.NDArray[np.uint8], at: int, size: int) -> np.uint64:
    """Little-endian number of 4 or 8 bytes."""
    word = np.uint64(0)
    for place in range(size):
        word |= np.uint64(text[at + place]) << np.uint64(8 * place)
    return word


@kernel
def _round(lane: np.uint64, word: np.uint64) -> np.uint64:
    return _rotate(lane + word * _P2, 31) * _P1


@kernel
def _rotate(word: np.uint64, bits: int) -> np.uint64:
    return (word << np.uint64(bits)) | (word >> np.uint64(64 - bits))

"""Spark's ``xxhash64`` of numbers in memory, so that a draw by hash is the same with and without Spark.

XXH64 as published (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md), seed 42, the hash of
one column being the seed of the next, as in Spark's ``XxHash64``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

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


def xxhash64(first: npt.ArrayLike, *others: npt.ArrayLike | bytes) -> npt.NDArray[np.int64]:
    """Return ``xxhash64(first, ...)`` of bigint columns and of short texts, int64[rows].

    Args:
        first: int64[rows].
        others: Further int64[rows], or one text below 8 bytes for all rows.
    """
    seeds = np.full(np.shape(first), SEED, np.uint64)
    for column in (first, *others):
        seeds = _text(column, seeds) if isinstance(column, bytes) else _long(column, seeds)
    return seeds.view(np.int64)


def _long(values: npt.ArrayLike, seed: Hashes) -> Hashes:
    words = np.asarray(values, np.int64).view(np.uint64)
    mixed = seed + _P5 + np.uint64(8)
    mixed ^= _rotated(words * _P2, 31) * _P1
    return _finished(_rotated(mixed, 27) * _P1 + _P4)


def _text(text: bytes, seed: Hashes) -> Hashes:
    mixed = seed + _P5 + np.uint64(len(text))
    if len(text) >= 4:
        mixed ^= _product(int.from_bytes(text[:4], "little"), _P1)
        mixed = _rotated(mixed, 23) * _P2 + _P3
    for byte in text[len(text) // 4 * 4 :]:
        mixed ^= _product(byte, _P5)
        mixed = _rotated(mixed, 11) * _P1
    return _finished(mixed)


def _product(number: int, prime: np.uint64) -> np.uint64:
    return np.uint64(number * int(prime) % 2**64)  # numpy warns of single numbers that overflow


def _rotated(words: Hashes, bits: int) -> Hashes:
    return (words << np.uint64(bits)) | (words >> np.uint64(64 - bits))


def _finished(mixed: Hashes) -> Hashes:
    mixed = (mixed ^ (mixed >> np.uint64(33))) * _P2
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _P3
    return mixed ^ (mixed >> np.uint64(32))

"""MinHash signatures, bit-identical to datasketch 2.0 ``affine32``, their LSH band keys and sketches.

A shingle's 32-bit hash is finalised once (MurmurHash3) and permuted k times by ``a * h + b`` modulo
2**32 with odd ``a``; the minimum over a document's shingles is one value of its signature. Two
documents share a value with probability J, their Jaccard similarity (Broder 1997). Users can query
our signatures with datasketch: same seed, same number of permutations, same values.
"""

from __future__ import annotations

import functools
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.dedup.shingles import Shingles
from udfs.text.token_hashing import mix64

DATASKETCH_SEED: Final = 1
BLOCK: Final = (
    4096  # shingles at a time: 16 kB stay in the first-level cache, however long the text
)
SKETCH_FACTOR: Final = np.uint32(0x9E3779B1)  # odd; its product's top byte depends on every bit
SIGNATURE_OF_NOTHING: Final = np.uint32(0xFFFFFFFF)


class Permutations(NamedTuple):
    """Factors (odd) and summands of the permutations ``factor * h + summand`` mod 2**32; uint32[k]."""

    factor: npt.NDArray[np.uint32]
    summand: npt.NDArray[np.uint32]


@functools.cache
def permutations(count: int, seed: int = DATASKETCH_SEED) -> Permutations:
    """Draw the permutations that ``datasketch.MinHash(count, seed)`` draws.

    The first values for one ``count`` are not those for another: signatures of different lengths
    cannot be compared.

    Raises:
        ValueError: If ``count`` is below 1.
    """
    if count < 1:
        raise ValueError(f"{count} permutations make no signature: give 1 or more")
    generator = np.random.RandomState(seed)
    half = generator.randint(0, 1 << 31, count, dtype=np.uint32)
    factor = half * np.uint32(2) + np.uint32(1)
    summand = generator.randint(0, 1 << 32, count, dtype=np.uint32)
    return Permutations(factor, summand)


def signatures(shingles: Shingles, drawn: Permutations) -> npt.NDArray[np.uint32]:
    """The signature of each document.

    Args:
        shingles: The documents' shingle hashes; repeats do not matter.
        drawn: k permutations.

    Returns:
        uint32[rows, k]; all ones for a document without shingles, as datasketch has it.
    """
    rows = len(shingles.offsets) - 1
    result = np.full((rows, len(drawn.factor)), SIGNATURE_OF_NOTHING, np.uint32)
    _fill_signatures(shingles.hashes, shingles.offsets, drawn.factor, drawn.summand, result)
    return result


def band_keys(
    values: npt.NDArray[np.uint32], bands: int, rows: int, key_bits: int = 64
) -> npt.NDArray[np.int64]:
    """Fold each band of a signature, and the band's number, into one key.

    Two documents meet in a bucket when a key of theirs is equal, which happens with probability
    1 - (1 - J**rows)**bands, plus accidents of 2**-key_bits a pair.

    Args:
        values: uint32[documents, >= bands * rows]; signatures.
        bands: Number of bands.
        rows: Values in each band.
        key_bits: Width of a key, 1-64; narrow keys exist to test that accidents do no harm.

    Returns:
        int64[documents, bands].

    Raises:
        ValueError: If the signatures are too short for the banding.
    """
    if bands < 1 or rows < 1 or bands * rows > values.shape[1]:
        raise ValueError(
            f"{bands} bands of {rows} rows need {bands * rows} permutations, the signatures have "
            f"{values.shape[1]}: compute longer signatures or use fewer bands"
        )
    if not 1 <= key_bits <= 64:
        raise ValueError(f"band keys of {key_bits} bits do not exist: give 1 to 64")
    keys = np.empty((len(values), bands), np.uint64)
    _fold_bands(values, rows, np.uint64(64 - key_bits), keys)
    return keys.view(np.int64)


def sketches(values: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """An 8-bit hash of each signature value: uint8[documents, k], a quarter of the bytes.

    b-bit minwise hashing (Li and König 2010): at b = 8 the estimate's standard error is that of the
    full signature to the third digit. Not simply the low byte: that of ``a * h + b`` hangs on the
    low byte of ``h`` alone, so two documents of one shingle each would agree in all places or in none.
    """
    mixed = values * SKETCH_FACTOR
    mixed >>= np.uint32(24)
    return mixed.astype(np.uint8)


@kernel
def _finalise32(value: np.uint32) -> np.uint32:
    """MurmurHash3's 32-bit finaliser; each product is cut back, or numba would widen it to 64."""
    value ^= value >> np.uint32(16)
    value = np.uint32(value * np.uint32(0x85EBCA6B))
    value ^= value >> np.uint32(13)
    value = np.uint32(value * np.uint32(0xC2B2AE35))
    value ^= value >> np.uint32(16)
    return value


@kernel
def _fill_signatures(
    hashes: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    factor: npt.NDArray[np.uint32],
    summand: npt.NDArray[np.uint32],
    result: npt.NDArray[np.uint32],
) -> None:
    mixed = np.empty(BLOCK, np.uint32)
    for row in range(len(offsets) - 1):
        first = offsets[row]
        while first < offsets[row + 1]:
            count = min(BLOCK, offsets[row + 1] - first)
            for index in range(count):
                mixed[index] = _finalise32(hashes[first + index])
            for permutation in range(len(factor)):
                a = factor[permutation]
                b = summand[permutation]
                smallest = result[row, permutation]
                for index in range(count):
                    value = np.uint32(a * mixed[index] + b)
                    smallest = min(smallest, value)
                result[row, permutation] = smallest
            first += count


@kernel
def _fold_bands(
    values: npt.NDArray[np.uint32],
    rows: int,
    drop: np.uint64,
    keys: npt.NDArray[np.uint64],
) -> None:
    for document in range(keys.shape[0]):
        for band in range(keys.shape[1]):
            key = mix64(np.uint64(band + 1))
            for row in range(rows):
                value = np.uint64(values[document, band * rows + row])
                key = mix64(key ^ value)
            keys[document, band] = key >> drop

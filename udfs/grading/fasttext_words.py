"""fastText's vocabulary: words where they lie in the file, found by its hash of their bytes."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel

END_OF_LINE: Final = b"</s>"
LABEL_PREFIX: Final = np.frombuffer(b"__label__", np.uint8)
"""Files tell no prefix: an unknown word that begins so is taken for a label, and skipped."""
AFTER_A_WORD: Final = 10  # its final 0, its count in 8 bytes, its kind in one
BASIS: Final = np.uint64(2166136261)
_PRIME: Final = np.uint64(16777619)
_MASK: Final = np.uint64(0xFFFFFFFF)
_SIGN: Final = np.uint64(0xFFFFFF00)


class Vocabulary(NamedTuple):
    """Words, and how n-grams become rows.

    Attributes:
        spelling: uint8[bytes], the whole file.
        starts: int64[words + labels], where each begins; it ends before a byte 0.
        slots: int32[power of two], number of the word that hashes there or before; -1: free.
        words: How many are words; labels have the numbers from here on.
        end_of_line: Number of ``</s>``, of which every line that was trained on has one; -1: none.
        orders: Longest n-gram of words.
        buckets: That n-grams are hashed to.
        shortest: Characters of the shortest n-gram of characters.
        longest: Of the longest; 0: there are none.
        kept: int32[buckets], the number of each bucket among those that were kept, -1 of the others; [0]:
            all were kept.
    """

    spelling: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    slots: npt.NDArray[np.int32]
    words: int
    end_of_line: int
    orders: int
    buckets: int
    shortest: int
    longest: int
    kept: npt.NDArray[np.int32]


@kernel
def mix_byte(value: np.uint64, byte: np.uint8) -> np.uint64:
    """One step of FNV-1a in 32 bits, the byte taken as signed: published models were trained so."""
    letter = np.uint64(byte)
    if byte >= 128:
        letter |= _SIGN
    return ((value ^ letter) * _PRIME) & _MASK


@kernel
def hash_bytes(data: npt.NDArray[np.uint8], start: int, stop: int) -> np.uint64:
    """fastText's hash of ``data[start:stop]``, below 2^32."""
    value = BASIS
    for place in range(start, stop):
        value = mix_byte(value, data[place])
    return value


@kernel
def find_entries(
    data: npt.NDArray[np.uint8],
    place: int,
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
) -> int:
    """Fill in where the entries of a dictionary lie, and return where it ends; -1: it is cut short."""
    for entry in range(len(starts)):
        starts[entry] = place
        while place < len(data) and data[place] != 0:
            place += 1
        ends[entry] = place
        place += AFTER_A_WORD
        if place > len(data):
            return -1
    return place


@kernel
def fill_slots(
    data: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    slots: npt.NDArray[np.int32],
) -> None:
    """Enter all words into a table that is -1 throughout, larger than they are many, a power of two."""
    mask = np.uint64(len(slots) - 1)
    for entry in range(len(starts)):
        slot = hash_bytes(data, starts[entry], ends[entry]) & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = entry


@kernel
def find_word(
    vocabulary: Vocabulary, data: npt.NDArray[np.uint8], start: int, stop: int, value: np.uint64
) -> int:
    """Number of the word ``data[start:stop]`` of a hash; -1: it is unknown."""
    mask = np.uint64(len(vocabulary.slots) - 1)
    slot = value & mask
    while vocabulary.slots[slot] >= 0:
        entry = int(vocabulary.slots[slot])
        begin = vocabulary.starts[entry]
        equal = 0
        while equal < stop - start and vocabulary.spelling[begin + equal] == data[start + equal]:
            equal += 1
        if equal == stop - start and vocabulary.spelling[begin + equal] == 0:
            return entry
        slot = (slot + np.uint64(1)) & mask
    return -1

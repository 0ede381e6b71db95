"""Counting of equal 64-bit keys: one small open-addressing table, reused row after row.

The table is sized by the row, not by the batch, so that a page's table stays in the first-level
cache; Python's sets and dictionaries, the usual way, are some two hundred times slower here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel


class KeyTable(NamedTuple):
    """A table of up to ``len(keys)`` different keys; keys get numbers 0, 1, 2... as they first occur.

    Attributes:
        slots: int32[2**k]; number of the key in this slot, -1 = empty.
        keys: uint64[capacity]; key by number.
        counts: int32[capacity]; occurrences by number.
    """

    slots: npt.NDArray[np.int32]
    keys: npt.NDArray[np.uint64]
    counts: npt.NDArray[np.int32]


def key_table(capacity: int) -> KeyTable:
    """A table for rows of at most ``capacity`` keys."""
    size = 16
    while size < 2 * capacity:
        size *= 2
    return KeyTable(
        np.empty(size, np.int32), np.empty(capacity, np.uint64), np.empty(capacity, np.int32)
    )


@kernel
def clear_table(table: KeyTable, expected: int) -> np.uint64:
    """Empty the part of the table that ``expected`` keys need.

    Returns:
        The mask to hand to ``count_key``.
    """
    size = 16
    while size < 2 * expected:
        size *= 2
    table.slots[:size] = -1
    return np.uint64(size - 1)


@kernel
def count_key(table: KeyTable, mask: np.uint64, used: int, key: np.uint64) -> int:
    """Count one occurrence of a key.

    Args:
        table: Cleared for at least as many keys as will come.
        mask: What ``clear_table`` returned.
        used: Different keys so far.
        key: A well-mixed hash.

    Returns:
        The key's number; it equals ``used`` if the key is new.
    """
    slot = key & mask
    number = int(table.slots[slot])
    while number >= 0 and table.keys[number] != key:
        slot = (slot + np.uint64(1)) & mask
        number = int(table.slots[slot])
    if number < 0:
        number = used
        table.slots[slot] = number
        table.keys[number] = key
        table.counts[number] = 0
    table.counts[number] += 1
    return number


def key_filter(capacity: int) -> npt.NDArray[np.uint8]:
    """A filter for rows of at most ``capacity`` keys: most keys occur once, and it tells which.

    One byte a slot says how many keys fell there: 0, 1, or 2 for more. What shares its slot with
    nothing occurs once and need not go through the table, whose misses are what counting costs.
    """
    size = 64
    while size < 8 * capacity:
        size *= 2
    return np.empty(size, np.uint8)


@kernel
def clear_filter(slots: npt.NDArray[np.uint8], expected: int) -> np.uint64:
    """Empty the part of the filter that ``expected`` keys need.

    Returns:
        The shift that takes a hash to its slot (by its high bits).
    """
    shift = np.uint64(58)
    size = 64
    while size < 8 * expected:
        size *= 2
        shift -= np.uint64(1)
    slots[:size] = 0
    return shift


@kernel
def add_to_filter(slots: npt.NDArray[np.uint8], slot: np.uint64) -> None:
    """Note one more key in a slot."""
    slots[slot] = min(slots[slot] + 1, 2)

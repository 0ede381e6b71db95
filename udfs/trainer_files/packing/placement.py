"""Which piece goes into which row: best fit decreasing in time that grows with the number of pieces only.

Best fit decreasing takes pieces from the longest to the shortest and puts each into the row with the
least room that still holds it (Johnson, Near-optimal bin packing algorithms, 1973; for language models
Ding et al., Fewer truncations improve language modeling, ICML 2024). Lengths are whole numbers below
the row's, so that rows are kept by their room, and a tree of bits finds the next room that is taken.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel

BITS = 64
LEVELS = 6  # 64**6 passes any length of a row
NONE = -1


def best_fit_rows(lengths: npt.NDArray[np.int32], capacity: int) -> npt.NDArray[np.int64]:
    """Place pieces into rows by best fit decreasing.

    Args:
        lengths: int32[pieces], 1 to ``capacity`` tokens each.
        capacity: Tokens of a row.

    Returns:
        int64[pieces], the row of each piece; rows are 0, 1, 2... without gaps. Equal lengths are placed
        in the order given, so that the same pieces in the same order always give the same rows.

    Raises:
        ValueError: A length is out of range.
    """
    if len(lengths) and not (lengths.min() >= 1 and lengths.max() <= capacity):
        raise ValueError(
            f"lengths are {lengths.min()} to {lengths.max()}, wanted 1 to the row's {capacity}"
        )
    # Stable, and linear for short integers: numpy sorts 16-bit keys by radix.
    keys = (capacity - lengths).astype(np.uint16 if capacity < 1 << 16 else np.int32)
    order = np.argsort(keys, kind="stable")
    return _place(lengths, order, capacity)


@kernel
def _place(
    lengths: npt.NDArray[np.int32], order: npt.NDArray[np.int64], capacity: int
) -> npt.NDArray[np.int64]:
    rows = np.empty(len(lengths), np.int64)
    newest = np.full(capacity + 1, NONE, np.int64)  # by room: the row opened or filled last
    older = np.empty(len(lengths), np.int64)  # by row: the next one with the same room
    tree = np.zeros((LEVELS, capacity // BITS + 1), np.uint64)
    used = 0
    for piece in order:
        length = lengths[piece]
        room = _next_room(tree, length)
        if room == NONE:
            row, room = used, capacity
            used += 1
        else:
            row = newest[room]
            newest[room] = older[row]
            if newest[room] == NONE:
                _take_out(tree, room)
        rows[piece] = row
        left = room - length
        if left > 0:
            if newest[left] == NONE:
                _put_in(tree, left)
            older[row] = newest[left]
            newest[left] = row
    return rows


@kernel
def _put_in(tree: npt.NDArray[np.uint64], room: int) -> None:
    for level in range(LEVELS):
        tree[level, room // BITS] |= np.uint64(1) << np.uint64(room % BITS)
        room //= BITS


@kernel
def _take_out(tree: npt.NDArray[np.uint64], room: int) -> None:
    for level in range(LEVELS):
        tree[level, room // BITS] &= ~(np.uint64(1) << np.uint64(room % BITS))
        if tree[level, room // BITS]:
            return
        room //= BITS


@kernel
def _next_room(tree: npt.NDArray[np.uint64], least: int) -> int:
    """The smallest room in the tree that is at least ``least``; -1 without any."""
    room = least
    for level in range(LEVELS):
        word = room // BITS
        if word >= tree.shape[1]:
            return NONE
        rest = tree[level, word] >> np.uint64(room % BITS)
        if rest:
            room += _lowest_bit(rest)
            for below in range(level - 1, -1, -1):
                room = room * BITS + _lowest_bit(tree[below, room])
            return room
        room = word + 1
    return NONE


@kernel
def _lowest_bit(word: np.uint64) -> int:
    count = 0
    while not word & np.uint64(0xFF):
        word >>= np.uint64(8)
        count += 8
    while not word & np.uint64(1):
        word >>= np.uint64(1)
        count += 1
    return count

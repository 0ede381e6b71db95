"""Which of the known phrases a line holds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.lines.phrases import ANYWHERE, AT_END, AT_START, WHOLE_LINE, PhraseTable


@kernel
def phrases_in_lines(
    hashes: npt.NDArray[np.uint64],
    first_token: npt.NDArray[np.int64],
    words: npt.NDArray[np.int32],
    table: PhraseTable,
    flags: npt.NDArray[np.uint32],
) -> None:
    """Or the kinds (bits) of the phrases of every line into its flags.

    Args:
        hashes: uint64[tokens] of the batch.
        first_token: int64[lines].
        words: int32[lines]; tokens of each line.
        table: The phrases.
        flags: uint32[lines].
    """
    mask = np.uint64(len(table.slots) - 1)
    for line in range(len(words)):
        first = first_token[line]
        last = first + words[line]
        for position in range(first, last):
            slot = hashes[position] & mask
            if table.slots[slot] >= 0:  # seldom: the table is mostly empty
                flags[line] |= _phrases_at(hashes, position, first, last, table)


@kernel
def _phrases_at(
    hashes: npt.NDArray[np.uint64], position: int, first: int, last: int, table: PhraseTable
) -> np.uint32:
    """The kinds of the phrases that begin at one token of the line ``first:last``."""
    found = np.uint32(0)
    mask = np.uint64(len(table.slots) - 1)
    slot = hashes[position] & mask
    number = int(table.slots[slot])
    while number >= 0 and table.hashes[table.offsets[number]] != hashes[position]:
        slot = (slot + np.uint64(1)) & mask
        number = int(table.slots[slot])
    while number >= 0:
        if _stands_at(hashes, position, first, last, table, number):
            found |= table.kinds[number]
        number = int(table.following[number])
    return found


@kernel
def _stands_at(
    hashes: npt.NDArray[np.uint64],
    position: int,
    first: int,
    last: int,
    table: PhraseTable,
    number: int,
) -> bool:
    start = int(table.offsets[number])
    end = position + int(table.offsets[number + 1]) - start
    place = int(table.places[number])
    if end > last:
        return False
    if place in (AT_START, WHOLE_LINE) and position != first:
        return False
    if place in (AT_END, WHOLE_LINE) and end != last:
        return False
    for index in range(position, end):
        if hashes[index] != table.hashes[start + index - position]:
            return False
    return place >= ANYWHERE

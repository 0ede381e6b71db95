"""Which of the known phrases a line holds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from udfs.compiled import kernel
from udfs.line_phrases import ANYWHERE, AT_END, AT_START, WHOLE_LINE, PhraseTable


@kernel
def phrases_in_line(
    hashes: npt.NDArray[np.uint64], first: int, last: int, table: PhraseTable
) -> np.uint32:
    """The kinds (bits) of the phrases among the line's tokens ``first:last``."""
    found = np.uint32(0)
    mask = np.uint64(len(table.slots) - 1)
    for position in range(first, last):
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

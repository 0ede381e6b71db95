"""How often one value stands among the bytes or tokens of each text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel


@kernel
def count_equal(
    values: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], value: int
) -> npt.NDArray[np.int64]:
    """Count a value text by text.

    Args:
        values: uint8[...]; bytes of the texts, or kinds of their tokens.
        offsets: int64[texts + 1]; where each text begins in ``values``.
        value: What to count.

    Returns:
        int64[texts].
    """
    counts = np.zeros(len(offsets) - 1, np.int64)
    for text in range(len(counts)):
        found = 0
        part = values[offsets[text] : offsets[text + 1]]
        for index in range(len(part)):
            found += 1 if part[index] == value else 0
        counts[text] = found
    return counts


@kernel
def raise_to(
    largest: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], values: npt.NDArray[np.int32]
) -> None:
    """Raise ``largest[rows[i]]`` to ``values[i]`` where that is more."""
    for index in range(len(values)):
        row = rows[index]
        largest[row] = max(largest[row], np.int64(values[index]))

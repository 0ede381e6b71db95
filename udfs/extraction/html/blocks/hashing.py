"""Bytes of a page compared without regard to case, and looked up by their hash."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.names import (
    FNV_OFFSET,
    FNV_PRIME,
)

Bytes = npt.NDArray[np.uint8]


SEED: Final = np.uint64(FNV_OFFSET)


PRIME: Final = np.uint64(FNV_PRIME)


@kernel
def lower(byte: Any) -> Any:
    """ASCII lower case of a byte as int64."""
    code = np.int64(byte)
    return code + 32 if 65 <= code <= 90 else code


@kernel
def find(keys: npt.NDArray[np.uint64], values: npt.NDArray[np.int32], key: Any) -> int:
    """Value of ``key`` in a table of ``hash_table``, or -1."""
    mask = np.uint64(keys.shape[0] - 1)
    place = np.int64(np.uint64(key) & mask)
    while values[place] >= 0:
        if keys[place] == np.uint64(key):
            return np.int64(values[place])  # type: ignore[return-value]
        place = (place + 1) & np.int64(mask)
    return np.int64(-1)  # type: ignore[return-value]


@kernel
def hash_lower(page: Bytes, start: int, end: int) -> Any:
    """FNV-1a of the lower-cased bytes ``start`` to ``end``."""
    value = SEED
    for place in range(start, end):
        value = (value ^ np.uint64(lower(page[place]))) * PRIME
    return value

"""The hash of a token: over its lower-cased characters, one at a time, then finalised.

It is part of the data format: MinHash signatures and indexes that hold it outlive the code.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from udfs.columns.compiled import kernel

HASH_SEED: Final = np.uint64(0x9E3779B97F4A7C15)
HASH_FACTOR: Final = np.uint64(0xD6E8FEB86659FD93)


@kernel
def mix64(value: np.uint64) -> np.uint64:
    """Finaliser of MurmurHash3 (64 bits): every input bit reaches every output bit."""
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    value ^= value >> np.uint64(33)
    return value


@kernel
def extend_hash(value: np.uint64, code_point: int) -> np.uint64:
    """Take one more lower-cased character into the hash."""
    value = (value ^ np.uint64(code_point)) * HASH_FACTOR
    return value ^ (value >> np.uint64(32))

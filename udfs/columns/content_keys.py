"""A 64-bit key of each content: an order of rows that does not follow the input's order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def content_keys(contents: Sequence[bytes | str | None]) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of each content: an order of rows that does not follow the input's order.

    Args:
        contents: Texts or names; None counts as empty.

    Returns:
        uint64[n], the first eight bytes of BLAKE2b.
    """
    encoded = (item.encode() if isinstance(item, str) else item or b"" for item in contents)
    digests = [hashlib.blake2b(item, digest_size=8).digest() for item in encoded]
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)

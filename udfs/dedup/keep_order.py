"""The order in which documents are preferred, as one 63-bit key that depends on content alone.

The high bits are a bucket of what the keep policy compares, the rest are bits of a hash of the raw
text and the address. The smaller key is the better document. Neither ids nor the order of files
enter, so the same texts survive whatever the documents are called; and because hubs of buckets,
keepers and leaders are all a minimum of this one number, no stage has to carry anything else.

Two different documents share a key about once in 10**9 documents. Nothing wrong follows: they are
told apart by id wherever something is decided, and removal always rests on a compared pair.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.text.token_hashing import mix64

KeepPolicy = Literal["longest", "best", "earliest", "source_priority"]
KEY_BITS: Final = 63
_BUCKET_BITS: Final = {"longest": 10, "best": 16, "earliest": 16, "source_priority": 8}
_EXPONENT_BIAS: Final = 1023 << 4


def preference_buckets(
    policy: KeepPolicy,
    text_bytes: npt.NDArray[np.int64],
    values: npt.NDArray[np.float64],
) -> npt.NDArray[np.int64]:
    """Quantise what a policy compares; the smaller bucket is preferred.

    Args:
        policy: ``longest``: bytes of text in steps of 1/16 octave (4-6 %); ``best``: the
            higher quality (16 bits, relative steps of 1/128); ``earliest``: the day; ``source_priority``: the
            place in the list of sources.
        text_bytes: int64[rows].
        values: float64[rows]; quality, day since 1970 or place (0 = first); NaN where unknown,
            which is worst. Not read for ``longest``.

    Returns:
        int64[rows], each below 2**bits of the policy.
    """
    last = (1 << _BUCKET_BITS[policy]) - 1
    if policy == "longest":
        return last - _logarithm(text_bytes)
    if policy == "best":
        known = np.where(np.isnan(values), -np.inf, values).astype(np.float32) + np.float32(0)
        bits = known.view(np.int32).astype(np.int64)
        ascending = np.where(bits < 0, ~bits & 0xFFFFFFFF, bits + 0x80000000)
        return last - (ascending >> 16)
    offset = 1 << 15 if policy == "earliest" else 0
    known = np.where(np.isnan(values), last, np.floor(values) + offset)
    buckets: npt.NDArray[np.int64] = np.clip(known, 0, last).astype(np.int64)
    return buckets


def order_keys(
    policy: KeepPolicy,
    buckets: npt.NDArray[np.int64],
    text_hash: npt.NDArray[np.uint64],
    address_hash: npt.NDArray[np.uint64],
) -> npt.NDArray[np.int64]:
    """Join bucket and content hash.

    Args:
        policy: Decides how many bits the bucket takes.
        buckets: int64[rows] of ``preference_buckets``.
        text_hash: uint64[rows]; hash of the raw text.
        address_hash: uint64[rows]; hash of the url, 0 where there is none.

    Returns:
        int64[rows], 0 or more.
    """
    bits = np.uint64(KEY_BITS - _BUCKET_BITS[policy])
    mixed = _mix(text_hash + address_hash * np.uint64(0x9E3779B97F4A7C15))
    low = mixed >> (np.uint64(64) - bits)
    return ((buckets.astype(np.uint64) << bits) | low).view(np.int64)


def _logarithm(text_bytes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Binary logarithm in sixteenths, from the float's own bits: equal on every machine."""
    bits = np.maximum(text_bytes, 1).astype(np.float64).view(np.int64)
    return (bits >> 48) - _EXPONENT_BIAS


def _mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    mixed = np.empty_like(values)
    _mix_all(values, mixed)
    return mixed


@kernel
def _mix_all(values: npt.NDArray[np.uint64], mixed: npt.NDArray[np.uint64]) -> None:
    for index in range(len(values)):
        mixed[index] = mix64(values[index])

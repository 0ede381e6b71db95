"""A text as a sparse vector of hashed token n-grams: what the linear models read.

A token of ``udfs.text.tokenising`` is a word, or one character where words are not spaced, so the same
n-grams are word n-grams in English and character n-grams in Chinese. There is no vocabulary: the
top bits of an n-gram's hash are its column, and two n-grams that share one add up (Weinberger et
al. 2009, "Feature Hashing for Large Scale Multitask Learning").
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from udfs.columns.compiled import kernel
from udfs.text.token_hashing import mix64
from udfs.text.tokenising import tokenise

MINIMUM_BITS: Final = 8
MAXIMUM_BITS: Final = 24
"""2^24 columns are 64 MB of weights in every worker; more buys nothing measurable."""
MAXIMUM_ORDER: Final = 8
BYTES_PER_TOKEN: Final = 32
"""Five times the usual: a book of 100 MB must not be tokenised for its first 4,096 words."""
NGRAM_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)


class FeatureBatch(NamedTuple):
    """Sparse rows. Row ``r`` is ``indices[offsets[r]:offsets[r + 1]]`` with its ``values``.

    Attributes:
        indices: uint32[entries], columns below 2^bits, in the order of first occurrence.
        values: float32[entries], log(1 + count), scaled so that each row has length 1.
        offsets: int64[rows + 1].
    """

    indices: npt.NDArray[np.uint32]
    values: npt.NDArray[np.float32]
    offsets: npt.NDArray[np.int64]


def check_feature_settings(orders: tuple[int, ...], bits: int, max_tokens: int) -> None:
    """Refuse settings that cannot be computed.

    Raises:
        ValueError: If an order is outside 1..8 or repeated, if bits are outside 8..24, or if no
            token would be read.
    """
    if not orders or len(set(orders)) != len(orders) or not _all_between(orders, 1, MAXIMUM_ORDER):
        raise ValueError(
            f"n-gram orders {orders} cannot be used: give different numbers from 1 to"
            f" {MAXIMUM_ORDER}, for example (1, 2, 3)"
        )
    if not MINIMUM_BITS <= bits <= MAXIMUM_BITS:
        raise ValueError(
            f"{bits} bits of feature hash cannot be used: give {MINIMUM_BITS} to {MAXIMUM_BITS}"
        )
    if max_tokens < 1:
        raise ValueError(f"max_tokens is {max_tokens}: give at least 1")


def _all_between(numbers: tuple[int, ...], low: int, high: int) -> bool:
    return all(low <= number <= high for number in numbers)


def hash_features(
    texts: pa.Array, *, orders: tuple[int, ...], bits: int, max_tokens: int
) -> FeatureBatch:
    """Count the n-grams of every text.

    Args:
        texts: string, large_string or binary; null counts as empty.
        orders: Lengths of the n-grams in tokens, each 1..8.
        bits: log2 of the number of columns, 8..24.
        max_tokens: So many tokens from the beginning of a text are read, and of these only what
            lies within its first ``BYTES_PER_TOKEN`` * ``max_tokens`` bytes.

    Returns:
        One row a text; a text without tokens has an empty row.

    Raises:
        ValueError: If the settings are out of range.
    """
    check_feature_settings(orders, bits, max_tokens)
    beginnings = pc.binary_slice(texts.cast(pa.large_binary()), 0, BYTES_PER_TOKEN * max_tokens)
    tokens = tokenise(beginnings)
    read = np.minimum(np.diff(tokens.token_offsets), max_tokens)
    capacity = int(read.sum()) * len(orders)
    indices = np.empty(capacity, np.uint32)
    values = np.empty(capacity, np.float32)
    offsets = np.zeros(len(read) + 1, np.int64)
    counts = np.zeros(1 << bits, np.int32)
    used = _hash_rows(
        tokens.token_hash, tokens.token_offsets, read, np.array(orders, np.int64),
        64 - bits, counts, indices, values, offsets,
    )  # fmt: skip
    return FeatureBatch(indices[:used], values[:used], offsets)


@kernel
def _hash_rows(
    token_hash: npt.NDArray[np.uint64],
    token_offsets: npt.NDArray[np.int64],
    read: npt.NDArray[np.int64],
    orders: npt.NDArray[np.int64],
    shift: int,
    counts: npt.NDArray[np.int32],
    indices: npt.NDArray[np.uint32],
    values: npt.NDArray[np.float32],
    offsets: npt.NDArray[np.int64],
) -> int:
    """Fill the rows; ``counts`` is scratch of one cell a column and zero before and after."""
    used = 0
    for row in range(len(read)):
        first = used
        begin = token_offsets[row]
        for order in orders:
            for start in range(begin, begin + read[row] - order + 1):
                ngram = mix64(token_hash[start])
                for step in range(1, order):
                    ngram = mix64(ngram * NGRAM_FACTOR + token_hash[start + step])
                column = np.uint32(ngram >> np.uint64(shift))
                if counts[column] == 0:
                    indices[used] = column
                    used += 1
                counts[column] += 1
        squares = 0.0
        for entry in range(first, used):
            value = np.log1p(float(counts[indices[entry]]))
            counts[indices[entry]] = 0
            values[entry] = value
            squares += value * value
        for entry in range(first, used):
            values[entry] /= np.sqrt(squares)
        offsets[row + 1] = used
    return used

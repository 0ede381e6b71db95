"""64-bit hashes of tokens and documents: what words a text has, and into which fold it falls."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.perplexity.tokens import TokenLines

_FNV_OFFSET: Final = np.uint64(0xCBF29CE484222325)
_FNV_PRIME: Final = np.uint64(0x100000001B3)
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_EMPTY: Final = np.uint64(0)


@kernel
def token_hashes(data: npt.NDArray[np.uint8], tokens: int) -> npt.NDArray[np.uint64]:
    """FNV-1a with a final mix of every token.

    Args:
        data: uint8[bytes], tokens each followed by one byte <= 0x20 (``TokenLines.data``).
        tokens: Number of tokens in ``data``.

    Returns:
        uint64[tokens], never 0.
    """
    hashes = np.empty(tokens, np.uint64)
    value = _FNV_OFFSET
    token = 0
    for byte in data:
        if byte <= 0x20:
            value ^= value >> np.uint64(29)
            value *= _MIX
            value ^= value >> np.uint64(32)
            hashes[token] = value if value != _EMPTY else np.uint64(1)
            token += 1
            value = _FNV_OFFSET
        else:
            value = (value ^ np.uint64(byte)) * _FNV_PRIME
    return hashes


@kernel
def number_hashes(
    hashes: npt.NDArray[np.uint64],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Number different hashes in the order in which they come.

    Args:
        hashes: uint64[tokens], none 0.

    Returns:
        int32[tokens], the number of each; int64[different hashes], where each stands first.
    """
    numbers = np.empty(len(hashes), np.int32)
    first = np.empty(len(hashes), np.int64)
    size = 1024
    keys = np.zeros(size, np.uint64)
    values = np.empty(size, np.int32)
    found = 0
    for token in range(len(hashes)):
        value = hashes[token]
        slot = np.int64(value & np.uint64(size - 1))
        while keys[slot] != value and keys[slot] != _EMPTY:
            slot = (slot + 1) & (size - 1)
        if keys[slot] == _EMPTY:
            keys[slot] = value
            values[slot] = found
            first[found] = token
            found += 1
        numbers[token] = values[slot]
        if 2 * found > size:
            size *= 2
            keys = np.zeros(size, np.uint64)
            values = np.empty(size, np.int32)
            for number in range(found):
                value = hashes[first[number]]
                slot = np.int64(value & np.uint64(size - 1))
                while keys[slot] != _EMPTY:
                    slot = (slot + 1) & (size - 1)
                keys[slot] = value
                values[slot] = number
    return numbers, first[:found]


@kernel
def document_hashes(
    hashes: npt.NDArray[np.uint64], boundaries: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint64]:
    """A hash of each document's token sequence; line ends do not count.

    Two copies that differ in case, digits, width of characters or white space have one hash, so
    that they fall into the same fold and neither is scored by a model that saw the other.

    Args:
        hashes: uint64[tokens] of ``token_hashes``.
        boundaries: int64[documents + 1]; document ``d`` has the tokens
            ``boundaries[d] .. boundaries[d + 1]``.

    Returns:
        uint64[documents].
    """
    documents = np.empty(len(boundaries) - 1, np.uint64)
    for document in range(len(documents)):
        value = _FNV_OFFSET
        for token in range(boundaries[document], boundaries[document + 1]):
            value = (value ^ hashes[token]) * _MIX
            value ^= value >> np.uint64(32)
        value *= (
            _FNV_PRIME  # the last token's xor-shift alone would leave the top bits as they were
        )
        documents[document] = value ^ (value >> np.uint64(29))
    return documents


def hash_documents(lines: TokenLines) -> npt.NDArray[np.uint64]:
    """uint64[documents]: ``document_hashes`` of documents whose tokens are not hashed yet."""
    boundaries = lines.token_boundaries()
    return document_hashes(token_hashes(lines.data, int(boundaries[-1])), boundaries)


def folds_of(hashes: npt.NDArray[np.uint64], folds: int) -> npt.NDArray[np.int64]:
    """The fold of each document, from its content only.

    Args:
        hashes: uint64[documents] of ``document_hashes``.
        folds: Number of folds, >= 1.

    Returns:
        int64[documents] in [0, folds).
    """
    # The top bits choose the sample (``sampling_keys``); these must be others.
    return (hashes % np.uint64(folds)).astype(np.int64)


SAMPLING_KEYS: Final = 4096


def sampling_keys(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Number in [0, 4096) that says in which order documents enter a sample, from content only."""
    return (hashes >> np.uint64(52)).astype(np.int64)

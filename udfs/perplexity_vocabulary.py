"""64-bit hashes of tokens and documents, and the table that tells a model's words from unknown ones.

kenlm tells per token whether it is unknown only through a call that costs half as much again as
scoring; a look-up in a memory-mapped table of hashes costs a tenth.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.compiled import kernel
from udfs.perplexity_tokens import TokenLines

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


def word_table(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """An open-addressing table of a vocabulary, to be written to a file and memory-mapped.

    Args:
        hashes: uint64[words] of ``token_hashes``, in any order; none is 0.

    Returns:
        uint64[capacity], a power of two of at least twice the words; 0 marks a free place. The same
        words give the same table.
    """
    table = np.zeros(1 << max(4, int(2 * len(hashes)).bit_length()), np.uint64)
    _insert(table, np.unique(hashes))
    return table


@kernel
def _insert(table: npt.NDArray[np.uint64], hashes: npt.NDArray[np.uint64]) -> None:
    mask = np.uint64(len(table) - 1)
    for value in hashes:
        place = value & mask
        while table[place] != _EMPTY:
            place = (place + np.uint64(1)) & mask
        table[place] = value


@kernel
def unknown_tokens(
    hashes: npt.NDArray[np.uint64],
    boundaries: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    table: npt.NDArray[np.uint64],
) -> npt.NDArray[np.int64]:
    """Tokens that a vocabulary lacks, by document.

    Args:
        hashes: uint64[tokens] of ``token_hashes``.
        boundaries: int64[documents + 1]; document ``d`` has the tokens
            ``boundaries[d] .. boundaries[d + 1]``.
        rows: int64[chosen]; the documents to count.
        table: uint64[capacity] of ``word_table``.

    Returns:
        int64[chosen].
    """
    mask = np.uint64(len(table) - 1)
    unknown = np.zeros(len(rows), np.int64)
    for index in range(len(rows)):
        row = rows[index]
        for token in range(boundaries[row], boundaries[row + 1]):
            place = hashes[token] & mask
            while table[place] != _EMPTY and table[place] != hashes[token]:
                place = (place + np.uint64(1)) & mask
            if table[place] == _EMPTY:
                unknown[index] += 1
    return unknown

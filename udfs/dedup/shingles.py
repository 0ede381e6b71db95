"""Shingles of documents as 32-bit hashes: the sets whose Jaccard similarity near-duplicates share."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.text.token_hashing import mix64
from udfs.text.utf8_decoding import decode

FACTOR: Final = np.uint64(0x9FB21C651E98DF25)  # odd, so that no token's bits are lost


class Shingles(NamedTuple):
    """The shingles of a batch. Those of row ``r``: hashes[offsets[r]:offsets[r + 1]], repeats kept.

    Attributes:
        hashes: uint32[shingles]; top half of a 64-bit hash of the shingle's tokens in their order.
        offsets: int64[rows + 1].
    """

    hashes: npt.NDArray[np.uint32]
    offsets: npt.NDArray[np.int64]


def word_shingles(
    token_hash: npt.NDArray[np.uint64],
    token_offsets: npt.NDArray[np.int64],
    token_unspaced: npt.NDArray[np.uint8],
    *,
    spaced_length: int,
    unspaced_length: int,
) -> Shingles:
    """Hash every run of n tokens of each document.

    A document of fewer than n tokens has one shingle, made of all of them (datatrove gives it none
    and so never finds its copies; text-dedup drops it); one without tokens has none. More than half
    of the tokens being characters of an unspaced script makes the document unspaced: five words are
    about eight Chinese characters.

    Args:
        token_hash: uint64[tokens].
        token_offsets: int64[rows + 1].
        token_unspaced: uint8[tokens]; 1 = one character of an unspaced script.
        spaced_length: n for documents of words, >= 1.
        unspaced_length: n for documents of characters, >= 1.

    Raises:
        ValueError: If a length is below 1.
    """
    if spaced_length < 1 or unspaced_length < 1:
        raise ValueError(
            f"shingles of {spaced_length} words or {unspaced_length} characters do not exist: "
            "give lengths of 1 or more"
        )
    rows = len(token_offsets) - 1
    lengths = np.empty(rows, np.int64)
    offsets = np.zeros(rows + 1, np.int64)
    _choose_lengths(token_offsets, token_unspaced, spaced_length, unspaced_length, lengths, offsets)
    hashes = np.empty(int(offsets[-1]), np.uint32)
    _hash_shingles(token_hash, token_offsets, lengths, offsets, hashes)
    return Shingles(hashes, offsets)


def character_shingles(
    data: npt.NDArray[np.uint8], text_offsets: npt.NDArray[np.int64], *, length: int
) -> Shingles:
    """Hash every run of ``length`` characters (code points) of the text as it stands.

    This is NeMo Curator's shingle (24 characters, case and white space kept). Bytes that are not
    UTF-8 count as U+FFFD. A text shorter than ``length`` has one shingle, an empty one none.

    Args:
        data: uint8[bytes], read-only as ``udfs.columns.string_views.string_views`` gives it.
        text_offsets: int64[rows + 1].
        length: Characters in a shingle, >= 1.

    Raises:
        ValueError: If ``length`` is below 1.
    """
    hashes = np.empty(len(data), np.uint64)
    offsets = np.empty_like(text_offsets)
    count = _hash_characters(data, text_offsets, hashes, offsets)
    spaced = np.zeros(count, np.uint8)
    return word_shingles(
        hashes[:count], offsets, spaced, spaced_length=length, unspaced_length=length
    )


@kernel
def _choose_lengths(
    token_offsets: npt.NDArray[np.int64],
    token_unspaced: npt.NDArray[np.uint8],
    spaced_length: int,
    unspaced_length: int,
    lengths: npt.NDArray[np.int64],
    offsets: npt.NDArray[np.int64],
) -> None:
    """Set each row's n and the place of its shingles."""
    for row in range(len(lengths)):
        first = token_offsets[row]
        tokens = token_offsets[row + 1] - first
        unspaced = 0
        for index in range(first, first + tokens):
            unspaced += token_unspaced[index]
        length = unspaced_length if 2 * unspaced > tokens else spaced_length
        length = min(length, tokens)
        lengths[row] = length
        offsets[row + 1] = offsets[row] + (tokens - length + 1 if tokens > 0 else 0)


@kernel
def _hash_shingles(
    token_hash: npt.NDArray[np.uint64],
    token_offsets: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    offsets: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint32],
) -> None:
    """A rolling polynomial over token hashes, modulo 2**64, then a finaliser."""
    for row in range(len(lengths)):
        first = token_offsets[row]
        length = lengths[row]
        leaving = np.uint64(1)
        value = np.uint64(0)
        for index in range(length):
            leaving *= FACTOR
            value = value * FACTOR + token_hash[first + index]
        place = offsets[row]
        count = offsets[row + 1] - place
        for index in range(count):
            if index > 0:
                entering = token_hash[first + index + length - 1]
                value = value * FACTOR + entering - leaving * token_hash[first + index - 1]
            hashes[place + index] = np.uint32(mix64(value) >> np.uint64(32))


@kernel
def _hash_characters(
    data: npt.NDArray[np.uint8],
    text_offsets: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
) -> int:
    """One hash a character; return their number."""
    count = 0
    offsets[0] = 0
    for row in range(len(text_offsets) - 1):
        position = text_offsets[row]
        stop = text_offsets[row + 1]
        while position < stop:
            code_point: int | np.int64 = np.int64(data[position])
            width = 1
            if code_point >= 0x80:
                code_point, width = decode(data, position, stop)
            hashes[count] = mix64(np.uint64(code_point + 1))
            count += 1
            position += width
        offsets[row + 1] = count
    return count

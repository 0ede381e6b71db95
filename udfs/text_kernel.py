"""Tokens of a whole batch of texts in one compiled pass over their UTF-8 bytes.

Every n-gram, MinHash shingle and count of words is computed from these arrays; nothing else in the
project splits text into words, so that all of them agree.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.arrow_columns import string_views
from udfs.character_classes import HAS_LOWER, JOINER, UNSPACED, WORD, character_tables
from udfs.compiled import kernel
from udfs.unicode_normalisation import compose
from udfs.utf8_decoding import decode

HASH_SEED: Final = np.uint64(0x9E3779B97F4A7C15)
HASH_FACTOR: Final = np.uint64(0xD6E8FEB86659FD93)


class TokenBatch(NamedTuple):
    """The tokens of a batch. Token ``i`` of row ``r``: token_offsets[r] <= i < token_offsets[r + 1].

    Attributes:
        data: uint8[bytes]; the texts, in NFC where a row held combining marks, else as given.
        text_offsets: int64[rows + 1]; where each text begins in ``data``.
        token_start: int64[tokens]; first byte of the token in ``data``.
        token_end: int64[tokens]; the byte after its last one.
        token_hash: uint64[tokens]; of the lower-cased characters; equal on every machine and run.
        token_characters: int32[tokens]; its characters (code points, joiners left out).
        token_unspaced: uint8[tokens]; 1 = one character of an unspaced script.
        token_offsets: int64[rows + 1].
    """

    data: npt.NDArray[np.uint8]
    text_offsets: npt.NDArray[np.int64]
    token_start: npt.NDArray[np.int64]
    token_end: npt.NDArray[np.int64]
    token_hash: npt.NDArray[np.uint64]
    token_characters: npt.NDArray[np.int32]
    token_unspaced: npt.NDArray[np.uint8]
    token_offsets: npt.NDArray[np.int64]


def tokenise(column: pa.Array | pa.ChunkedArray) -> TokenBatch:
    """Split each text into tokens.

    A token is a run of letters, marks and numbers (Unicode L*, M*, N*), or a single character of a
    script written without spaces (Han, kana, Thai, Lao, Khmer, Myanmar, Tibetan). It never begins
    with a mark. Format characters inside a word (soft hyphen, joiners; not the zero-width space)
    neither end it nor enter its hash. Punctuation, symbols and invalid bytes separate tokens.

    Args:
        column: string, large_string, binary or large_binary. Null counts as empty. Bytes that are
            not UTF-8 are treated as separators.

    Returns:
        The tokens of all rows. Memory: 29 bytes a token, and address space (not memory) for one
        token every two bytes.

    Raises:
        ValueError: If the column holds no text.
    """
    views = compose(string_views(column))
    tables = character_tables()
    rows = len(views.valid)
    # The densest text is one-letter words; pages that are never written to cost no memory.
    capacity = (len(views.data) + rows) // 2 + 1
    start = np.empty(capacity, np.int64)
    end = np.empty(capacity, np.int64)
    hashes = np.empty(capacity, np.uint64)
    characters = np.empty(capacity, np.int32)
    unspaced = np.empty(capacity, np.uint8)
    token_offsets = np.empty(rows + 1, np.int64)
    count = _tokenise(
        views.data, views.offsets, tables.class_of, tables.flags_of, tables.lower_of,
        tables.ascii_word, start, end, hashes, characters, unspaced, token_offsets,
    )  # fmt: skip
    return TokenBatch(
        views.data, views.offsets, start[:count], end[:count], hashes[:count],
        characters[:count], unspaced[:count], token_offsets,
    )  # fmt: skip


def hash_token(token: str) -> int:
    """The hash that ``tokenise`` gives a word; for tables of words such as stop words.

    Args:
        token: One token in NFC, in any case.

    Returns:
        64-bit unsigned integer.

    Raises:
        ValueError: If ``token`` is not exactly one token.
    """
    batch = tokenise(pa.array([token], pa.string()))
    if len(batch.token_hash) != 1:
        raise ValueError(f"{token!r} is {len(batch.token_hash)} tokens; wanted exactly one")
    return int(batch.token_hash[0])


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
def _extend_hash(value: np.uint64, code_point: int) -> np.uint64:
    value = (value ^ np.uint64(code_point)) * HASH_FACTOR
    return value ^ (value >> np.uint64(32))


@kernel
def _tokenise(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    class_of: npt.NDArray[np.uint8],
    flags_of: npt.NDArray[np.uint32],
    lower_of: npt.NDArray[np.int32],
    ascii_word: npt.NDArray[np.uint8],
    start: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint64],
    characters: npt.NDArray[np.int32],
    unspaced: npt.NDArray[np.uint8],
    token_offsets: npt.NDArray[np.int64],
) -> int:
    """Fill the token arrays; return the number of tokens."""
    count = 0
    token_offsets[0] = 0
    for row in range(len(offsets) - 1):
        position = offsets[row]
        stop = offsets[row + 1]
        length = 0  # characters of the open word; 0 = none is open
        value = HASH_SEED
        while position < stop:
            folded = ascii_word[data[position]]
            flags = np.uint32(0)
            width = 1
            if folded != 0:
                code_point = int(np.int64(folded))
                flags = np.uint32(WORD)
            elif data[position] >= 0x80:
                code_point, width = decode(data, position, stop)
                flags = flags_of[class_of[code_point]]
                if flags & np.uint32(HAS_LOWER):
                    code_point = int(np.int64(lower_of[code_point]))
            if flags & np.uint32(UNSPACED):
                if length > 0:
                    hashes[count] = mix64(value)
                    characters[count] = length
                    count += 1
                    length = 0
                start[count] = position
                end[count] = position + width
                hashes[count] = mix64(_extend_hash(HASH_SEED, code_point))
                characters[count] = 1
                unspaced[count] = 1
                count += 1
            elif flags & np.uint32(WORD):
                if length > 0 or flags & np.uint32(WORD & ~2):
                    if length == 0:
                        start[count] = position
                        unspaced[count] = 0
                        value = HASH_SEED
                    value = _extend_hash(value, code_point)
                    length += 1
                    end[count] = position + width
            elif length > 0 and not flags & np.uint32(JOINER):
                hashes[count] = mix64(value)
                characters[count] = length
                count += 1
                length = 0
            position += width
        if length > 0:
            hashes[count] = mix64(value)
            characters[count] = length
            count += 1
        token_offsets[row + 1] = count
    return count

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
from udfs.character_classes import (
    HAS_LOWER,
    JOINER,
    MARK,
    PUNCTUATION,
    SYMBOL,
    UNSPACED,
    WORD,
    CharacterTables,
    character_tables,
)
from udfs.compiled import kernel
from udfs.mark_roles import (
    GLUE,
    SILENT,
    TOKEN,
    begins_address,
    continues_run,
    mark_role,
    mark_role_in_chinese,
    neighbour_flags,
)
from udfs.unicode_normalisation import compose
from udfs.utf8_decoding import decode

HASH_SEED: Final = np.uint64(0x9E3779B97F4A7C15)
HASH_FACTOR: Final = np.uint64(0xD6E8FEB86659FD93)

# What token_unspaced holds.
WORD_TOKEN: Final = 0
UNSPACED_TOKEN: Final = 1  # one character of an unspaced script
PUNCTUATION_TOKEN: Final = 2  # only where punctuation was asked for
GLUED_TOKEN: Final = 3  # likewise: a word that a mark joins to the token before it, as in 3.14


class TokenBatch(NamedTuple):
    """The tokens of a batch. Token ``i`` of row ``r``: token_offsets[r] <= i < token_offsets[r + 1].

    Attributes:
        data: uint8[bytes]; the texts, in NFC where a row held combining marks, else as given.
        text_offsets: int64[rows + 1]; where each text begins in ``data``.
        token_start: int64[tokens]; first byte of the token in ``data``.
        token_end: int64[tokens]; the byte after its last one.
        token_hash: uint64[tokens]; of the lower-cased characters; equal on every machine and run.
        token_characters: int32[tokens]; its characters (code points, joiners left out).
        token_unspaced: uint8[tokens]; 1 = one character of an unspaced script, 0 = a word,
            2 and 3 = marks and glued words, only where punctuation was asked for.
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


def tokenise(
    column: pa.Array | pa.ChunkedArray,
    *,
    punctuation: bool = False,
    joined: npt.NDArray[np.bool_] | None = None,
) -> TokenBatch:
    """Split each text into tokens.

    A token is a run of letters, marks and numbers (Unicode L*, M*, N*), or a single character of a
    script written without spaces (Han, kana, Thai, Lao, Khmer, Myanmar, Tibetan). It never begins
    with a mark. Format characters inside a word (soft hyphen, joiners; not the zero-width space)
    neither end it nor enter its hash. Punctuation, symbols and invalid bytes separate tokens.

    Args:
        column: string, large_string, binary or large_binary. Null counts as empty. Bytes that are
            not UTF-8 are treated as separators.
        punctuation: Give runs of one punctuation mark or symbol as tokens too, as the tokenisers
            behind Gopher-style rules do; not marks inside words (don't, 3.14, a.b@c.d).
        joined: bool[rows]; True = treat characters of unspaced scripts like letters, for texts
            whose words have been separated beforehand. Default: nowhere.

    Returns:
        The tokens of all rows. Memory: 29 bytes a token, and address space (not memory) for the
        densest possible text.

    Raises:
        ValueError: If the column holds no text.
    """
    views = compose(string_views(column))
    rows = len(views.valid)
    # One-letter words need two bytes each, single marks one; pages never written to cost no memory.
    capacity = len(views.data) + 1 if punctuation else (len(views.data) + rows) // 2 + 1
    batch = TokenBatch(
        views.data,
        views.offsets,
        token_start=np.empty(capacity, np.int64),
        token_end=np.empty(capacity, np.int64),
        token_hash=np.empty(capacity, np.uint64),
        token_characters=np.empty(capacity, np.int32),
        token_unspaced=np.empty(capacity, np.uint8),
        token_offsets=np.empty(rows + 1, np.int64),
    )
    if joined is None:
        joined = np.zeros(rows, np.bool_)
    count = _tokenise(batch, character_tables(), punctuation, joined)
    return _first_tokens(batch, count)


def without_punctuation(batch: TokenBatch) -> TokenBatch:
    """The words of a batch that was tokenised with punctuation, as if it had been without."""
    kept = np.flatnonzero(batch.token_unspaced != PUNCTUATION_TOKEN)
    return batch._replace(
        token_start=batch.token_start[kept],
        token_end=batch.token_end[kept],
        token_hash=batch.token_hash[kept],
        token_characters=batch.token_characters[kept],
        token_unspaced=batch.token_unspaced[kept] % GLUED_TOKEN,
        token_offsets=np.searchsorted(kept, batch.token_offsets).astype(np.int64),
    )


def with_glued_words(batch: TokenBatch) -> TokenBatch:
    """Join glued words to the token before them: 3.14, O'Reilly and a.b@c.d become one token each."""
    merged = batch._replace(
        token_start=np.empty_like(batch.token_start),
        token_end=np.empty_like(batch.token_end),
        token_hash=np.empty_like(batch.token_hash),
        token_characters=np.empty_like(batch.token_characters),
        token_unspaced=np.empty_like(batch.token_unspaced),
        token_offsets=np.empty_like(batch.token_offsets),
    )
    return _first_tokens(merged, _join_glued(batch, merged))


def hash_token(token: str) -> int:
    """The hash that ``tokenise`` gives a word; for tables of words such as stop words.

    Args:
        token: One token in any case and composition.

    Returns:
        64-bit unsigned integer.

    Raises:
        ValueError: If ``token`` is not exactly one token.
    """
    batch = tokenise(pa.array([token], pa.string()))
    if len(batch.token_hash) != 1:
        raise ValueError(f"{token!r} is {len(batch.token_hash)} tokens; wanted exactly one")
    return int(batch.token_hash[0])


def _first_tokens(batch: TokenBatch, count: int) -> TokenBatch:
    return batch._replace(
        token_start=batch.token_start[:count],
        token_end=batch.token_end[:count],
        token_hash=batch.token_hash[:count],
        token_characters=batch.token_characters[:count],
        token_unspaced=batch.token_unspaced[:count],
    )


@kernel
def _join_glued(batch: TokenBatch, merged: TokenBatch) -> int:
    """Fill ``merged``; return the number of tokens."""
    count = 0
    merged.token_offsets[0] = 0
    for row in range(len(batch.token_offsets) - 1):
        for i in range(batch.token_offsets[row], batch.token_offsets[row + 1]):
            if batch.token_unspaced[i] == GLUED_TOKEN:
                last = count - 1
                mark = batch.token_start[i] - merged.token_end[last]
                value = merged.token_hash[last] * HASH_FACTOR + batch.token_hash[i]
                merged.token_hash[last] = mix64(value)
                merged.token_end[last] = batch.token_end[i]
                merged.token_characters[last] += batch.token_characters[i] + min(mark, 1)
                continue
            merged.token_start[count] = batch.token_start[i]
            merged.token_end[count] = batch.token_end[i]
            merged.token_hash[count] = batch.token_hash[i]
            merged.token_characters[count] = batch.token_characters[i]
            merged.token_unspaced[count] = batch.token_unspaced[i]
            count += 1
        merged.token_offsets[row + 1] = count
    return count


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
def _close_word(batch: TokenBatch, index: int, value: np.uint64, characters: int, kind: int) -> int:
    """Finish the word that stands at ``index``; return the index of the next token."""
    if characters == 0:
        return index
    batch.token_hash[index] = mix64(value)
    batch.token_characters[index] = characters
    batch.token_unspaced[index] = kind
    return index + 1


@kernel
def _put_character(
    batch: TokenBatch, index: int, position: int, width: int, code_point: int, kind: int
) -> int:
    """Write a token of one character; return the index of the next token."""
    batch.token_start[index] = position
    batch.token_end[index] = position + width
    batch.token_hash[index] = mix64(_extend_hash(HASH_SEED, code_point))
    batch.token_characters[index] = 1
    batch.token_unspaced[index] = kind
    return index + 1


@kernel
def _tokenise(
    batch: TokenBatch,
    tables: CharacterTables,
    punctuation: bool,
    joined: npt.NDArray[np.bool_],
) -> int:
    """Fill the token arrays; return the number of tokens."""
    data = batch.data
    mark_bits = np.uint32(PUNCTUATION | SYMBOL if punctuation else 0)
    count = 0
    batch.token_offsets[0] = 0
    for row in range(len(batch.text_offsets) - 1):
        position = batch.text_offsets[row]
        stop = batch.text_offsets[row + 1]
        unspaced_bit = np.uint32(0 if joined[row] else UNSPACED)
        length = 0  # characters of the open word; 0 = none is open
        value = HASH_SEED
        mark = -1  # the punctuation mark whose run ends at this position
        kind = WORD_TOKEN  # of the next word
        last_width = 1  # bytes of the last word character
        in_chunk = False  # a word since the last blank
        in_address = False  # :// since the last blank
        while position < stop:
            folded = tables.ascii_word[data[position]]
            if folded != 0:  # most of the world's markup and much of its text: no table of classes
                if length == 0:
                    batch.token_start[count] = position
                    value = HASH_SEED
                while folded != 0:
                    value = _extend_hash(value, int(np.int64(folded)))
                    length += 1
                    position += 1
                    folded = tables.ascii_word[data[position]] if position < stop else np.uint8(0)
                batch.token_end[count] = position
                last_width = 1
                in_chunk = True
                mark = -1
                continue
            width = 1
            code_point = int(np.int64(data[position]))
            if code_point >= 0x80:
                code_point, width = decode(data, position, stop)
            flags = tables.flags_of[tables.class_of[code_point]]
            if flags & np.uint32(HAS_LOWER):
                code_point = int(np.int64(tables.lower_of[code_point]))
            if flags & unspaced_bit:
                count = _close_word(batch, count, value, length, kind)
                length = 0
                kind = WORD_TOKEN
                in_address = False
                in_chunk = False
                count = _put_character(batch, count, position, width, code_point, UNSPACED_TOKEN)
                mark = -1
            elif flags & np.uint32(WORD):
                if length > 0 or flags & np.uint32(WORD & ~MARK):
                    if length == 0:
                        batch.token_start[count] = position
                        value = HASH_SEED
                    value = _extend_hash(value, code_point)
                    length += 1
                    batch.token_end[count] = position + width
                    last_width = width
                    in_chunk = True
                mark = -1
            elif not flags & np.uint32(JOINER):
                role = SILENT
                if flags & mark_bits:
                    before = np.uint32(0)
                    if length > 0:
                        before = neighbour_flags(data, position - last_width, stop, tables)
                    after = position + width
                    in_address = in_address or begins_address(data, code_point, after, stop)
                    role = GLUE
                    if joined[row]:
                        role = mark_role_in_chinese(data, code_point, before, after, stop, tables)
                    elif not in_address:
                        role = mark_role(
                            data, code_point, before, length, in_chunk, after, stop, tables
                        )
                else:
                    in_address = False
                    in_chunk = False
                count = _close_word(batch, count, value, length, kind)
                length = 0
                kind = GLUED_TOKEN if role == GLUE else WORD_TOKEN
                if role == TOKEN:
                    if continues_run(mark, code_point, joined[row]):
                        batch.token_end[count - 1] = position + width
                        batch.token_characters[count - 1] += 1
                    else:
                        count = _put_character(
                            batch, count, position, width, code_point, PUNCTUATION_TOKEN
                        )
                    mark = code_point
                else:
                    mark = -1
            position += width
        count = _close_word(batch, count, value, length, kind)
        batch.token_offsets[row + 1] = count
    return count

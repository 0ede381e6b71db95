"""Tokens of a whole batch of texts in one compiled pass over their UTF-8 bytes.

Every n-gram, MinHash shingle and count of words is computed from these arrays; nothing else in the
project splits text into words, so that all of them agree.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.arrow_columns import string_views
from udfs.character_classes import (
    HAS_CAPITAL,
    HAS_LETTER,
    HAS_LOWER,
    HAS_SMALL,
    JOINER,
    LETTER,
    LOWER,
    MARK,
    PUNCTUATION,
    SYMBOL,
    UNSPACED,
    UPPER,
    WORD,
    CharacterTables,
    character_tables,
)
from udfs.compiled import kernel
from udfs.mark_roles import (
    GLUE,
    SILENT,
    TOKEN,
    always_splits,
    begins_address,
    continues_run,
    mark_role,
    mark_role_in_chinese,
    neighbour_flags,
)
from udfs.token_batch import (
    GLUED_TOKEN,
    PUNCTUATION_TOKEN,
    UNSPACED_TOKEN,
    WORD_TOKEN,
    TokenBatch,
    each_column,
)
from udfs.token_hashing import HASH_FACTOR, HASH_SEED, extend_hash, mix64
from udfs.unicode_normalisation import compose
from udfs.utf8_decoding import decode

__all__ = ["HASH_FACTOR", "TokenBatch", "hash_token", "mix64", "tokenise"]


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
        The tokens of all rows. Memory: 30 bytes a token, and address space (not memory) for the
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
        token_letters=np.empty(capacity, np.uint8),
        token_unspaced=np.empty(capacity, np.uint8),
        token_offsets=np.empty(rows + 1, np.int64),
    )
    if joined is None:
        joined = np.zeros(rows, np.bool_)
    count = _tokenise(batch, character_tables(), punctuation, joined)
    return each_column(batch, lambda column: column[:count])


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


@kernel
def letters_of(flags: np.uint32) -> int:
    """A character's flags as the bits of ``token_letters``."""
    found = HAS_LETTER if flags & np.uint32(LETTER) else 0
    found |= HAS_CAPITAL if flags & np.uint32(UPPER) else 0
    return found | (HAS_SMALL if flags & np.uint32(LOWER) else 0)


@kernel
def _close_word(
    batch: TokenBatch, index: int, value: np.uint64, characters: int, letters: int, kind: int
) -> int:
    """Finish the word that stands at ``index``; return the index of the next token."""
    if characters == 0:
        return index
    batch.token_hash[index] = mix64(value)
    batch.token_characters[index] = characters
    batch.token_letters[index] = letters
    batch.token_unspaced[index] = kind
    return index + 1


@kernel
def _put_character(
    batch: TokenBatch,
    index: int,
    position: int,
    width: int,
    code_point: int,
    letters: int,
    kind: int,
) -> int:
    """Write a token of one character; return the index of the next token."""
    batch.token_start[index] = position
    batch.token_end[index] = position + width
    batch.token_hash[index] = mix64(extend_hash(HASH_SEED, code_point))
    batch.token_characters[index] = 1
    batch.token_letters[index] = letters
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
        letters = 0
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
                    letters = 0
                while folded != 0:
                    letters |= int(tables.ascii_letter[data[position]])
                    value = extend_hash(value, int(np.int64(folded)))
                    length += 1
                    position += 1
                    folded = tables.ascii_word[data[position]] if position < stop else np.uint8(0)
                batch.token_end[count] = position
                last_width = 1
                in_chunk = True
                mark = -1
                continue
            if data[position] <= 0x20:
                count = _close_word(batch, count, value, length, letters, kind)
                length = 0
                kind = WORD_TOKEN
                in_address = False
                in_chunk = False
                mark = -1
                position += 1
                continue
            width = 1
            code_point = int(np.int64(data[position]))
            if code_point >= 0x80:
                code_point, width = decode(data, position, stop)
            flags = tables.flags_of[tables.class_of[code_point]]
            if flags & np.uint32(HAS_LOWER):
                code_point = int(np.int64(tables.lower_of[code_point]))
            if flags & unspaced_bit:
                count = _close_word(batch, count, value, length, letters, kind)
                length = 0
                kind = WORD_TOKEN
                in_address = False
                in_chunk = False
                count = _put_character(
                    batch, count, position, width, code_point, letters_of(flags), UNSPACED_TOKEN
                )
                mark = -1
            elif flags & np.uint32(WORD):
                if length > 0 or flags & np.uint32(WORD & ~MARK):
                    if length == 0:
                        batch.token_start[count] = position
                        value = HASH_SEED
                        letters = 0
                    letters |= letters_of(flags)
                    value = extend_hash(value, code_point)
                    length += 1
                    batch.token_end[count] = position + width
                    last_width = width
                    in_chunk = True
                mark = -1
            elif not flags & np.uint32(JOINER):
                role = SILENT
                if flags & mark_bits:
                    after = position + width
                    at_end = after >= stop or data[after] <= 0x20
                    alone = at_end or (length == 0 and not in_chunk)
                    in_address = in_address or begins_address(data, code_point, after, stop)
                    if alone and always_splits(code_point, length):
                        role = TOKEN
                    elif in_address:
                        role = GLUE
                    else:
                        before = np.uint32(0)
                        if length > 0 and not (joined[row] and kind == GLUED_TOKEN):
                            before = neighbour_flags(data, position - last_width, stop, tables)
                        if joined[row]:
                            role = mark_role_in_chinese(
                                data, code_point, before, after, stop, tables
                            )
                        else:
                            role = mark_role(
                                data, code_point, before, length, in_chunk, after, stop, tables
                            )
                else:
                    in_address = False
                    in_chunk = False
                count = _close_word(batch, count, value, length, letters, kind)
                length = 0
                kind = GLUED_TOKEN if role == GLUE else WORD_TOKEN
                if role == TOKEN:
                    if continues_run(mark, code_point, joined[row]):
                        batch.token_end[count - 1] = position + width
                        batch.token_characters[count - 1] += 1
                        value = extend_hash(batch.token_hash[count - 1], code_point)
                        batch.token_hash[count - 1] = mix64(value)  # "|" is not "|---|"
                    else:
                        count = _put_character(
                            batch, count, position, width, code_point, 0, PUNCTUATION_TOKEN
                        )
                    mark = code_point
                else:
                    mark = -1
            position += width
        count = _close_word(batch, count, value, length, letters, kind)
        batch.token_offsets[row + 1] = count
    return count

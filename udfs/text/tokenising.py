"""Tokens of a whole batch of texts in one compiled pass over their UTF-8 bytes.

Every n-gram, MinHash shingle and count of words is computed from these arrays; nothing else in the
project splits text into words, so that all of them agree.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.compiled import kernel
from udfs.columns.string_views import string_views
from udfs.text.character_classes import (
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
from udfs.text.composition import compose
from udfs.text.mark_roles import (
    GLUE,
    TOKEN,
    always_splits,
    begins_address,
    continues_run,
    mark_role,
)
from udfs.text.token_batch import (
    GLUED_TOKEN,
    PUNCTUATION_TOKEN,
    UNSPACED_TOKEN,
    WORD_TOKEN,
    TokenBatch,
    TokenRoom,
    each_column,
)
from udfs.text.token_hashing import HASH_SEED, extend_hash, mix64
from udfs.text.utf8_decoding import decode, decode_three

__all__ = ["hash_token", "tokenise"]


def tokenise(
    column: pa.Array | pa.ChunkedArray,
    *,
    punctuation: bool = False,
    joined: npt.NDArray[np.bool_] | None = None,
    room: TokenRoom | None = None,
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
        room: Where the tokens go, in place of those of the call before. Default: memory of their own.

    Returns:
        The tokens of all rows. Memory: 30 bytes a token, and address space (not memory) for the
        densest possible text.

    Raises:
        ValueError: If the column holds no text.
    """
    views = compose(string_views(column))
    rows = len(views.valid)
    if joined is None:
        joined = np.zeros(rows, np.bool_)
    size = len(views.data)
    longest = int(np.diff(views.offsets).max(initial=0))
    room = room or TokenRoom()
    # A token every second byte is more than all text but lines of bare marks have.
    for capacity in (max(size // 2, longest) + 2, size + 2):
        batch = room.tokens(views.data, views.offsets, capacity)
        count = _tokenise(batch, character_tables(), punctuation, joined)
        if count >= 0:
            break
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
def _tokenise(
    batch: TokenBatch,
    tables: CharacterTables,
    punctuation: bool,
    joined: npt.NDArray[np.bool_],
) -> int:
    """Fill the token arrays; return the number of tokens, or -1 if they might not fit."""
    # Arrays as names of their own: taking one out of a tuple counts a reference, each time.
    data, text_offsets, start, end, hashes, characters, token_letters, kinds, token_offsets = batch
    class_of, flags_of, lower_of, ascii_word, ascii_letter, _ = tables
    mark_bits = np.uint32(PUNCTUATION | SYMBOL if punctuation else 0)
    count = 0
    token_offsets[0] = 0
    for row in range(len(text_offsets) - 1):
        position = text_offsets[row]
        stop = text_offsets[row + 1]
        if count + stop - position >= len(start):
            return -1
        chinese = joined[row]
        unspaced_bit = np.uint32(0 if chinese else UNSPACED)
        length = 0  # characters of the open word; 0 = none is open
        value = HASH_SEED
        letters = 0
        kind = WORD_TOKEN  # of the open word, or of the next
        mark = -1  # the punctuation mark whose run ends at this position
        in_chunk = False  # a word since the last blank
        in_address = False  # :// since the last blank
        while position < stop:
            folded = ascii_word[data[position]]
            if folded != 0:  # most of the world's markup and much of its text: no table of classes
                if length == 0:
                    start[count] = position
                    value = HASH_SEED
                    letters = 0
                while folded != 0:
                    letters |= int(ascii_letter[data[position]])
                    value = extend_hash(value, int(np.int64(folded)))
                    length += 1
                    position += 1
                    folded = ascii_word[data[position]] if position < stop else np.uint8(0)
                end[count] = position
                mark = -1
                if position < stop and data[position] == 0x20:  # how most words end
                    hashes[count] = mix64(value)
                    characters[count] = length
                    token_letters[count] = letters
                    kinds[count] = kind
                    count += 1
                    length = 0
                    kind = WORD_TOKEN
                    in_chunk = in_address = False
                    position += 1
                else:
                    in_chunk = True
                continue
            width = 1
            code_point = int(np.int64(data[position]))
            flags = np.uint32(0)
            single = -1  # kind of the token that this character is by itself
            next_kind = WORD_TOKEN
            if code_point > 0x20:
                if 0xE1 <= code_point < 0xF0 and position + 2 < stop:
                    code_point, width = decode_three(data, position)
                elif code_point >= 0x80:
                    code_point, width = decode(data, position, stop)
                flags = flags_of[class_of[code_point]]
                if flags & np.uint32(HAS_LOWER):
                    code_point = int(np.int64(lower_of[code_point]))
            if flags & unspaced_bit:
                single = UNSPACED_TOKEN
                in_chunk = in_address = False
            elif flags & np.uint32(WORD):
                if length > 0 or flags & np.uint32(WORD & ~MARK):
                    if length == 0:
                        start[count] = position
                        value = HASH_SEED
                        letters = 0
                    letters |= letters_of(flags)
                    value = extend_hash(value, code_point)
                    length += 1
                    end[count] = position + width
                    in_chunk = True
                mark = -1
                position += width
                continue
            elif flags & np.uint32(JOINER):
                position += width
                continue
            elif flags & mark_bits:
                after = position + width
                at_end = after >= stop or data[after] <= 0x20
                alone = at_end or (length == 0 and not in_chunk)
                in_address = in_address or begins_address(data, code_point, after, stop)
                if alone and always_splits(code_point, length):
                    role = TOKEN
                elif in_address and not chinese:
                    role = GLUE
                else:
                    word_end = position if length > 0 else -1
                    if chinese and kind == GLUED_TOKEN:
                        word_end = -1  # the number has its decimal point
                    role = mark_role(
                        data, code_point, word_end, length, in_chunk, chinese, after, stop,
                        class_of, flags_of,
                    )  # fmt: skip
                single = PUNCTUATION_TOKEN if role == TOKEN else -1
                next_kind = GLUED_TOKEN if role == GLUE else WORD_TOKEN
            else:
                in_chunk = in_address = False
            if length > 0:
                hashes[count] = mix64(value)
                characters[count] = length
                token_letters[count] = letters
                kinds[count] = kind
                count += 1
                length = 0
            if single == PUNCTUATION_TOKEN and continues_run(mark, code_point, chinese):
                end[count - 1] = position + width
                characters[count - 1] += 1
                value = extend_hash(hashes[count - 1], code_point)
                hashes[count - 1] = mix64(value)  # "|" is not "|---|"
            elif single >= 0:
                start[count] = position
                end[count] = position + width
                hashes[count] = mix64(extend_hash(HASH_SEED, code_point))
                characters[count] = 1
                token_letters[count] = letters_of(flags)
                kinds[count] = single
                count += 1
            mark = code_point if single == PUNCTUATION_TOKEN else -1
            kind = next_kind
            position += width
        if length > 0:
            hashes[count] = mix64(value)
            characters[count] = length
            token_letters[count] = letters
            kinds[count] = kind
            count += 1
        token_offsets[row + 1] = count
    return count

"""Tokens folded for comparison: any number is a number, full width is half, traditional is simplified.

The tokens are those that every other signal is counted from; folding reads the few that it may change.
"""

from __future__ import annotations

import functools
import unicodedata
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.text.character_classes import JOINER, character_tables
from udfs.text.token_batch import UNSPACED_TOKEN, TokenBatch
from udfs.text.token_hashing import HASH_SEED, extend_hash, mix64
from udfs.text.utf8_decoding import decode

FOLDED_CODE_POINTS: Final = 0x30000  # planes 0 to 2; nothing above folds to one character
WORD_KIND: Final = 0
HAN_KIND: Final = 1  # one character of an unspaced script
NUMBER_KIND: Final = 2
NUMBER_HASH: Final = np.uint64(0x6E756D6265722E2E)
_COMMA: Final = 0x2C
_POINT: Final = 0x2E
_THOUSAND: Final = 3
_FULL_WIDTH: Final = 0xFEE0  # from an ASCII mark to its full-width form


class FoldedTokens(NamedTuple):
    """Tokens ready for comparison; token ``i`` of row ``r``: offsets[r] <= i < offsets[r + 1].

    Attributes:
        hashes: uint64[tokens]; equal for all numbers.
        exact: uint64[tokens]; tells numbers apart, by their digits.
        kinds: uint8[tokens]; WORD_KIND, HAN_KIND or NUMBER_KIND.
        start: int64[tokens]; first byte in the batch's data.
        end: int64[tokens]; the byte after the last.
        offsets: int64[rows + 1].
    """

    hashes: npt.NDArray[np.uint64]
    exact: npt.NDArray[np.uint64]
    kinds: npt.NDArray[np.uint8]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]


@functools.lru_cache(maxsize=2)
def fold_table(han_variants: tuple[tuple[int, int], ...] = ()) -> npt.NDArray[np.int32]:
    """What each character counts as.

    Args:
        han_variants: (traditional, simplified) code points that count as one.

    Returns:
        int32[FOLDED_CODE_POINTS]: NFKC where that is a single character, then lower case; -1 for
        characters that are left out (joiners).
    """
    table = np.arange(FOLDED_CODE_POINTS, dtype=np.int32)
    for code_point in range(0x80, FOLDED_CODE_POINTS):
        if 0xD800 <= code_point < 0xE000:
            continue
        folded = unicodedata.normalize("NFKC", chr(code_point))
        lowered = (folded if len(folded) == 1 else chr(code_point)).lower()
        table[code_point] = ord(lowered[0])
    for code_point in range(ord("A"), ord("Z") + 1):
        table[code_point] = ord(chr(code_point).lower())
    for traditional, simplified in han_variants:
        table[traditional] = simplified
    characters = character_tables()
    flags = characters.flags_of[characters.class_of[:FOLDED_CODE_POINTS]]
    table[(flags & JOINER) != 0] = -1
    table.flags.writeable = False
    return table


def fold(tokens: TokenBatch, table: npt.NDArray[np.int32]) -> FoldedTokens:
    """Fold the tokens of a batch.

    A number with thousands separators or a decimal point is one token: 1,000.50 is 1000.50.

    Args:
        tokens: Without punctuation.
        table: Of :func:`fold_table`.
    """
    count = len(tokens.token_hash)
    folded = FoldedTokens(
        np.empty(count, np.uint64),
        np.empty(count, np.uint64),
        np.empty(count, np.uint8),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(len(tokens.token_offsets), np.int64),
    )
    used = _fold(tokens, table, folded)
    return FoldedTokens._make([*(column[:used] for column in folded[:5]), folded.offsets])


@kernel
def _only_mark(data: npt.NDArray[np.uint8], start: int, end: int) -> int:
    """The one character between two bytes, in half width; 0 where there are others."""
    if end - start == 1:
        return int(np.int64(data[start]))
    if end - start == 3:
        return decode(data, start, end)[0] - _FULL_WIDTH
    return 0


@kernel
def _fold(tokens: TokenBatch, table: npt.NDArray[np.int32], folded: FoldedTokens) -> int:
    """Fill ``folded``; return the number of tokens."""
    data, _, start, end, hashes, characters, letters, kinds, offsets = tokens
    out_hash, out_exact, out_kind, out_start, out_end, out_offsets = folded
    count = 0
    open_number = HASH_SEED  # digits so far of the number that may go on
    out_offsets[0] = 0
    for row in range(len(offsets) - 1):
        first_of_row = count
        for i in range(offsets[row], offsets[row + 1]):
            width = end[i] - start[i]
            if kinds[i] == UNSPACED_TOKEN:
                code_point, _ = decode(data, start[i], end[i])
                to = int(table[code_point]) if code_point < len(table) else code_point
                value = hashes[i]
                if to != code_point:
                    value = mix64(extend_hash(HASH_SEED, to))
                out_hash[count] = value
                out_exact[count] = value
                out_kind[count] = HAN_KIND
            elif letters[i] == 0:
                joins = False
                if count > first_of_row and out_kind[count - 1] == NUMBER_KIND:
                    mark = _only_mark(data, out_end[count - 1], start[i])
                    joins = mark == _POINT or (mark == _COMMA and characters[i] == _THOUSAND)
                    if joins and mark == _POINT:
                        open_number = extend_hash(open_number, _POINT)
                if not joins:
                    open_number = HASH_SEED
                position = start[i]
                while position < end[i]:
                    code_point = int(np.int64(data[position]))
                    step = 1
                    if code_point >= 0x80:
                        code_point, step = decode(data, position, end[i])
                        if code_point < len(table):
                            code_point = int(table[code_point])
                    if code_point >= 0:
                        open_number = extend_hash(open_number, code_point)
                    position += step
                if joins:
                    out_exact[count - 1] = mix64(open_number)
                    out_end[count - 1] = end[i]
                    continue
                out_hash[count] = NUMBER_HASH
                out_exact[count] = mix64(open_number)
                out_kind[count] = NUMBER_KIND
            else:
                value = hashes[i]
                if width != characters[i]:  # not ASCII alone
                    folded_value = HASH_SEED
                    changes = False
                    position = start[i]
                    while position < end[i]:
                        code_point = int(np.int64(data[position]))
                        step = 1
                        if code_point >= 0x80:
                            code_point, step = decode(data, position, end[i])
                        to = int(table[code_point]) if code_point < len(table) else code_point
                        if to >= 0:
                            folded_value = extend_hash(folded_value, to)
                        changes = changes or to != code_point
                        position += step
                    if changes:
                        value = mix64(folded_value)
                out_hash[count] = value
                out_exact[count] = value
                out_kind[count] = WORD_KIND
            out_start[count] = start[i]
            out_end[count] = end[i]
            count += 1
        out_offsets[row + 1] = count
    return count

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
_HAN_BYTES: Final = 3
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


def fold(
    tokens: TokenBatch,
    table: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int64] | None = None,
) -> FoldedTokens:
    """Fold the tokens of a batch.

    A number with thousands separators or a decimal point is one token: 1,000.50 is 1000.50.

    Args:
        tokens: Without punctuation.
        table: Of :func:`fold_table`.
        rows: int64[n]; those wanted, which become rows 0 to n - 1. None: all.
    """
    if rows is None:
        rows = np.arange(len(tokens.token_offsets) - 1, dtype=np.int64)
    sizes = tokens.token_offsets[rows + 1] - tokens.token_offsets[rows]
    count = int(sizes.sum())
    folded = FoldedTokens(
        np.empty(count, np.uint64),
        np.empty(count, np.uint64),
        np.empty(count, np.uint8),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(len(rows) + 1, np.int64),
    )
    used = _fold(tokens, table, rows, folded)
    return FoldedTokens._make([*(column[:used] for column in folded[:5]), folded.offsets])


def fold_exactly(
    tokens: TokenBatch, table: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Fold the tokens of a batch where nobody asks where they stand: in place, with a third of the memory.

    Args:
        tokens: Without punctuation; their hashes are overwritten.
        table: Of :func:`fold_table`.

    Returns:
        ``exact`` and ``offsets`` of :func:`fold`.
    """
    offsets = np.empty(len(tokens.token_offsets), np.int64)
    used = _fold_exactly(tokens, table, offsets)
    return tokens.token_hash[:used], offsets


@kernel
def _only_mark(data: npt.NDArray[np.uint8], start: int, end: int) -> int:
    """The one character between two bytes, in half width; 0 where there are others."""
    if end - start == 1:
        return int(np.int64(data[start]))
    if end - start == 3:
        return decode(data, start, end)[0] - _FULL_WIDTH
    return 0


@kernel
def _fold(
    tokens: TokenBatch,
    table: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int64],
    folded: FoldedTokens,
) -> int:
    """Fill ``folded``; return the number of tokens."""
    data, _, start, end, hashes, characters, letters, kinds, offsets = tokens
    out_hash, out_exact, out_kind, out_start, out_end, out_offsets = folded
    count = 0
    out_offsets[0] = 0
    for place in range(len(rows)):
        i = offsets[rows[place]]
        stop = offsets[rows[place] + 1]
        while i < stop:
            out_start[count] = start[i]
            if letters[i] == 0 and kinds[i] != UNSPACED_TOKEN:
                exact, i = read_number(data, start, end, characters, letters, kinds, table, i, stop)
                out_hash[count] = NUMBER_HASH
                out_exact[count] = exact
                out_kind[count] = NUMBER_KIND
            else:
                value = hashes[i]
                if may_change(data, start[i], end[i], characters[i], kinds[i], table):
                    value = folded_hash(data, start[i], end[i], table, value)
                out_hash[count] = value
                out_exact[count] = value
                out_kind[count] = HAN_KIND if kinds[i] == UNSPACED_TOKEN else WORD_KIND
                i += 1
            out_end[count] = end[i - 1]
            count += 1
        out_offsets[place + 1] = count
    return count


@kernel
def _fold_exactly(
    tokens: TokenBatch, table: npt.NDArray[np.int32], out_offsets: npt.NDArray[np.int64]
) -> int:
    """Overwrite the hashes of ``tokens`` by those of folded tokens; return their number."""
    data, _, start, end, hashes, characters, letters, kinds, offsets = tokens
    count = 0
    out_offsets[0] = 0
    for row in range(len(offsets) - 1):
        i = offsets[row]
        stop = offsets[row + 1]
        while i < stop:  # never more tokens than were read: several become one number
            if letters[i] == 0 and kinds[i] != UNSPACED_TOKEN:
                exact, i = read_number(data, start, end, characters, letters, kinds, table, i, stop)
                hashes[count] = exact
            else:
                value = hashes[i]
                if may_change(data, start[i], end[i], characters[i], kinds[i], table):
                    value = folded_hash(data, start[i], end[i], table, value)
                hashes[count] = value
                i += 1
            count += 1
        out_offsets[row + 1] = count
    return count


@kernel
def _character(data: npt.NDArray[np.uint8], position: int, stop: int) -> tuple[int, int]:
    """(Code point, width in bytes) of a character."""
    byte = int(np.int64(data[position]))
    return (byte, 1) if byte < 0x80 else decode(data, position, stop)


@kernel
def may_change(
    data: npt.NDArray[np.uint8],
    start: int,
    end: int,
    characters: int,
    kind: int,
    table: npt.NDArray[np.int32],
) -> bool:
    """Whether folding may change a token: none of ASCII alone, nor a character that is folded to itself.

    Nearly all of Chinese are such, well-formed and of three bytes, each a token. So short that LLVM
    puts it into its caller: a call with arrays would count references, each time.
    """
    width = end - start
    if width == characters:
        return False
    if kind != UNSPACED_TOKEN or width != _HAN_BYTES:
        return True
    lead, middle = np.int64(data[start]) & 0x0F, np.int64(data[start + 1]) & 0x3F
    character = lead << 12 | middle << 6 | np.int64(data[start + 2]) & 0x3F
    return bool(table[character] != character)


@kernel
def folded_hash(
    data: npt.NDArray[np.uint8],
    start: int,
    end: int,
    table: npt.NDArray[np.int32],
    value: np.uint64,
) -> np.uint64:
    """The hash of a token of which ``value`` is the hash before folding."""
    changes = False
    position = start
    while position < end:
        code_point, step = _character(data, position, end)
        if code_point < len(table) and table[code_point] != code_point:
            changes = True
        position += step
    if not changes:
        return value
    folded = HASH_SEED
    position = start
    while position < end:
        code_point, step = _character(data, position, end)
        to = int(table[code_point]) if code_point < len(table) else code_point
        if to >= 0:
            folded = extend_hash(folded, to)
        position += step
    return mix64(folded)


@kernel
def read_number(
    data: npt.NDArray[np.uint8],
    start: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    characters: npt.NDArray[np.int32],
    letters: npt.NDArray[np.uint8],
    kinds: npt.NDArray[np.uint8],
    table: npt.NDArray[np.int32],
    first: int,
    stop: int,
) -> tuple[np.uint64, int]:
    """The hash of the digits of the number that begins with token ``first``, and the token after it."""
    value = HASH_SEED
    i = first
    while True:
        position = start[i]
        while position < end[i]:
            code_point, step = _character(data, position, end[i])
            if code_point >= 0x80 and code_point < len(table):
                code_point = int(table[code_point])
            if code_point >= 0:
                value = extend_hash(value, code_point)
            position += step
        i += 1
        if i == stop or letters[i] != 0 or kinds[i] == UNSPACED_TOKEN:
            break
        mark = _only_mark(data, end[i - 1], start[i])
        if mark != _POINT and (mark != _COMMA or characters[i] != _THOUSAND):
            break
        if mark == _POINT:
            value = extend_hash(value, _POINT)
    return mix64(value), i

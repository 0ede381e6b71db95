"""What a byte-level vocabulary says of Han characters: their ids, merges, and which of them tokens join.

For ``han_runs``, which tells what it is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel

FIRST: Final = 0x4E00
CHARACTERS: Final = 0x9FA6 - FIRST
"""Han characters from U+4E00 on that Unicode has had since its first version: all are letters."""
BYTES: Final = 3
PAIR_BITS: Final = 18
ID_BITS: Final = 20
MOST_JOINED: Final = 1_000
"""Pairs: of 212 (cl100k_base) Chinese is tokenised 1.4 times as fast as by the fast engine alone; of
14,760 (Qwen), whose words are longer and merged again and again, at half the speed."""
NO_RANK: Final = 1 << 30
JOINED_BEHIND: Final = np.uint8(1)
JOINED_BEFORE: Final = np.uint8(2)
MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)


class HanTables(NamedTuple):
    """What kernels read of a vocabulary.

    Attributes:
        keys: uint64[slots]; open addressing, left id and right id of each merge of non-ASCII bytes, plus
            one; 0 where a slot is free.
        ranks: int32[slots]; lower merges first.
        products: int32[slots]; id of the merged token.
        byte_ids: int32[256]; id of each byte.
        alone: uint64[characters]; ids of each Han character alone, 20 bits each, the first lowest, and
            above them how many they are.
        joined: uint8[characters]; bit 0: a token holds the character and the beginning of another;
            bit 1: a token holds the end of a character, and this one.
        joined_bytes: bool[256, 256]; a token holds the end of a character, its last byte first here, and
            the beginning of another.
        pairs: uint64[words]; a bit by hash of two characters, set where a token holds both.
    """

    keys: npt.NDArray[np.uint64]
    ranks: npt.NDArray[np.int32]
    products: npt.NDArray[np.int32]
    byte_ids: npt.NDArray[np.int32]
    alone: npt.NDArray[np.uint64]
    joined: npt.NDArray[np.uint8]
    joined_bytes: npt.NDArray[np.bool_]
    pairs: npt.NDArray[np.uint64]


def read_tables(
    model: Mapping[str, Any],
    vocabulary: Mapping[str, int],
    byte_ids: npt.NDArray[np.int32],
    characters: Sequence[str],
) -> HanTables | None:
    """Read a model's vocabulary.

    Args:
        model: The ``model`` of a tokenizer.json, byte-level BPE.
        vocabulary: Its tokens, each with its id below 2**20.
        byte_ids: int32[256]; id of each byte.
        characters: The character that tokens have for each byte.

    Returns:
        The tables; None where a token with Chinese is found as a whole word only, and never merged to,
        or where more than ``MOST_JOINED`` pairs of characters are in one token.
    """
    high = frozenset(characters[0x80:])
    codes = {character: byte for byte, character in enumerate(characters)}
    merges = []
    for rank, merge in enumerate(model["merges"]):
        left, right = merge.split(" ") if isinstance(merge, str) else merge
        if not (high.isdisjoint(left) and high.isdisjoint(right)):
            merges.append((vocabulary[left], vocabulary[right], rank, vocabulary[left + right]))
    tokens = [
        bytes(codes[character] for character in token)
        for token in vocabulary
        if len(token) > 1 and not high.isdisjoint(token) and codes.keys() >= set(token)
    ]
    held = np.array(merges, np.int64).reshape(-1, 4)
    slots = 1 << max(4, (2 * len(held)).bit_length())
    tables = HanTables(
        np.zeros(slots, np.uint64), np.zeros(slots, np.int32), np.zeros(slots, np.int32), byte_ids,
        np.zeros(CHARACTERS, np.uint64), np.zeros(CHARACTERS, np.uint8),
        np.zeros((256, 256), np.bool_), np.zeros(1 << PAIR_BITS - 6, np.uint64),
    )  # fmt: skip
    ends = np.cumsum([len(token) for token in tokens], dtype=np.int64)
    data = np.frombuffer(b"".join(tokens), np.uint8)
    _fill(held, data, ends, tables)
    if np.unpackbits(tables.pairs.view(np.uint8)).sum() > MOST_JOINED:
        return None
    if model.get("ignore_merges") and not _are_merged(data, ends, tables):
        return None
    return tables


@kernel
def _slot(left: int, right: int, keys: npt.NDArray[np.uint64]) -> int:
    """Where a pair is in the table, or would be."""
    key = (np.uint64(left) << np.uint64(32) | np.uint64(right)) + np.uint64(1)
    mask = np.uint64(len(keys) - 1)
    place = (key * MULTIPLIER) >> np.uint64(32) & mask
    while keys[place] != np.uint64(0) and keys[place] != key:
        place = (place + np.uint64(1)) & mask
    return int(place)


@kernel
def merge_by_rank(symbols: npt.NDArray[np.int32], count: int, tables: HanTables) -> int:
    """Merge by rank, the first of equals first; return how many are left."""
    while count > 1:
        best, where, product = NO_RANK, 0, 0
        for place in range(count - 1):
            slot = _slot(symbols[place], symbols[place + 1], tables.keys)
            if tables.keys[slot] != np.uint64(0) and tables.ranks[slot] < best:
                best, where, product = tables.ranks[slot], place, tables.products[slot]
        if best == NO_RANK:
            break
        symbols[where] = product
        for place in range(where + 1, count - 1):
            symbols[place] = symbols[place + 1]
        count -= 1
    return count


@kernel
def character_at(data: npt.NDArray[np.uint8], place: int, end: int) -> int:
    """The number of the Han character at a place, -1 without one."""
    if place < 0 or place + BYTES > end or data[place] & 0xF0 != 0xE0:
        return -1
    if data[place + 1] & 0xC0 != 0x80 or data[place + 2] & 0xC0 != 0x80:
        return -1
    code = int(
        (np.int64(data[place]) & 0x0F) << 12
        | (np.int64(data[place + 1]) & 0x3F) << 6
        | np.int64(data[place + 2]) & 0x3F
    )
    return code - FIRST if FIRST <= code < FIRST + CHARACTERS else -1


@kernel
def pair_place(left: int, right: int) -> np.uint64:
    """The bit of ``pairs`` that is two characters'; others may have the same, which costs a cut."""
    key = np.uint64(left) << np.uint64(16) | np.uint64(right)
    return (key * MULTIPLIER) >> np.uint64(64 - PAIR_BITS)


@kernel
def _fill(
    merges: npt.NDArray[np.int64],
    data: npt.NDArray[np.uint8],
    ends: npt.NDArray[np.int64],
    tables: HanTables,
) -> None:
    """Enter merges, what each character is alone, and what tokens join."""
    for row in range(len(merges)):
        left, right = merges[row, 0], merges[row, 1]
        slot = _slot(left, right, tables.keys)
        if tables.keys[slot] == np.uint64(0):
            tables.keys[slot] = (np.uint64(left) << np.uint64(32) | np.uint64(right)) + np.uint64(1)
            tables.ranks[slot] = merges[row, 2]
            tables.products[slot] = merges[row, 3]
    symbols = np.empty(BYTES, np.int32)
    for character in range(CHARACTERS):
        code = character + FIRST
        symbols[0] = tables.byte_ids[0xE0 | code >> 12]
        symbols[1] = tables.byte_ids[0x80 | code >> 6 & 0x3F]
        symbols[2] = tables.byte_ids[0x80 | code & 0x3F]
        count = merge_by_rank(symbols, BYTES, tables)
        tables.alone[character] = np.uint64(count) << np.uint64(BYTES * ID_BITS)
        for place in range(count):
            tables.alone[character] |= np.uint64(symbols[place]) << np.uint64(place * ID_BITS)
    start = 0
    for end in ends:
        for place in range(start + 1, end):
            _join(data, start, place, end, tables)
        start = end


@kernel
def _join(data: npt.NDArray[np.uint8], start: int, place: int, end: int, tables: HanTables) -> None:
    """Note that a token holds both sides of a place, if that may be one between Han characters."""
    if data[place] & 0xF0 != 0xE0 or data[place - 1] & 0xC0 != 0x80:
        return
    left = character_at(data, place - BYTES, place) if place - start >= BYTES else -1
    right = character_at(data, place, end)
    if (place - start >= BYTES and left < 0) or (end - place >= BYTES and right < 0):
        return
    if left >= 0 and right >= 0:
        pair = pair_place(left, right)
        tables.pairs[pair >> np.uint64(6)] |= np.uint64(1) << (pair & np.uint64(63))
    elif left >= 0:
        tables.joined[left] |= JOINED_BEHIND
    elif right >= 0:
        tables.joined[right] |= JOINED_BEFORE
    else:
        tables.joined_bytes[data[place - 1], data[place]] = True


@kernel
def _are_merged(
    data: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64], tables: HanTables
) -> bool:
    """Say whether each token with a Han character is what its bytes are merged to.

    Else it is found where it is a whole word and only there, which the ends of a run now may be. Merges
    of ASCII are not in the tables; a token with more of it than one byte says no, too.
    """
    start = 0
    symbols = np.empty(len(data), np.int32)
    for end in ends:
        ascii_bytes, has_han = 0, False
        for place in range(start, end):
            symbols[place - start] = tables.byte_ids[data[place]]
            ascii_bytes += data[place] < 0x80
            has_han = has_han or character_at(data, place, end) >= 0
        if has_han and (ascii_bytes > 1 or merge_by_rank(symbols, end - start, tables) > 1):
            return False
        start = end
    return True

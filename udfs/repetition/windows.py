"""Windows of a text that consist of repetition, wherever in the text they stand.

A chapter that ends in one sentence repeated twenty times has a low repetition as a document and a
very high one in its last window; a page of keywords around an article is the same case turned round.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.columns.hash_counting import (
    KeyTable,
    add_to_filter,
    clear_filter,
    clear_table,
    count_key,
    key_filter,
    key_table,
)
from udfs.lines.splitting import count_code_points
from udfs.text.token_batch import TokenBatch
from udfs.text.token_hashing import mix64

GRAM: Final = 5
LEAST_GRAMS: Final = 10  # fewer in a window (long encoded words) say nothing about repetition

_FACTOR: Final = np.uint64(0x9FB21C651E98DF25)


class _Room(NamedTuple):
    """Arrays for the longest text of a batch.

    Attributes:
        begins: int64; characters of the text before each token.
        keys: uint64; hash of the 5-gram that begins at each token.
        slots: uint8; a filter of these.
        grams: int32; number of the 5-gram; equal ones share it, -1 = occurs once.
        counts: int32; by number, occurrences in the window; zero between texts.
    """

    begins: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint64]
    slots: npt.NDArray[np.uint8]
    grams: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int32]


def worst_window_shares(
    tokens: TokenBatch, window_characters: int, repetitive: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.float64]:
    """The highest share of repeated 5-grams in any window of each text.

    Args:
        tokens: Words and single characters of unspaced scripts, without punctuation.
        window_characters: Characters that a window spans at least; the shortest such runs of tokens
            are looked at. A shorter text is one window.
        repetitive: bool[texts]; False where the caller knows that no 5-gram is repeated. Default:
            nothing is known.

    Returns:
        float64[texts]: occurrences of 5-grams that occur twice or more in the window, among all of
        its 5-grams; windows with fewer than 10 of them do not count. NaN for texts with fewer.
    """
    worst = np.full(len(tokens.text_offsets) - 1, np.nan)
    if repetitive is None:
        repetitive = np.ones(len(worst), np.bool_)
    table, room = _room(tokens)
    _worst_windows(tokens, window_characters, repetitive, table, room, worst)
    return worst


def may_repeat(
    tokens: TokenBatch, window_characters: int, most_share: float
) -> npt.NDArray[np.bool_]:
    """Which texts can hold a window with a share above ``most_share``.

    Counts 5-grams as repeated that are so in the whole text, so it errs on one side only.

    Returns:
        bool[texts]; False = certainly none.
    """
    suspects = np.zeros(len(tokens.text_offsets) - 1, np.bool_)
    table, room = _room(tokens)
    _find_suspects(tokens, window_characters, most_share, table, room, suspects)
    return suspects


def _room(tokens: TokenBatch) -> tuple[KeyTable, _Room]:
    most = int(np.diff(tokens.token_offsets).max(initial=0)) + 1
    return key_table(most), _Room(
        begins=np.empty(most, np.int64),
        keys=np.empty(most, np.uint64),
        slots=key_filter(most),
        grams=np.empty(most, np.int32),
        counts=np.zeros(most, np.int32),
    )


@kernel
def _number_grams(tokens: TokenBatch, text: int, table: KeyTable, room: _Room) -> int:
    """Number the text's 5-grams; return how many occurrences are of repeated ones."""
    hashes = tokens.token_hash[tokens.token_offsets[text] : tokens.token_offsets[text + 1]]
    grams = len(hashes) - GRAM + 1
    if grams < 1:
        return 0
    _hash_grams(hashes, room)
    shift = clear_filter(room.slots, grams)
    for i in range(grams):
        add_to_filter(room.slots, room.keys[i] >> shift)
    mask = clear_table(table, grams)
    used = 0
    repeated = 0
    for i in range(grams):
        room.grams[i] = -1
        if room.slots[room.keys[i] >> shift] > 1:
            number = count_key(table, mask, used, room.keys[i])
            room.grams[i] = number
            if number == used:
                used += 1
            else:
                repeated += 2 if table.counts[number] == 2 else 1
    return repeated


@kernel
def _hash_grams(hashes: npt.NDArray[np.uint64], room: _Room) -> None:
    """Key every 5-gram by a rolling polynomial."""
    value = np.uint64(0)
    leaving = np.uint64(1)
    for i in range(GRAM):
        value = value * _FACTOR + hashes[i]
        leaving *= _FACTOR
    room.keys[0] = mix64(value)
    for i in range(GRAM, len(hashes)):
        value = value * _FACTOR + hashes[i] - leaving * hashes[i - GRAM]
        room.keys[i - GRAM + 1] = mix64(value)


@kernel
def _is_repeated(table: KeyTable, gram: int) -> bool:
    return gram >= 0 and bool(table.counts[gram] > 1)


@kernel
def _measure_begins(tokens: TokenBatch, text: int, begins: npt.NDArray[np.int64]) -> None:
    """Characters before each token of the text."""
    first = tokens.token_offsets[text]
    position = tokens.text_offsets[text]
    stop = tokens.text_offsets[text + 1]
    if count_code_points(tokens.data, position, stop) == stop - position:  # ASCII
        for token in range(first, tokens.token_offsets[text + 1]):
            begins[token - first] = tokens.token_start[token] - position
        return
    characters = 0
    for token in range(first, tokens.token_offsets[text + 1]):
        start = tokens.token_start[token]
        while position < start:
            characters += 1 if tokens.data[position] & 0xC0 != 0x80 else 0
            position += 1
        begins[token - first] = characters


@kernel
def _worst_windows(
    tokens: TokenBatch,
    window_characters: int,
    repetitive: npt.NDArray[np.bool_],
    table: KeyTable,
    room: _Room,
    worst: npt.NDArray[np.float64],
) -> None:
    """Fill ``worst`` where it is defined."""
    for text in range(len(worst)):
        first = tokens.token_offsets[text]
        grams = tokens.token_offsets[text + 1] - first - GRAM + 1
        if grams < LEAST_GRAMS:
            continue
        worst[text] = 0.0
        if not repetitive[text]:
            continue
        repeated = _number_grams(tokens, text, table, room)
        if repeated == 0:
            continue
        _measure_begins(tokens, text, room.begins)
        last = first + grams + GRAM - 2
        whole = room.begins[grams + GRAM - 2] + tokens.token_characters[last] - room.begins[0]
        if whole < window_characters:
            worst[text] = repeated / grams
        else:
            worst[text] = _slide(tokens, first, grams, window_characters, table, room)


@kernel
def _slide(
    tokens: TokenBatch,
    first: int,
    grams: int,
    window_characters: int,
    table: KeyTable,
    room: _Room,
) -> float:
    """The highest share over all windows; leaves ``room.counts`` zero."""
    worst = 0.0
    begin = 0
    repeated = 0
    for end in range(grams + GRAM - 1):
        added = end - GRAM + 1
        if added >= begin and _is_repeated(table, int(room.grams[added])):
            count = room.counts[room.grams[added]]
            repeated += 2 if count == 1 else (1 if count > 1 else 0)
            room.counts[room.grams[added]] = count + 1
        characters = room.begins[end] + tokens.token_characters[first + end]
        while begin < end and characters - room.begins[begin + 1] >= window_characters:
            if begin <= added and _is_repeated(table, int(room.grams[begin])):
                count = room.counts[room.grams[begin]]
                repeated -= 2 if count == 2 else (1 if count > 2 else 0)
                room.counts[room.grams[begin]] = count - 1
            begin += 1
        inside = added - begin + 1
        full = characters - room.begins[begin] >= window_characters
        if full and inside >= LEAST_GRAMS and repeated > worst * inside:
            worst = repeated / inside
    for place in range(begin, grams):
        if room.grams[place] >= 0:
            room.counts[room.grams[place]] = 0
    return worst


@kernel
def _find_suspects(
    tokens: TokenBatch,
    window_characters: int,
    most_share: float,
    table: KeyTable,
    room: _Room,
    suspects: npt.NDArray[np.bool_],
) -> None:
    for text in range(len(suspects)):
        first = tokens.token_offsets[text]
        grams = tokens.token_offsets[text + 1] - first - GRAM + 1
        if grams < LEAST_GRAMS:
            continue
        if _number_grams(tokens, text, table, room) <= most_share * LEAST_GRAMS:
            continue
        _measure_begins(tokens, text, room.begins)
        begin = 0
        repeated = 0
        for end in range(GRAM - 1, grams + GRAM - 1):
            added = end - GRAM + 1
            repeated += 1 if _is_repeated(table, int(room.grams[added])) else 0
            characters = room.begins[end] + tokens.token_characters[first + end]
            while begin < added and characters - room.begins[begin + 1] >= window_characters:
                repeated -= 1 if _is_repeated(table, int(room.grams[begin])) else 0
                begin += 1
            inside = added - begin + 1
            if inside >= LEAST_GRAMS and repeated > most_share * inside:
                suspects[text] = True
                break

"""What to cut so that no window of a text consists of repetition, and all around it stays."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.cleaning.sentence_units import Removals, empty_removals, first_removals
from udfs.columns.compiled import kernel
from udfs.columns.hash_counting import KeyTable, clear_table, count_key, key_table
from udfs.lines.splitting import count_code_points, trim_right
from udfs.repetition.windows import GRAM, LEAST_GRAMS, may_repeat
from udfs.text.token_batch import TokenBatch
from udfs.text.token_hashing import mix64

_FACTOR: Final = np.uint64(0x9FB21C651E98DF25)

# Positions in _State.numbers
_DEPTH, _FIRST, _REPEATED, _USED = 0, 1, 2, 3


class _State(NamedTuple):
    """The tokens kept so far, as a stack, and the window at its top.

    Attributes:
        tokens: int64; index of the token in the batch.
        begins: int64; characters of the kept text before this token.
        grams: int32; number of the 5-gram that begins here (valid up to depth - 5).
        window: int32; by gram number, how often it occurs in the window.
        numbers: int64[4]; depth of the stack, first token of the window, occurrences of repeated
            grams in the window, different grams so far.
    """

    tokens: npt.NDArray[np.int64]
    begins: npt.NDArray[np.int64]
    grams: npt.NDArray[np.int32]
    window: npt.NDArray[np.int32]
    numbers: npt.NDArray[np.int64]


def repetitive_spans(tokens: TokenBatch, window_characters: int, most_share: float) -> Removals:
    """Find what to cut so that no window with more than ``most_share`` repetition is left.

    Where windows exceed the share, the cut is the stretch of tokens with the highest excess of
    tokens inside repeated 5-grams over others (+1 against -4 for a share of 0.8), so that text at
    the edges which merely shares a window with the repetition stays.

    Args:
        tokens: Words and single characters of unspaced scripts, without punctuation.
        window_characters: Characters that a window spans at least; the shortest such runs of tokens
            are looked at, and texts shorter than this are left alone.
        most_share: 0 to 1.

    Returns:
        Spans from the first cut token to the next kept one; ``pieces`` is 1 each.
    """
    suspects = np.flatnonzero(may_repeat(tokens, window_characters, most_share))
    if len(suspects) == 0:
        return empty_removals(0)
    table, state = _workspace(tokens)
    spare = np.empty_like(state.tokens)
    removals = empty_removals(len(tokens.token_hash) // LEAST_GRAMS + 1)
    count = _cut_windows(
        tokens,
        suspects,
        character_advances(tokens),
        window_characters,
        most_share,
        table,
        state,
        spare,
        np.zeros_like(state.window),
        removals,
    )
    return first_removals(removals, count)


def character_advances(tokens: TokenBatch) -> npt.NDArray[np.int32]:
    """int32[tokens]; characters from each token's begin to the next one's, or the text's end."""
    advances = np.empty(len(tokens.token_hash), np.int32)
    _measure_advances(tokens, advances)
    return advances


def _workspace(tokens: TokenBatch) -> tuple[KeyTable, _State]:
    most = int(np.diff(tokens.token_offsets).max(initial=0))
    # Cutting makes new 5-grams at the joints: at most four for every window cut.
    grams = 2 * most + 8
    return key_table(grams), _State(
        tokens=np.empty(most, np.int64),
        begins=np.empty(most, np.int64),
        grams=np.empty(most, np.int32),
        window=np.zeros(grams, np.int32),
        numbers=np.zeros(4, np.int64),
    )


@kernel
def _measure_advances(tokens: TokenBatch, advances: npt.NDArray[np.int32]) -> None:
    for text in range(len(tokens.text_offsets) - 1):
        last = tokens.token_offsets[text + 1]
        for i in range(tokens.token_offsets[text], last):
            stop = tokens.token_start[i + 1] if i + 1 < last else tokens.text_offsets[text + 1]
            advances[i] = count_code_points(tokens.data, tokens.token_start[i], stop)


@kernel
def _add_gram(state: _State, place: int) -> None:
    """Count the gram that begins at ``place`` into the window."""
    gram = state.grams[place]
    count = state.window[gram]
    state.numbers[_REPEATED] += 2 if count == 1 else (1 if count > 1 else 0)
    state.window[gram] = count + 1


@kernel
def _remove_gram(state: _State, place: int) -> None:
    """Take the gram that begins at ``place`` out of the window."""
    gram = state.grams[place]
    count = state.window[gram]
    state.numbers[_REPEATED] -= 2 if count == 2 else (1 if count > 2 else 0)
    state.window[gram] = count - 1


@kernel
def _empty_window(state: _State) -> None:
    """Take all grams out of the window."""
    for place in range(state.numbers[_FIRST], state.numbers[_DEPTH] - GRAM + 1):
        state.window[state.grams[place]] = 0
    state.numbers[_REPEATED] = 0


@kernel
def _joint_blank(tokens: TokenBatch, before: int, after: int) -> bool:
    """Whether cutting all between two tokens needs a blank to keep them two."""
    if after == before + 1 or tokens.token_end[before] != tokens.token_start[before + 1]:
        return False
    return bool(tokens.token_unspaced[before] == 0 and tokens.token_unspaced[after] == 0)


@kernel
def _push(
    tokens: TokenBatch,
    advances: npt.NDArray[np.int32],
    window_characters: int,
    table: KeyTable,
    mask: np.uint64,
    state: _State,
    token: int,
) -> None:
    """Put a token on the stack and let the window follow."""
    depth = state.numbers[_DEPTH]
    begin = 0
    if depth > 0:
        before = state.tokens[depth - 1]
        begin = state.begins[depth - 1] + advances[before]
        begin += 1 if _joint_blank(tokens, before, token) else 0
    state.tokens[depth] = token
    state.begins[depth] = begin
    depth += 1
    state.numbers[_DEPTH] = depth
    if depth >= GRAM:
        value = np.uint64(0)
        for place in range(depth - GRAM, depth):
            value = value * _FACTOR + tokens.token_hash[state.tokens[place]]
        number = count_key(table, mask, state.numbers[_USED], mix64(value))
        state.numbers[_USED] = max(state.numbers[_USED], number + 1)
        state.grams[depth - GRAM] = number
        if depth - GRAM >= state.numbers[_FIRST]:
            _add_gram(state, depth - GRAM)
    end = begin + tokens.token_characters[token]
    first = state.numbers[_FIRST]
    while first + 1 < depth and end - state.begins[first + 1] >= window_characters:
        if first <= depth - GRAM:
            _remove_gram(state, first)
        first += 1
    state.numbers[_FIRST] = first


@kernel
def _window_share(tokens: TokenBatch, window_characters: int, state: _State) -> float:
    """Share of repeated grams in the window; -1 if it is too short or has too few of them."""
    depth = state.numbers[_DEPTH]
    first = state.numbers[_FIRST]
    grams = depth - GRAM + 1 - first
    if grams < LEAST_GRAMS:
        return -1.0
    end = state.begins[depth - 1] + tokens.token_characters[state.tokens[depth - 1]]
    if end - state.begins[first] < window_characters:
        return -1.0
    return float(state.numbers[_REPEATED] / grams)


@kernel
def _cut_windows(
    tokens: TokenBatch,
    texts: npt.NDArray[np.int64],
    advances: npt.NDArray[np.int32],
    window_characters: int,
    most_share: float,
    table: KeyTable,
    state: _State,
    pending: npt.NDArray[np.int64],
    region_counts: npt.NDArray[np.int32],
    removals: Removals,
) -> int:
    """Fill the removals; return their number.

    ``pending`` holds tokens behind a cut that must be pushed again, the next one on top.
    """
    count = 0
    penalty = most_share / max(1.0 - most_share, 1e-9)  # 4 for 0.8: the share at which they cancel
    for text in texts:
        following = tokens.token_offsets[text]
        last = tokens.token_offsets[text + 1]
        mask = clear_table(table, 2 * (last - following) + 8)
        state.numbers[:] = 0
        waiting = 0
        region = -1  # where the open run of repetitive windows begins
        region_end = 0
        while True:
            exhausted = waiting == 0 and following == last
            if not exhausted:
                if waiting > 0:
                    waiting -= 1
                    token = pending[waiting]
                else:
                    token = following
                    following += 1
                _push(tokens, advances, window_characters, table, mask, state, token)
                if _window_share(tokens, window_characters, state) > most_share:
                    region = state.numbers[_FIRST] if region < 0 else region
                    region_end = state.numbers[_DEPTH]
                    continue
            if region >= 0:
                start, stop = _densest(state, region, region_end, penalty, region_counts)
                depth = state.numbers[_DEPTH]
                for place in range(depth - 1, stop - 1, -1):
                    pending[waiting] = state.tokens[place]
                    waiting += 1
                _truncate(tokens, window_characters, state, start)
                region = -1
            elif exhausted:
                break
        _empty_window(state)
        count = _write_cuts(tokens, state, text, removals, count)
    return count


@kernel
def _densest(
    state: _State, begin: int, end: int, penalty: float, counts: npt.NDArray[np.int32]
) -> tuple[int, int]:
    """The stretch of ``begin:end`` with the highest excess of repeated tokens over others."""
    for place in range(begin, end - GRAM + 1):
        counts[state.grams[place]] += 1
    covered_to = begin
    excess = 0.0
    run_begin = begin
    best = 0.0
    best_begin = begin
    best_end = end
    for place in range(begin, end):
        if place <= end - GRAM and counts[state.grams[place]] > 1:
            covered_to = place + GRAM
        excess += 1.0 if place < covered_to else -penalty
        if excess <= 0.0:
            excess = 0.0
            run_begin = place + 1
        elif excess > best:
            best = excess
            best_begin = run_begin
            best_end = place + 1
    for place in range(begin, end - GRAM + 1):
        counts[state.grams[place]] = 0
    return best_begin, best_end


@kernel
def _truncate(tokens: TokenBatch, window_characters: int, state: _State, depth: int) -> None:
    """Cut the stack down to ``depth`` tokens and rebuild the window at its top."""
    _empty_window(state)
    state.numbers[_DEPTH] = depth
    first = max(depth - 1, 0)
    if depth > 0:
        end = state.begins[depth - 1] + tokens.token_characters[state.tokens[depth - 1]]
        while first > 0 and end - state.begins[first] < window_characters:
            first -= 1
    state.numbers[_FIRST] = first
    for place in range(first, depth - GRAM + 1):
        _add_gram(state, place)


@kernel
def _write_cuts(
    tokens: TokenBatch, state: _State, text: int, removals: Removals, count: int
) -> int:
    """Turn tokens missing from the stack into spans; return the new number of spans."""
    before = tokens.token_offsets[text] - 1
    depth = state.numbers[_DEPTH]
    for place in range(depth + 1):
        token = state.tokens[place] if place < depth else tokens.token_offsets[text + 1]
        if token != before + 1:
            removals.text[count] = text
            removals.start[count] = tokens.token_start[before + 1]
            removals.stop[count] = tokens.text_offsets[text + 1]
            if place == 0:
                removals.start[count] = tokens.text_offsets[text]
            if place == depth:
                kept = removals.start[count] if place == 0 else tokens.token_end[before]
                removals.start[count] = trim_right(tokens.data, kept, removals.start[count])
            else:
                removals.stop[count] = tokens.token_start[token]
                if place > 0 and _joint_blank(tokens, before, token):
                    removals.blank[count] = 1
            removals.pieces[count] = 1
            count += 1
        before = token
    return count

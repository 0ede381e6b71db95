"""The tokens of a batch of texts as parallel arrays, and what becomes of punctuation among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.text.token_hashing import HASH_FACTOR, mix64

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
        token_letters: uint8[tokens]; HAS_LETTER, HAS_CAPITAL and HAS_SMALL of character_classes.
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
    token_letters: npt.NDArray[np.uint8]
    token_unspaced: npt.NDArray[np.uint8]
    token_offsets: npt.NDArray[np.int64]


def empty_tokens(
    data: npt.NDArray[np.uint8], text_offsets: npt.NDArray[np.int64], capacity: int
) -> TokenBatch:
    """Room for ``capacity`` tokens; pages of it that are never written to cost no memory."""
    return TokenBatch(
        data,
        text_offsets,
        token_start=np.empty(capacity, np.int64),
        token_end=np.empty(capacity, np.int64),
        token_hash=np.empty(capacity, np.uint64),
        token_characters=np.empty(capacity, np.int32),
        token_letters=np.empty(capacity, np.uint8),
        token_unspaced=np.empty(capacity, np.uint8),
        token_offsets=np.empty(len(text_offsets), np.int64),
    )


class TokenRoom:
    """Arrays that the tokens of one batch after another are written to.

    Memory that is touched for the first time costs a quarter of what tokenising does.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._held: TokenBatch | None = None

    def tokens(
        self, data: npt.NDArray[np.uint8], text_offsets: npt.NDArray[np.int64], capacity: int
    ) -> TokenBatch:
        """Return room for ``capacity`` tokens or more; what was returned before is written over."""
        held = self._held
        if held is None or len(held.token_hash) < capacity:
            held = self._held = empty_tokens(data, text_offsets, capacity)
        offsets = np.empty(len(text_offsets), np.int64)
        return held._replace(data=data, text_offsets=text_offsets, token_offsets=offsets)


def without_punctuation(batch: TokenBatch) -> TokenBatch:
    """The words of a batch that was tokenised with punctuation, as if it had been without."""
    words = empty_tokens(batch.data, batch.text_offsets, len(batch.token_hash))
    count = _copy_words(batch, words)
    return each_column(words, lambda column: column[:count])


def with_glued_words(batch: TokenBatch) -> TokenBatch:
    """Join glued words to the token before them: 3.14, O'Reilly and a.b@c.d become one token each."""
    merged = empty_tokens(batch.data, batch.text_offsets, len(batch.token_hash))
    count = _join_glued(batch, merged)
    return each_column(merged, lambda column: column[:count])


def each_column(
    batch: TokenBatch, change: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]
) -> TokenBatch:
    """The batch with every array of one entry a token changed."""
    return batch._replace(
        token_start=change(batch.token_start),
        token_end=change(batch.token_end),
        token_hash=change(batch.token_hash),
        token_characters=change(batch.token_characters),
        token_letters=change(batch.token_letters),
        token_unspaced=change(batch.token_unspaced),
    )


@kernel
def _copy_words(batch: TokenBatch, words: TokenBatch) -> int:
    """Fill ``words`` with all but the marks; return their number."""
    _, _, start, end, hashes, characters, letters, kinds, offsets = batch
    count = 0
    words.token_offsets[0] = 0
    for row in range(len(offsets) - 1):
        for i in range(offsets[row], offsets[row + 1]):
            # Written always and kept sometimes: a guess at the kind would often be wrong.
            words.token_start[count] = start[i]
            words.token_end[count] = end[i]
            words.token_hash[count] = hashes[i]
            words.token_characters[count] = characters[i]
            words.token_letters[count] = letters[i]
            words.token_unspaced[count] = UNSPACED_TOKEN if kinds[i] == UNSPACED_TOKEN else 0
            count += 1 if kinds[i] != PUNCTUATION_TOKEN else 0
        words.token_offsets[row + 1] = count
    return count


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
                merged.token_letters[last] |= batch.token_letters[i]
                merged.token_characters[last] += batch.token_characters[i] + min(mark, 1)
                continue
            merged.token_start[count] = batch.token_start[i]
            merged.token_end[count] = batch.token_end[i]
            merged.token_hash[count] = batch.token_hash[i]
            merged.token_characters[count] = batch.token_characters[i]
            merged.token_letters[count] = batch.token_letters[i]
            merged.token_unspaced[count] = batch.token_unspaced[i]
            count += 1
        merged.token_offsets[row + 1] = count
    return count

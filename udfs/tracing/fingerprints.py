"""Few hashes of a text, chosen so that whoever holds a long enough phrase of it holds one of them, too.

Of every ``WINDOW`` neighbouring runs of ``GRAM`` tokens the one with the smallest hash is kept (Schleimer,
Wilkerson and Aiken, Winnowing, SIGMOD 2003; ties as in their robust winnowing). A phrase of
``GUARANTEED`` tokens has such a window of its own, so that its fingerprints are among those of every text
with it. A token is a word or one character of a script without spaces: one index serves all.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.compiled import kernel
from udfs.columns.sorted_integers import distinct_integers
from udfs.text.folding import fold, fold_exactly
from udfs.text.token_batch import TokenRoom
from udfs.text.token_hashing import HASH_FACTOR, mix64
from udfs.text.tokenising import tokenise

GRAM: Final = 4
WINDOW: Final = 6
GUARANTEED: Final = GRAM + WINDOW - 1
"""Tokens of a phrase from which on no document with it is missed: 9."""
HASH_BITS: Final = 40
"""Most bits of a fingerprint. At 2e11 postings a look-up finds 0.2 by chance, and every find is verified; in
a sorted column 40 bits take 5.5 bytes with the document where 64 take 8.5."""


class FoldedTexts(NamedTuple):
    """Texts as a phrase is looked for in them; token ``i`` of text ``r``: offsets[r] <= i < offsets[r + 1].

    Attributes:
        hashes: uint64[tokens]; numbers differ by their digits, writings of one character do not.
        start: int64[tokens]; first byte in ``data``.
        end: int64[tokens]; the byte after the last.
        offsets: int64[texts + 1].
        data: uint8[bytes]; the texts, in NFC where one held combining marks.
        text_offsets: int64[texts + 1]; where each begins in ``data``.
    """

    hashes: npt.NDArray[np.uint64]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    data: npt.NDArray[np.uint8]
    text_offsets: npt.NDArray[np.int64]


class Fingerprints(NamedTuple):
    """Fingerprints of texts, once each, ascending by hash and text.

    Attributes:
        hashes: int64[n]; 0 to 2 ** bits - 1.
        texts: int32[n]; place of the text.
    """

    hashes: npt.NDArray[np.int64]
    texts: npt.NDArray[np.int32]


def folded_texts(texts: pa.Array | pa.ChunkedArray, table: npt.NDArray[np.int32]) -> FoldedTexts:
    """Split texts into tokens and fold them.

    Args:
        texts: string or large_string; null counts as empty.
        table: Of ``udfs.text.folding.fold_table``.
    """
    batch = tokenise(texts)
    folded = fold(batch, table)
    return FoldedTexts(
        folded.exact, folded.start, folded.end, folded.offsets, batch.data, batch.text_offsets
    )


def folded_tokens(
    texts: pa.Array | pa.ChunkedArray, table: npt.NDArray[np.int32], room: TokenRoom
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Return ``hashes`` and ``offsets`` of :func:`folded_texts`: all that an index is made from.

    Args:
        texts: string or large_string; null counts as empty.
        table: Of ``udfs.text.folding.fold_table``.
        room: Where they are; the next call writes over them.
    """
    return fold_exactly(tokenise(texts, room=room), table)


def fingerprints(
    hashes: npt.NDArray[np.uint64], offsets: npt.NDArray[np.int64], bits: int = HASH_BITS
) -> Fingerprints:
    """Return the fingerprints of texts. One of ``GRAM`` to ``GUARANTEED`` - 1 tokens has one.

    Args:
        hashes: uint64[tokens].
        offsets: int64[texts + 1]; of at most 2 ** 24 texts.
        bits: Of a fingerprint, 1 to HASH_BITS: the first of its hash.

    Raises:
        ValueError: There are more texts.
    """
    if len(offsets) - 1 > 1 << (64 - HASH_BITS):
        raise ValueError(
            f"{len(offsets) - 1} texts at once: give at most {1 << (64 - HASH_BITS)} of them"
        )
    grams = np.empty(len(hashes), np.uint64)
    keys = np.empty(len(hashes), np.uint64)
    count = _winnow(hashes, offsets, _first_bits(bits), grams, keys)
    chosen = distinct_integers(keys[:count])
    shift = np.uint64(64 - bits)
    texts = chosen & np.uint64((1 << (64 - HASH_BITS)) - 1)
    return Fingerprints((chosen >> shift).astype(np.int64), texts.astype(np.int32))


def all_grams(hashes: npt.NDArray[np.uint64], bits: int = HASH_BITS) -> npt.NDArray[np.int64]:
    """Return the hash of every run of ``GRAM`` tokens of one text, in order: int64[tokens - GRAM + 1]."""
    grams = np.empty(len(hashes), np.uint64)
    gram_hashes(hashes, 0, len(hashes), grams)
    return (grams[: max(0, len(hashes) - GRAM + 1)] >> np.uint64(64 - bits)).astype(np.int64)


def window_fingerprints(
    hashes: npt.NDArray[np.uint64], bits: int = HASH_BITS
) -> npt.NDArray[np.int64]:
    """Return the fingerprint of every run of ``GUARANTEED`` tokens of one text, in order.

    Args:
        hashes: uint64[tokens].
        bits: Of a fingerprint.

    Returns:
        int64[tokens - GUARANTEED + 1]: every text with that run has it among its own.
    """
    grams = all_grams(hashes, bits)
    if len(grams) < WINDOW:
        return grams[:0]
    windows = np.lib.stride_tricks.sliding_window_view(grams, WINDOW)
    chosen: npt.NDArray[np.int64] = windows.min(axis=1)
    return chosen


def _first_bits(bits: int) -> np.uint64:
    """What a hash keeps of itself, above the number of its text."""
    return ~np.uint64((1 << (64 - bits)) - 1)


@kernel
def gram_hashes(
    hashes: npt.NDArray[np.uint64], first: int, stop: int, grams: npt.NDArray[np.uint64]
) -> int:
    """Hash every run of GRAM tokens between two places into the head of ``grams``; return their number."""
    leading = np.uint64(1)
    for _ in range(GRAM):
        leading *= HASH_FACTOR
    value = np.uint64(0)
    count = 0
    for place in range(first, stop):
        value = value * HASH_FACTOR + hashes[place]
        if place - first >= GRAM:
            value -= hashes[place - GRAM] * leading
        if place - first >= GRAM - 1:
            grams[count] = mix64(value)
            count += 1
    return count


@kernel
def _winnow(
    hashes: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    kept_bits: np.uint64,
    grams: npt.NDArray[np.uint64],
    keys: npt.NDArray[np.uint64],
) -> int:
    """Fill ``keys`` with the chosen hashes above the number of their text; return how many there are."""
    found = 0
    for text in range(len(offsets) - 1):
        count = gram_hashes(hashes, offsets[text], offsets[text + 1], grams)
        chosen = -1
        for place in range(count):
            first = place - WINDOW + 1  # of the window that ends here
            if chosen < 0 or grams[place] < grams[chosen]:
                before, chosen = chosen, place
            elif chosen < first:  # it left the window: the rightmost of the smallest follows
                before, chosen = chosen, place
                for other in range(place - 1, first - 1, -1):
                    if grams[other] < grams[chosen]:
                        chosen = other
            else:
                before = chosen
            # A text shorter than a window has one fingerprint all the same.
            whole = place == WINDOW - 1 or (place == count - 1 and count < WINDOW)
            if whole or (place >= WINDOW and chosen != before):
                keys[found] = (grams[chosen] & kept_bits) | np.uint64(text)
                found += 1
    return found

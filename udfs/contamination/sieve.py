"""Which documents may hold an item at all: most share too little with any, and no more is done for them.

One pass over the tokens, which folds them on its way: writing folded tokens for documents that are read
but once costs more than the looking.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.contamination.benchmark_index import LEAST_NUMBERS, PHRASE, BenchmarkIndex
from udfs.contamination.phrase_index import (
    TURN,
    PhraseIndex,
    key_place,
    may_hold,
    phrase_key,
    turned,
)
from udfs.contamination.windows import FieldTokens
from udfs.text.folding import NUMBER_HASH, folded_hash, may_change, read_number
from udfs.text.token_batch import UNSPACED_TOKEN, TokenBatch


def rows_to_compare(tokens: TokenBatch, index: BenchmarkIndex) -> npt.NDArray[np.int64]:
    """The rows whose phrases could cover enough of a field, wherever in the row they stand.

    Args:
        tokens: Without punctuation.
        index: The items.

    Returns:
        int64[n], ascending: all rows in which ``match_texts`` finds words or numbers, and few others.
    """
    settings, words, exact = index.settings, index.words, index.exact
    chosen = np.zeros(len(tokens.token_offsets) - 1, np.bool_)
    longest = int(np.diff(tokens.token_offsets).max(initial=0))
    least = (settings.options_share, settings.number_share * settings.least_strength)
    # Of zeros that nobody writes to the system makes no memory: a document touches few fields.
    sums = (np.zeros(len(words.fields.totals)), np.zeros(len(exact.fields.totals)))
    _choose(
        tokens, index.table, words.phrases, words.fields, exact.phrases, exact.fields, least, sums,
        longest, chosen,
    )  # fmt: skip
    return np.flatnonzero(chosen)


@kernel
def _choose(
    tokens: TokenBatch,
    table: npt.NDArray[np.int32],
    words: PhraseIndex,
    word_fields: FieldTokens,
    exact: PhraseIndex,
    exact_fields: FieldTokens,
    least_shares: tuple[float, float],
    sums: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    longest: int,
    chosen: npt.NDArray[np.bool_],
) -> None:
    data, _, start, end, hashes, characters, letters, kinds, offsets = tokens
    word_sums, exact_sums = sums
    folded, numbered = np.empty(longest, np.uint64), np.empty(longest, np.uint64)
    word_keys, exact_keys = np.empty(longest, np.uint64), np.empty(longest, np.uint64)
    hits = np.empty(longest, np.int64)
    last_numbers = np.empty(LEAST_NUMBERS, np.int64)
    leaving = TURN * (PHRASE - 1) % 64
    for row in range(len(chosen)):
        i, stop = offsets[row], offsets[row + 1]
        count, exact_count, numbers = 0, 0, 0
        last_numbers[:] = -1
        key = np.uint64(0)
        while i < stop:
            if letters[i] == 0 and kinds[i] != UNSPACED_TOKEN:
                value = NUMBER_HASH
                number, i = read_number(
                    data, start, end, characters, letters, kinds, table, i, stop
                )
                numbered[count] = number
                last_numbers[numbers] = count
                numbers = (numbers + 1) % LEAST_NUMBERS
            else:
                value = hashes[i]
                if may_change(data, start[i], end[i], characters[i], kinds[i], table):
                    value = folded_hash(data, start[i], end[i], table, value)
                numbered[count] = value
                i += 1
            folded[count] = value
            count += 1
            key = turned(key, TURN) ^ value
            begin = count - PHRASE
            if begin < 0:
                continue
            word_keys[begin] = key
            key ^= turned(folded[begin], leaving)
            if last_numbers[numbers] >= begin:
                exact_keys[exact_count] = phrase_key(numbered, begin, PHRASE)
                exact_count += 1
        found = _places(word_keys[: max(count - PHRASE + 1, 0)], words, hits)
        chosen[row] = _reaches(found, words, word_fields, least_shares[0], word_sums)
        if not chosen[row]:
            found = _places(exact_keys[:exact_count], exact, hits)
            chosen[row] = _reaches(found, exact, exact_fields, least_shares[1], exact_sums)


@kernel
def _places(
    keys: npt.NDArray[np.uint64], index: PhraseIndex, places: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The numbers of those keys that the index holds, written into ``places``; keys are moved about.

    Step by step for all keys, and without a branch: a filter larger than the nearest cache answers late,
    and many can be asked at once where nothing waits for the first answer.
    """
    bits = index.filter
    passed = 0
    for place in range(len(keys)):
        key = keys[place]
        keys[passed] = key
        passed += may_hold(bits, key)
    count = 0
    for key in keys[:passed]:
        places[count] = key_place(key, index)
        count += places[count] >= 0
    return places[:count]


@kernel
def _reaches(
    hits: npt.NDArray[np.int64],
    index: PhraseIndex,
    fields: FieldTokens,
    least_share: float,
    sums: npt.NDArray[np.float64],
) -> bool:
    """Whether the phrases of some field have so much of it; ``sums`` are 0 before and after."""
    postings, of_field, of_place = index.postings, index.fields, index.places
    offsets, bits, totals = fields.offsets, fields.bits, fields.totals
    reached = False
    for phrase in hits:
        for posting in range(postings[phrase], postings[phrase + 1]):
            field = of_field[posting]
            base = offsets[field] + of_place[posting]
            for token in range(base, base + index.length):
                sums[field] += bits[token]
            # Summed up in another order than by ``find_candidates``: a doubt is let through.
            least = (least_share - 1e-6) * totals[field]
            reached = reached or (totals[field] > 0.0 and sums[field] >= least)
    for phrase in hits:
        for posting in range(postings[phrase], postings[phrase + 1]):
            sums[of_field[posting]] = 0.0
    return reached

"""N-gram counting and smoothing cut into buckets: what the tasks of a distributed training compute.

The mathematics is that of ``udfs.perplexity.kneser_ney``; here it runs in three steps between which n-grams
travel to the bucket that needs them:

1. by their last two words: raw and adjusted counts of all orders (an n-gram and all its suffixes of
   two words or more share a bucket);
2. by their context: discounted shares and the context's gamma;
3. by their last two words again: interpolation along the suffixes, back-offs.

Only whole numbers are added across rows, so the result does not depend on the order of arrival.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.perplexity.kneser_ney import (
    BEGIN_ID,
    Counts,
    Discounts,
    Ids,
    NgramSection,
    Reals,
    context_sums,
    discount_of,
    log10,
)

_MIX_A = np.uint64(0x9E3779B97F4A7C15)
_MIX_B = np.uint64(0xC2B2AE3D27D4EB4F)


class CountedNgrams(NamedTuple):
    """N-grams of one order: words int32[n-grams, order], raw and adjusted counts int64[n-grams]."""

    words: Ids
    raw: Counts
    adjusted: Counts


class DiscountedNgrams(NamedTuple):
    """Kept n-grams of one order: max(a - D, 0) / a(h.) and the gamma of their context, float64."""

    words: Ids
    share: Reals
    gamma: Reals


class ContextGammas(NamedTuple):
    """Contexts of one order: words int32[contexts, order], gamma float64[contexts]."""

    words: Ids
    gamma: Reals


def row_order(words: Ids, columns: Sequence[int], vocabulary: int) -> npt.NDArray[np.int64]:
    """The permutation that sorts n-grams by some of their words.

    Args:
        words: int32[n-grams, order], ids below ``vocabulary``.
        columns: The words to compare, the most significant first.
        vocabulary: Number of word ids.

    Returns:
        int64[n-grams]; the order among equal n-grams is not defined.
    """
    key = np.zeros(len(words), np.int64)
    bound = 1
    for column in columns:
        if bound * vocabulary >= 1 << 62:  # the next word would not fit: number what is there
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            bound = int(key.max(initial=0)) + 1
        key = key * vocabulary + words[:, column]
        bound *= vocabulary
    return np.argsort(key)


def suffix_order(words: Ids, vocabulary: int) -> npt.NDArray[np.int64]:
    """The permutation that sorts n-grams by their last word, then the one before, and so on."""
    return row_order(words, range(words.shape[1] - 1, -1, -1), vocabulary)


def group_starts(words: Ids) -> npt.NDArray[np.int64]:
    """int64[groups]: where a new row begins among sorted rows."""
    if len(words) == 0:
        return np.zeros(0, np.int64)
    return np.concatenate([[0], np.flatnonzero((words[1:] != words[:-1]).any(axis=1)) + 1])


def combine(words: Ids, counts: Counts, vocabulary: int) -> tuple[Ids, Counts]:
    """Add the counts of equal n-grams; the result is in suffix order."""
    order = suffix_order(words, vocabulary)
    words, counts = words[order], counts[order]
    starts = group_starts(words)
    if len(starts) == 0:
        return words, counts
    return words[starts], np.add.reduceat(counts, starts)


def sentence_ngrams(ids: Ids, order: int, vocabulary: int) -> dict[int, tuple[Ids, Counts]]:
    """Count what step 1 needs of some sentences.

    Args:
        ids: int32[tokens]: ``<s> w ... </s>`` for every sentence.
        order: Highest n, >= 2.
        vocabulary: Number of word ids.

    Returns:
        By order 2..order (words, counts): all n-grams of the highest order, and of the lower ones
        those that begin a sentence; the other lower ones are suffixes of these.
    """
    starts = np.flatnonzero(ids == BEGIN_ID)
    depth = np.arange(len(ids)) - np.repeat(starts, np.diff(np.append(starts, len(ids))))
    counted = {}
    for n in range(2, order + 1):
        ends = np.flatnonzero(depth >= n - 1 if n == order else depth == n - 1)
        words = ids[ends[:, None] + np.arange(1 - n, 1)]
        counted[n] = combine(words, np.ones(len(ends), np.int64), vocabulary)
    return counted


def suffix_bucket(words: Ids, buckets: int) -> npt.NDArray[np.int64]:
    """int64[n-grams]: the bucket of the last two words."""
    return _bucket(words[:, -2:], buckets)


def context_bucket(words: Ids, buckets: int) -> npt.NDArray[np.int64]:
    """int64[n-grams]: the bucket of all words but the last."""
    return _bucket(words[:, :-1], buckets)


def _bucket(words: Ids, buckets: int) -> npt.NDArray[np.int64]:
    value = np.full(len(words), _MIX_B, np.uint64)
    for column in range(words.shape[1]):
        value = (value ^ words[:, column].astype(np.uint64)) * _MIX_A
        value ^= value >> np.uint64(31)
    return (value % np.uint64(buckets)).astype(np.int64)


def count_bucket(
    found: dict[int, tuple[Ids, Counts]], order: int, vocabulary: int
) -> dict[int, CountedNgrams]:
    """Step 1: all n-grams of a bucket with raw and adjusted counts.

    Args:
        found: By order 2..order, (words, counts) of ``sentence_ngrams``, equal ones not yet added up.
        order: Highest n.
        vocabulary: Number of word ids.

    Returns:
        By order 2..order, in suffix order.
    """
    words, raw = combine(*found[order], vocabulary)
    counted = {order: CountedNgrams(words, raw, raw)}
    for n in range(order - 1, 1, -1):
        higher = counted[n + 1]
        suffixes = higher.words[:, 1:]
        starts = group_starts(suffixes)
        first_words, first_raw = combine(*found[n], vocabulary)
        words = np.concatenate([suffixes[starts], first_words])
        sums = np.add.reduceat(higher.raw, starts) if len(starts) else np.zeros(0, np.int64)
        raw = np.concatenate([sums, first_raw])
        adjusted = np.concatenate([np.diff(np.append(starts, len(suffixes))), first_raw])
        in_order = suffix_order(words, vocabulary)
        counted[n] = CountedNgrams(words[in_order], raw[in_order], adjusted[in_order])
    return counted


def discount_bucket(
    words: Ids,
    adjusted: Counts,
    keep: npt.NDArray[np.bool_],
    of_order: Discounts,
    vocabulary: int,
) -> tuple[DiscountedNgrams, ContextGammas]:
    """Step 2: the shares and gammas of the contexts of a bucket, for one order.

    Args:
        words: int32[n-grams, order], every n-gram of the contexts in this bucket.
        adjusted: int64[n-grams].
        keep: bool[n-grams], False for pruned ones.
        of_order: Discounts of this order.
        vocabulary: Number of word ids.

    Returns:
        The kept n-grams, and the contexts that have one; the gamma of all other contexts is 1.
    """
    order = row_order(words, range(words.shape[1] - 1), vocabulary)
    words, adjusted, keep = words[order], adjusted[order], keep[order]
    starts = group_starts(words[:, :-1])
    context = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(words))))
    total, kept, gamma = context_sums(
        context.astype(np.int32), len(starts), adjusted, keep, of_order
    )
    share = np.maximum(adjusted - discount_of(adjusted, of_order), 0.0) / total[context]
    used = kept > 0
    return (
        DiscountedNgrams(words[keep], share[keep], gamma[context][keep]),
        ContextGammas(words[starts[used], :-1], gamma[used]),
    )


def interpolate_bucket(
    ngrams: dict[int, DiscountedNgrams],
    contexts: dict[int, ContextGammas],
    unigrams: Reals,
    order: int,
    vocabulary: int,
) -> dict[int, NgramSection]:
    """Step 3: probabilities and back-offs of a bucket.

    Args:
        ngrams: By order 2..order, the kept n-grams.
        contexts: By order 2..order - 1, the gammas of those that are contexts of a kept n-gram.
        unigrams: float64[words by id], p of single words.
        order: Highest n.
        vocabulary: Number of word ids.

    Returns:
        By order 2..order, in suffix order.

    Raises:
        ValueError: An n-gram lacks its suffix, or a context its n-gram: rows were lost on the way.
    """
    sections: dict[int, NgramSection] = {}
    lower_words, lower = np.arange(vocabulary, dtype=np.int32)[:, None], unigrams
    for n in range(2, order + 1):
        of_order = ngrams[n]
        in_order = suffix_order(of_order.words, vocabulary)
        words = of_order.words[in_order]
        places = words[:, 1] if n == 2 else _places(lower_words, words[:, 1:], "n-gram's suffix")
        probability = of_order.share[in_order] + of_order.gamma[in_order] * lower[places]
        backoff = np.ones(len(words))
        if n < order:
            in_order = suffix_order(contexts[n].words, vocabulary)
            backoff[_places(words, contexts[n].words[in_order], "context")] = contexts[n].gamma[
                in_order
            ]
        sections[n] = NgramSection(words, log10(probability), log10(backoff))
        lower_words, lower = words, probability
    return sections


def _places(rows: Ids, wanted: Ids, what: str) -> npt.NDArray[np.int64]:
    places = _match_sorted(np.ascontiguousarray(rows), np.ascontiguousarray(wanted))
    if len(places) and places.min() < 0:
        missing = wanted[int(np.argmin(places))].tolist()
        raise ValueError(
            f"an {what} with the word ids {missing} is missing from its bucket: the training text "
            "changed between two reads; train again on a text that stays as it is"
        )
    return places


@kernel
def _match_sorted(rows: Ids, wanted: Ids) -> npt.NDArray[np.int64]:
    """For each wanted row its place among the rows, -1 if absent; both are in suffix order."""
    places = np.full(len(wanted), -1, np.int64)
    place = 0
    for index in range(len(wanted)):
        while place < len(rows):
            difference = 0
            for column in range(rows.shape[1] - 1, -1, -1):
                difference = rows[place, column] - wanted[index, column]
                if difference != 0:
                    break
            if difference >= 0:
                if difference == 0:
                    places[index] = place
                break
            place += 1
    return places

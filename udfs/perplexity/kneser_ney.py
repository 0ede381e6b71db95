"""Modified Kneser-Ney smoothing: n-gram counts -> probabilities and back-offs.

Chen and Goodman, An Empirical Study of Smoothing Techniques for Language Modeling (1998), in the
variant of KenLM's ``lmplz`` (Heafield et al., ACL 2013), whose numbers this reproduces:

- a(g), the adjusted count: the number of different words seen before g; the raw count where g is of
  the highest order or begins with ``<s>``.
- D_k(n) for k = 1, 2, 3+: k - (k + 1) Y t_{k+1} / t_k with Y = t_1 / (t_1 + 2 t_2) and t_k the
  number of n-grams with a(g) = k, before pruning.
- p(w | h) = max(a(hw) - D, 0) / a(h.) + gamma(h) p(w | h'), where h' is h without its first word,
  a(h.) the sum of a over all continuations of h, and gamma(h) = (discounts of the continuations that
  are kept + whole counts of those that are pruned) / a(h.).
- single words fall back on 1 / |V|; V holds ``<unk>`` and ``</s>`` and not ``<s>``.
- an n-gram is pruned by its raw count, at every order.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel

UNKNOWN_ID: Final = 0
BEGIN_ID: Final = 1
END_ID: Final = 2
FIRST_WORD_ID: Final = 3

Discounts = tuple[float, float, float]
DISCOUNT_FALLBACK: Final[Discounts] = (0.5, 1.0, 1.5)  # lmplz --discount_fallback

Ids = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Kind = TypeVar("Kind", bound=np.generic)


class NgramSection(NamedTuple):
    """All n-grams of one order.

    Attributes:
        words: int32[n-grams, order], word ids.
        log_probability: float32[n-grams], log10 p of the last word after the others.
        log_backoff: float32[n-grams], log10 gamma of the n-gram as a context; zeros at the highest
            order, where no back-off exists.
    """

    words: Ids
    log_probability: npt.NDArray[np.float32]
    log_backoff: npt.NDArray[np.float32]


def check_pruning(order: int, prune: Sequence[int]) -> None:
    """Refuse an order or pruning thresholds that no model can have.

    Args:
        order: 1..6 is what kenlm is compiled for; 2..6 here.
        prune: One threshold an order; n-grams with raw count <= threshold leave.

    Raises:
        ValueError: Order outside 2..6, wrong number of thresholds, unigrams pruned, or thresholds
            that fall (a kept n-gram would lack its context).
    """
    if not 2 <= order <= 6:
        raise ValueError(f"order {order} is not possible: choose 2 to 6 (kenlm's compiled limit)")
    thresholds = list(prune)
    if len(thresholds) != order or thresholds[0] != 0 or thresholds != sorted(thresholds):
        raise ValueError(
            f"pruning {thresholds} does not fit order {order}: give {order} numbers, the first 0, "
            "none smaller than the one before, e.g. " + str([0, 0, 1, 1, 1, 1][:order])
        )


def counts_of_counts(adjusted: Counts) -> Counts:
    """int64[4]: how many n-grams have an adjusted count of 1, 2, 3, 4."""
    return np.bincount(adjusted[adjusted <= 4], minlength=5)[1:5].astype(np.int64)


def discounts(counts: Counts) -> Discounts:
    """D_1, D_2, D_3+ of one order, with lmplz's fallback where the formula has no answer.

    Args:
        counts: int64[4], t_1..t_4.

    Returns:
        Three numbers, 0 <= D_k <= k. (0.5, 1, 1.5) if any of t_1..t_3 is 0 or a D_k is out of range,
        which happens on small texts only.
    """
    t = [int(count) for count in counts]
    if min(t[:3]) == 0:
        return DISCOUNT_FALLBACK
    y = t[0] / (t[0] + 2.0 * t[1])
    d1, d2, d3 = (k - (k + 1) * y * t[k] / t[k - 1] for k in (1, 2, 3))
    if not (0 <= d1 <= 1 and 0 <= d2 <= 2 and 0 <= d3 <= 3):
        return DISCOUNT_FALLBACK
    return d1, d2, d3


def discount_of(adjusted: Counts, of_order: Discounts) -> Reals:
    """float64[n-grams]: the discount that each n-gram's adjusted count gets."""
    table: Reals = np.array([0.0, *of_order])
    taken: Reals = table[np.minimum(adjusted, 3)]
    return taken


def unigram_probabilities(adjusted: Counts, of_order: Discounts) -> tuple[Reals, float]:
    """p of every single word.

    Args:
        adjusted: int64[words by id], a(w); the entry of ``<s>`` is ignored, that of ``<unk>`` is 0.
        of_order: Discounts of order 1.

    Returns:
        (float64[words]; 0 at ``<s>``, which is never predicted; gamma of the empty context).
    """
    counts = adjusted.copy()
    counts[[UNKNOWN_ID, BEGIN_ID]] = 0
    taken = discount_of(counts, of_order)
    total = float(counts.sum())
    gamma = float(_exact_sum(counts, of_order)) / total
    probability = np.maximum(counts - taken, 0.0) / total + gamma / (len(counts) - 1)
    probability[BEGIN_ID] = 0.0
    return probability, gamma


def _exact_sum(adjusted: Counts, of_order: Discounts) -> float:
    """Sum of the discounts by way of whole numbers: independent of the order of summation."""
    ones, twos = int((adjusted == 1).sum()), int((adjusted == 2).sum())
    return ones * of_order[0] + twos * of_order[1] + int((adjusted >= 3).sum()) * of_order[2]


@kernel
def context_sums(
    context: npt.NDArray[np.int32],
    contexts: int,
    adjusted: Counts,
    keep: npt.NDArray[np.bool_],
    of_order: Discounts,
) -> tuple[Counts, Counts, Reals]:
    """Add up the continuations of each context, in whole numbers as far as they go.

    Args:
        context: int32[n-grams], the number of each n-gram's context; not falling.
        contexts: Number of contexts.
        adjusted: int64[n-grams].
        keep: bool[n-grams], False for pruned ones.
        of_order: Discounts of the n-grams.

    Returns:
        int64[contexts], a(h.); int64[contexts], the number of continuations that are kept;
        float64[contexts], gamma, the mass that a context leaves to its shorter form: 1 where none follows.
    """
    total = np.zeros(contexts, np.int64)
    kept = np.zeros(contexts, np.int64)
    gamma = np.ones(contexts, np.float64)
    start = 0
    while start < len(context):
        number = context[start]
        ones, twos, more, pruned = 0, 0, 0, 0
        stop = start
        while stop < len(context) and context[stop] == number:
            count = adjusted[stop]
            total[number] += count
            if not keep[stop]:
                pruned += count
            elif count == 1:
                ones += 1
            elif count == 2:
                twos += 1
            else:
                more += 1
            stop += 1
        kept[number] = ones + twos + more
        mass = ones * of_order[0] + twos * of_order[1] + more * of_order[2] + pruned
        gamma[number] = mass / total[number]
        start = stop
    return total, kept, gamma


def log10(values: Reals) -> npt.NDArray[np.float32]:
    """log10 in the precision of the ARPA file; 0 stays 0, lmplz's mark for "never predicted"."""
    safe = np.where(values > 0.0, values, 1.0)
    return np.log10(safe).astype(np.float32)


class _Order(NamedTuple):
    """One order while counting: every different n-gram, numbered by its words, the first of them first."""

    prefix: Ids  # number of the (n-1)-gram without the last word
    suffix: Ids  # number of the (n-1)-gram without the first word
    last: Ids
    raw: Counts
    begins: npt.NDArray[np.bool_]  # first word is <s>


@kernel
def _by_word(ids: Ids, counts: Counts) -> Ids:
    """int32[tokens]: the places of ``ids``, sorted by their word."""
    slots = np.zeros(len(counts), np.int64)
    for word in range(1, len(counts)):
        slots[word] = slots[word - 1] + counts[word - 1]
    places = np.empty(len(ids), np.int32)
    for place in range(len(ids)):
        places[slots[ids[place]]] = place
        slots[ids[place]] += 1
    return places


@kernel
def _numbered(
    ids: Ids, by_word: Ids, ending: Ids, shorter: int
) -> tuple[Ids, Ids, Ids, Counts, Ids]:
    """Number the n-grams one word longer than those whose numbers are known.

    Sorted by the last word they are dealt out by the number of the rest: two passes, where a sort by
    comparison takes twenty.

    Args:
        ids: int32[tokens].
        by_word: Places sorted by word.
        ending: int32[tokens], the number of the shorter n-gram that ends at each place, -1 for none.
        shorter: How many different ones there are.

    Returns:
        Prefix, suffix, last word and raw count of each n-gram; and what ``ending`` is for them.
    """
    slots = np.zeros(shorter + 1, np.int64)
    for place in range(1, len(ids)):
        if ids[place] != BEGIN_ID and ending[place - 1] >= 0:
            slots[ending[place - 1] + 1] += 1
    for shorter_gram in range(shorter):
        slots[shorter_gram + 1] += slots[shorter_gram]
    ordered = np.empty(slots[shorter], np.int32)
    for place in by_word:
        if ids[place] != BEGIN_ID and ending[place - 1] >= 0:
            before = ending[place - 1]
            ordered[slots[before]] = place
            slots[before] += 1
    prefix = np.empty(len(ordered), np.int32)
    suffix = np.empty(len(ordered), np.int32)
    last = np.empty(len(ordered), np.int32)
    raw = np.zeros(len(ordered), np.int64)
    longer = np.full(len(ids), np.int32(-1), np.int32)
    number = -1
    for place in ordered:
        before, word = ending[place - 1], ids[place]
        if number < 0 or before != prefix[number] or word != last[number]:
            number += 1
            prefix[number] = before
            suffix[number] = ending[place]
            last[number] = word
        raw[number] += 1
        longer[place] = number
    stop = number + 1
    return prefix[:stop], suffix[:stop], last[:stop], raw[:stop], longer


def count_orders(ids: Ids, order: int, vocabulary: int) -> list[_Order]:
    """Count all n-grams of 1..order inside the sentences.

    Args:
        ids: int32[tokens]: ``<s> w ... </s> <s> w ... </s> ...`` as word ids.
        order: Highest n.
        vocabulary: Number of word ids.

    Returns:
        One entry an order; order 1 holds every word id.
    """
    words = np.arange(vocabulary, dtype=np.int32)
    raw = np.bincount(ids, minlength=vocabulary).astype(np.int64)
    zeros = np.zeros(vocabulary, np.int32)
    orders = [_Order(zeros, zeros, words, raw, words == BEGIN_ID)]
    by_word, ending = _by_word(ids, raw), ids
    for _ in range(2, order + 1):
        shorter = orders[-1]
        prefix, suffix, last, raw, ending = _numbered(ids, by_word, ending, len(shorter.raw))
        orders.append(_Order(prefix, suffix, last, raw, shorter.begins[prefix]))
    return orders


def adjusted_counts(orders: Sequence[_Order]) -> list[Counts]:
    """a(g) of every n-gram of every order (see the head of this file)."""
    adjusted = []
    for lower, higher in itertools.pairwise(orders):
        before = np.bincount(higher.suffix, minlength=len(lower.raw)).astype(np.int64)
        adjusted.append(np.where(lower.begins, lower.raw, before))
    adjusted.append(orders[-1].raw)
    adjusted[0][BEGIN_ID] = 0  # <s> is never predicted and takes no part in the statistics
    return adjusted


def _kept(values: npt.NDArray[Kind], keep: npt.NDArray[np.bool_]) -> npt.NDArray[Kind]:
    """The chosen rows; without a copy where all are chosen, as in models that are not pruned."""
    return values if keep.all() else values[keep]


@kernel
def _interpolated(
    prefix: Ids,
    suffix: Ids,
    adjusted: Counts,
    total: Counts,
    gamma: Reals,
    shorter: Reals,
    of_order: Discounts,
) -> Reals:
    """float64[n-grams]: p of each n-gram from its context's sums and the p of its suffix."""
    probability = np.empty(len(prefix), np.float64)
    for number in range(len(prefix)):
        count, context = adjusted[number], prefix[number]
        own = max(count - of_order[min(count, 3) - 1], 0.0)
        probability[number] = own / total[context] + gamma[context] * shorter[suffix[number]]
    return probability


def estimate(ids: Ids, order: int, prune: Sequence[int], vocabulary: int) -> list[NgramSection]:
    """Train a model in memory; about 300 bytes a token are needed.

    Args:
        ids: int32[tokens]: ``<s> w ... </s>`` for every sentence, at least one.
        order: 2..6.
        prune: One raw-count threshold an order, not falling, the first 0.
        vocabulary: Number of word ids, the three special ones included.

    Returns:
        One section an order, n-grams sorted by word ids; order 1 holds every word.

    Raises:
        ValueError: The order or the thresholds are impossible, or there is no sentence.
    """
    check_pruning(order, prune)
    if len(ids) == 0:
        raise ValueError("no sentence to train on: give at least one line with a token")
    orders = count_orders(ids, order, vocabulary)
    adjusted = adjusted_counts(orders)
    keep = [counted.raw > prune[n] for n, counted in enumerate(orders)]
    keep[0][:] = True
    probability, _ = unigram_probabilities(adjusted[0], discounts(counts_of_counts(adjusted[0])))
    words: Ids = orders[0].last[:, None]
    kept_words, kept_probability = [words], [probability]
    backoffs: list[Reals] = []
    for n in range(1, order):
        counted, of_order = orders[n], discounts(counts_of_counts(adjusted[n]))
        total, _, gamma = context_sums(
            counted.prefix, len(orders[n - 1].raw), adjusted[n], keep[n], of_order
        )
        probability = _interpolated(
            counted.prefix, counted.suffix, adjusted[n], total, gamma, probability, of_order
        )
        words = np.concatenate([words[counted.prefix], counted.last[:, None]], axis=1)
        backoffs.append(_kept(gamma, keep[n - 1]))
        kept_words.append(_kept(words, keep[n]))
        kept_probability.append(_kept(probability, keep[n]))
    backoffs.append(np.ones(len(kept_words[-1])))
    return [
        NgramSection(*parts)
        for parts in zip(
            kept_words, map(log10, kept_probability), map(log10, backoffs), strict=True
        )
    ]

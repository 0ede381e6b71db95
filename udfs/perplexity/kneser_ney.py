"""Modified Kneser-Ney smoothing: n-gram counts -> probabilities and back-offs, in pure numpy.

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
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

UNKNOWN_ID: Final = 0
BEGIN_ID: Final = 1
END_ID: Final = 2
FIRST_WORD_ID: Final = 3

Discounts = tuple[float, float, float]
DISCOUNT_FALLBACK: Final[Discounts] = (0.5, 1.0, 1.5)  # lmplz --discount_fallback

Ids = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]


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


class ContextSums(NamedTuple):
    """What a context's continuations add up to; whole numbers, so that partial sums may be added.

    Attributes:
        total: int64[contexts], a(h.).
        kept: int64[contexts, 3], kept continuations with a = 1, 2, >= 3.
        pruned: int64[contexts], sum of a over the pruned continuations.
    """

    total: Counts
    kept: Counts
    pruned: Counts


def context_sums(
    context: npt.NDArray[np.int64], contexts: int, adjusted: Counts, keep: npt.NDArray[np.bool_]
) -> ContextSums:
    """Add up the continuations of each context.

    Args:
        context: int64[n-grams], the number of each n-gram's context.
        contexts: Number of contexts.
        adjusted: int64[n-grams].
        keep: bool[n-grams], False for pruned ones.

    Returns:
        The sums by context.
    """

    def weighted(weights: Counts) -> Counts:
        # float64 sums of whole numbers are exact below 2**53
        return np.bincount(context, weights=weights, minlength=contexts).astype(np.int64)

    capped = np.minimum(adjusted, 3)
    kept = [np.bincount(context[keep & (capped == k)], minlength=contexts) for k in (1, 2, 3)]
    return ContextSums(
        weighted(adjusted), np.stack(kept, axis=1), weighted(np.where(keep, 0, adjusted))
    )


def context_gammas(sums: ContextSums, of_order: Discounts) -> Reals:
    """float64[contexts]: the probability mass that each context leaves to its shorter form."""
    gammas: Reals = (sums.kept @ np.array(of_order) + sums.pruned) / sums.total
    return gammas


def log10(values: Reals) -> npt.NDArray[np.float32]:
    """log10 in the precision of the ARPA file; 0 stays 0, lmplz's mark for "never predicted"."""
    safe = np.where(values > 0.0, values, 1.0)
    return np.log10(safe).astype(np.float32)


class _Order(NamedTuple):
    """One order while counting: every different n-gram, numbered."""

    prefix: npt.NDArray[np.int64]  # number of the (n-1)-gram without the last word
    suffix: npt.NDArray[np.int64]  # number of the (n-1)-gram without the first word
    last: Ids
    raw: Counts
    begins: npt.NDArray[np.bool_]  # first word is <s>


def _grouped(keys: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], ...]:
    """Different keys in order, a place of each, the number of every key, and counts: ``np.unique`` unstable.

    Of equal keys any place will do, and a sort that need not keep their order takes a third of the time.
    """
    order = np.argsort(keys)
    ordered = keys[order]
    new = np.ones(len(keys), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    inverse = np.empty(len(keys), np.int64)
    inverse[order] = np.cumsum(new) - 1
    starts = np.flatnonzero(new)
    return ordered[starts], order[starts], inverse, np.diff(np.append(starts, len(keys)))


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
    zeros = np.zeros(vocabulary, np.int64)
    orders = [_Order(zeros, zeros, words, raw, words == BEGIN_ID)]
    starts = np.flatnonzero(ids == BEGIN_ID)
    lengths = np.diff(np.append(starts, len(ids)))
    depth = np.arange(len(ids)) - np.repeat(starts, lengths)  # 0 at <s>
    ending = ids.astype(np.int64)  # number of the n-gram that ends at each position
    for n in range(2, order + 1):
        positions = np.flatnonzero(depth >= n - 1)
        key = ending[positions - 1] * vocabulary + ids[positions]
        different, first, inverse, raw = _grouped(key)
        prefix = different // vocabulary
        orders.append(
            _Order(
                prefix,
                ending[positions[first]],
                (different % vocabulary).astype(np.int32),
                raw.astype(np.int64),
                orders[-1].begins[prefix],
            )
        )
        ending = np.full(len(ids), -1, np.int64)
        ending[positions] = inverse
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
        sums = context_sums(counted.prefix, len(orders[n - 1].raw), adjusted[n], keep[n])
        used = sums.total > 0
        gamma = np.ones(len(used))
        gamma[used] = context_gammas(ContextSums(*(part[used] for part in sums)), of_order)
        own = np.maximum(adjusted[n] - discount_of(adjusted[n], of_order), 0.0)
        probability = (
            own / sums.total[counted.prefix] + gamma[counted.prefix] * probability[counted.suffix]
        )
        words = np.concatenate([words[counted.prefix], counted.last[:, None]], axis=1)
        backoffs.append(gamma[keep[n - 1]])
        kept_words.append(words[keep[n]])
        kept_probability.append(probability[keep[n]])
    backoffs.append(np.ones(len(kept_words[-1])))
    return [
        NgramSection(*parts)
        for parts in zip(
            kept_words, map(log10, kept_probability), map(log10, backoffs), strict=True
        )
    ]

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.perplexity.kneser_ney import counts_of_counts, discounts, estimate, unigram_probabilities
from udfs.perplexity.ngram_blocks import (
    ContextGammas,
    DiscountedNgrams,
    context_bucket,
    count_bucket,
    discount_bucket,
    interpolate_bucket,
    sentence_ngrams,
    suffix_bucket,
    suffix_order,
)

Ids = np.ndarray
Rows = dict[tuple[int, ...], tuple[float, float]]


def sentences_to_ids(sentences: list[list[int]]) -> Ids:
    return np.array([i for s in sentences for i in (1, *s, 2)], np.int32)


def rows_of(sections: dict[int, tuple[Ids, Ids, Ids]]) -> Rows:
    return {
        tuple(gram): (float(p), float(b))
        for section in sections.values()
        for gram, p, b in zip(section[0].tolist(), *section[1:], strict=True)
    }


def bucketed(ids: Ids, prune: list[int], buckets: int, vocabulary: int) -> Rows:
    """The three distributed steps in one process, each cut into buckets."""
    order = len(prune)
    found = sentence_ngrams(ids, order, vocabulary)
    counted = []
    for b in range(buckets):
        chosen = {n: suffix_bucket(words, buckets) == b for n, (words, _) in found.items()}
        mine = {n: (words[chosen[n]], counts[chosen[n]]) for n, (words, counts) in found.items()}
        counted.append(count_bucket(mine, order, vocabulary))
    shares: dict[int, list[DiscountedNgrams]] = {n: [] for n in range(2, order + 1)}
    gammas: dict[int, list[ContextGammas]] = {n: [] for n in range(1, order)}
    for n in range(2, order + 1):
        words, raw, adjusted = map(np.concatenate, zip(*(c[n] for c in counted), strict=True))
        of_order = discounts(counts_of_counts(adjusted))
        bucket = context_bucket(words, buckets)
        for b in range(buckets):
            mine = bucket == b
            keep = raw[mine] > prune[n - 1]
            done = discount_bucket(words[mine], adjusted[mine], keep, of_order, vocabulary)
            shares[n].append(done[0])
            gammas[n - 1].append(done[1])
    pairs = np.concatenate([c[2].words for c in counted])
    followers = np.bincount(pairs[:, 1], minlength=vocabulary).astype(np.int64)
    unigrams, _ = unigram_probabilities(followers, discounts(counts_of_counts(followers)))
    result: Rows = {}
    for b in range(buckets):
        ngrams = {n: DiscountedNgrams(*in_bucket(parts, b, buckets)) for n, parts in shares.items()}
        contexts = {
            n: ContextGammas(*in_bucket(parts, b, buckets)) for n, parts in gammas.items() if n > 1
        }
        result |= rows_of(interpolate_bucket(ngrams, contexts, unigrams, order, vocabulary))
    return result


def in_bucket(parts: list[tuple[Ids, ...]], b: int, buckets: int) -> list[Ids]:
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    mine = suffix_bucket(columns[0], buckets) == b
    return [column[mine] for column in columns]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(3, 10), min_size=1, max_size=9), min_size=1, max_size=25),
    st.sampled_from([[0, 0], [0, 0, 0], [0, 0, 1, 1, 1], [0, 1, 2]]),
    st.integers(1, 5),
)
def test_bucketed_steps_equal_the_whole(
    sentences: list[list[int]], prune: list[int], buckets: int
) -> None:
    ids = sentences_to_ids(sentences)
    whole = dict(enumerate(estimate(ids, len(prune), prune, 11), start=1))
    assert bucketed(ids, prune, buckets, 11) == rows_of({n: s for n, s in whole.items() if n > 1})


@pytest.mark.parametrize("vocabulary", [10, 1 << 14, 1 << 21, 1 << 30])
def test_suffix_order_sorts_by_the_last_word_first(vocabulary: int) -> None:
    words = np.random.default_rng(5).integers(0, min(vocabulary, 50), (400, 5)).astype(np.int32)
    words[::3] += np.int32(vocabulary - min(vocabulary, 50))  # long ids need several keys
    ordered = words[suffix_order(words, vocabulary)][:, ::-1].tolist()
    assert ordered == sorted(words[:, ::-1].tolist())


def test_lost_rows_are_noticed() -> None:
    lonely = DiscountedNgrams(np.array([[3, 4, 5]], np.int32), np.ones(1), np.ones(1))
    empty = DiscountedNgrams(np.empty((0, 2), np.int32), np.ones(0), np.ones(0))
    contexts = {2: ContextGammas(np.empty((0, 2), np.int32), np.ones(0))}
    with pytest.raises(ValueError, match=r"suffix with the word ids \[4, 5\] is missing"):
        interpolate_bucket({2: empty, 3: lonely}, contexts, np.ones(6), 3, 6)

"""Exact Jaccard similarity of pairs, within planted families or of all documents, and how a removal
list does on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.compiled import kernel
from udfs.dedup.shingles import Shingles, word_shingles
from udfs.dedup.similarity import distinct_sorted
from udfs.text.tokenising import tokenise

REPORTED = 0.5  # pairs below are of no interest


class Truth(NamedTuple):
    """Pairs of rows with similarity >= 0.5, and each row's highest similarity to any other."""

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    similarity: npt.NDArray[np.float64]
    best: npt.NDArray[np.float64]
    sets: Shingles


def family_truth(texts: pa.Array, family: npt.NDArray[np.int64]) -> Truth:
    """Compare all pairs of each family (a family of n costs n * n / 2 comparisons)."""
    everything = shingle_sets(texts)
    members = np.argsort(family, kind="stable")
    members = members[family[members] >= 0]
    best = np.zeros(len(family))
    pairs = _grown(
        lambda room: _fill_pairs(everything.hashes, everything.offsets, members, family, best, room)
    )
    return _truth(pairs, best, everything)


def all_pairs_truth(texts: pa.Array) -> Truth:
    """Compare all pairs of documents that can have a similarity >= 0.5, by prefix filtering.

    Of two such sets, sorted from rare to frequent, the first n - ceil(n / 2) + 1 elements have one in
    common (Bayardo, Ma and Srikant 2007): whoever shares none need not be compared.
    """
    everything = shingle_sets(texts)
    lengths = np.diff(everything.offsets)
    _, rank, counts = np.unique(everything.hashes, return_inverse=True, return_counts=True)
    rarity = np.argsort(np.argsort(counts, kind="stable"), kind="stable")[rank]
    owner = np.repeat(np.arange(len(lengths)), lengths)
    order = np.lexsort((rarity, owner))
    position = np.arange(len(order)) - everything.offsets[:-1][owner[order]]
    prefix = lengths - np.ceil(REPORTED * lengths).astype(np.int64) + 1
    used = position < prefix[owner[order]]
    element, document = rarity[order][used], owner[order][used]
    posting = np.argsort(element, kind="stable")
    starts = np.append(0, np.cumsum(np.bincount(element, minlength=len(counts))))
    mine = np.append(0, np.cumsum(np.minimum(prefix, lengths)))
    best = np.zeros(len(lengths))
    pairs = _grown(
        lambda room: _fill_similar(
            everything.hashes,
            everything.offsets,
            element,
            mine,
            document[posting],
            starts,
            best,
            room,
        )
    )
    return _truth(pairs, best, everything)


def shingle_sets(texts: pa.Array) -> Shingles:
    """The set of shingles of each text, as the default preset has them."""
    hashes, lengths = [], []
    for start in range(0, len(texts), 5000):
        tokens = tokenise(texts.slice(start, 5000))
        sets = distinct_sorted(
            word_shingles(
                tokens.token_hash, tokens.token_offsets, tokens.token_unspaced,
                spaced_length=5, unspaced_length=8,
            )
        )  # fmt: skip
        hashes.append(sets.hashes)
        lengths.append(np.diff(sets.offsets))
    offsets = np.append(0, np.cumsum(np.concatenate(lengths)))
    return Shingles(np.concatenate(hashes), offsets)


def score(
    truth: Truth, removed: npt.NDArray[np.int64], keeper: npt.NDArray[np.int64], threshold: float
) -> dict[str, float]:
    """``score_removed``, and what the named keepers are worth.

    ``below_threshold``: removed documents less similar than the threshold to the keeper named.
    ``keeper_removed``: keepers that are gone.
    """
    result = score_removed(truth, removed, threshold)
    result["keeper_removed"] = len(np.intersect1d(removed, keeper))
    to_keeper = _pair_similarity(truth.sets.hashes, truth.sets.offsets, removed, keeper)
    result["below_threshold"] = int((to_keeper < threshold).sum())
    result["lowest_to_keeper"] = round(float(to_keeper.min(initial=1.0)), 4)
    return result


def score_removed(
    truth: Truth, removed: npt.NDArray[np.int64], threshold: float
) -> dict[str, float]:
    """Recall over pairs, and removals that were wrong.

    A pair is caught when not both of its documents are kept. ``no_partner_0.x``: removed documents
    to which no other document of the corpus is as similar.
    """
    kept = np.ones(len(truth.best), bool)
    kept[removed] = False
    caught = ~(kept[truth.first] & kept[truth.second])
    similar = truth.similarity >= threshold
    border = similar & (truth.similarity < threshold + 0.05)
    return {
        "pairs": int(similar.sum()),
        "recall": round(float(caught[similar].mean()), 5),
        "recall_border": round(float(caught[border].mean()), 5) if border.any() else 1.0,
        "removed": len(removed),
        "no_partner_0.7": int((truth.best[removed] < 0.7).sum()),
        "no_partner_0.6": int((truth.best[removed] < 0.6).sum()),
    }


def _truth(pairs: npt.NDArray[np.float64], best: npt.NDArray[np.float64], sets: Shingles) -> Truth:
    first, second = pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64)
    return Truth(first, second, pairs[:, 2], best, sets)


def _grown(fill: Callable[[npt.NDArray[np.float64]], int]) -> npt.NDArray[np.float64]:
    """What ``fill`` writes, with as much room as it needs."""
    capacity = 1 << 16
    while True:
        room = np.empty((capacity, 3))
        count = fill(room)
        if count < capacity:
            return room[:count]
        capacity *= 4


@kernel
def _jaccard(
    hashes: npt.NDArray[np.uint32], offsets: npt.NDArray[np.int64], one: int, other: int
) -> float:
    left, left_stop = offsets[one], offsets[one + 1]
    right, right_stop = offsets[other], offsets[other + 1]
    total = left_stop - left + right_stop - right
    common = 0
    while left < left_stop and right < right_stop:
        a = hashes[left]
        b = hashes[right]
        common += a == b
        left += a <= b
        right += b <= a
    return common / (total - common) if total > 0 else 0.0


@kernel
def _pair_similarity(
    hashes: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    result = np.empty(len(first))
    for pair in range(len(first)):
        result[pair] = _jaccard(hashes, offsets, first[pair], second[pair])
    return result


@kernel
def _fill_pairs(
    hashes: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    members: npt.NDArray[np.int64],
    family: npt.NDArray[np.int64],
    best: npt.NDArray[np.float64],
    pairs: npt.NDArray[np.float64],
) -> int:
    count = 0
    for place in range(len(members)):
        one = members[place]
        for later in range(place + 1, len(members)):
            other = members[later]
            if family[other] != family[one]:
                break
            similarity = _jaccard(hashes, offsets, one, other)
            best[one] = max(best[one], similarity)
            best[other] = max(best[other], similarity)
            if similarity >= REPORTED and count < len(pairs):
                pairs[count, 0] = one
                pairs[count, 1] = other
                pairs[count, 2] = similarity
                count += 1
    return count


@kernel
def _fill_similar(
    hashes: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    element: npt.NDArray[np.int64],
    mine: npt.NDArray[np.int64],
    posted: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    best: npt.NDArray[np.float64],
    pairs: npt.NDArray[np.float64],
) -> int:
    count = 0
    compared = np.full(len(offsets) - 1, -1, np.int64)
    for one in range(len(offsets) - 1):
        length = offsets[one + 1] - offsets[one]
        for index in range(mine[one], mine[one + 1]):
            rare = element[index]
            for place in range(starts[rare], starts[rare + 1]):
                other = posted[place]
                if other >= one:
                    break
                size = offsets[other + 1] - offsets[other]
                if compared[other] == one or 2 * min(length, size) < max(length, size):
                    continue
                compared[other] = one
                similarity = _jaccard(hashes, offsets, one, other)
                if similarity >= REPORTED:
                    best[one] = max(best[one], similarity)
                    best[other] = max(best[other], similarity)
                    if count < len(pairs):
                        pairs[count, 0] = one
                        pairs[count, 1] = other
                        pairs[count, 2] = similarity
                        count += 1
    return count

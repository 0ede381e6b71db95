"""Exact Jaccard similarity of all pairs inside planted families, and how a removal list does on them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.compiled import kernel
from udfs.set_similarity import distinct_sorted
from udfs.shingle_hashes import Shingles, word_shingles
from udfs.text_kernel import tokenise

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
    everything = Shingles(np.concatenate(hashes), offsets)
    members = np.argsort(family, kind="stable")
    members = members[family[members] >= 0]
    best = np.zeros(len(family))
    pairs = _family_pairs(everything.hashes, offsets, members, family, best)
    return Truth(
        pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64), pairs[:, 2], best, everything
    )


def score(
    truth: Truth, removed: npt.NDArray[np.int64], keeper: npt.NDArray[np.int64], threshold: float
) -> dict[str, float]:
    """Recall over pairs, and removals that were wrong.

    A pair is caught when not both of its documents are kept. ``no_partner_0.x``: removed documents
    to which no other document of the corpus is as similar. ``below_threshold``: removed documents
    less similar than the threshold to the keeper named. ``keeper_removed``: keepers that are gone.
    """
    kept = np.ones(len(truth.best), bool)
    kept[removed] = False
    caught = ~(kept[truth.first] & kept[truth.second])
    similar = truth.similarity >= threshold
    border = similar & (truth.similarity < threshold + 0.05)
    result = {
        "pairs": int(similar.sum()),
        "recall": round(float(caught[similar].mean()), 5),
        "recall_border": round(float(caught[border].mean()), 5),
        "removed": len(removed),
        "no_partner_0.7": int((truth.best[removed] < 0.7).sum()),
        "no_partner_0.6": int((truth.best[removed] < 0.6).sum()),
        "keeper_removed": int((~kept[keeper]).sum()),
    }
    to_keeper = _pair_similarity(truth.sets.hashes, truth.sets.offsets, removed, keeper)
    result["below_threshold"] = int((to_keeper < threshold).sum())
    result["lowest_to_keeper"] = round(float(to_keeper.min(initial=1.0)), 4)
    return result


def _family_pairs(
    hashes: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    members: npt.NDArray[np.int64],
    family: npt.NDArray[np.int64],
    best: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    capacity = 1 << 16
    while True:
        pairs = np.empty((capacity, 3))
        count = _fill_pairs(hashes, offsets, members, family, best, pairs)
        if count < capacity:
            return pairs[:count]
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

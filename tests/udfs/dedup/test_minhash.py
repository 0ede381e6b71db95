"""MinHash against datasketch as the oracle, and against the S-curve of its banding."""

from __future__ import annotations

import datasketch
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.dedup.minhash import BLOCK, band_keys, permutations, signatures, sketches
from udfs.dedup.shingles import Shingles
from udfs.dedup.similarity import compare_sketches, estimated_similarity


def shingles_of(*sets: list[int]) -> Shingles:
    offsets = np.cumsum([0, *map(len, sets)]).astype(np.int64)
    return Shingles(np.array([h for s in sets for h in s], np.uint32), offsets)


def oracle(hashes: list[int], count: int, seed: int) -> np.ndarray:
    sketch = datasketch.MinHash(count, seed=seed, scheme="affine32", hashfunc=int)
    sketch.update_batch(hashes)
    return np.asarray(sketch.hashvalues)


@pytest.mark.parametrize("size", [0, 1, 4, 5, 10, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
@pytest.mark.parametrize(("count", "seed"), [(140, 1), (6, 1), (112, 42)])
def test_signatures_equal_datasketch(size: int, count: int, seed: int) -> None:
    hashes = np.random.default_rng(size).integers(0, 2**32, size, dtype=np.uint32)
    other = [0, 2**32 - 1, 2**31]
    found = signatures(shingles_of(hashes.tolist(), other), permutations(count, seed))
    assert found.dtype == np.uint32
    assert np.array_equal(found[0], oracle(hashes.tolist(), count, seed))
    assert np.array_equal(found[1], oracle(other, count, seed))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(0, 2**32 - 1), max_size=40), max_size=5))
def test_signatures_equal_datasketch_for_any_batch(sets: list[list[int]]) -> None:
    found = signatures(shingles_of(*sets), permutations(16))
    for row, hashes in enumerate(sets):
        assert np.array_equal(found[row], oracle(hashes, 16, 1))


def test_order_and_repeats_do_not_matter() -> None:
    found = signatures(shingles_of([5, 9, 7], [7, 5, 9, 9, 5]), permutations(64))
    assert np.array_equal(found[0], found[1])


def pair_signatures(
    similarity: float, union: int, pairs: int, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Signatures of pairs of random sets with exactly this Jaccard similarity."""
    random = np.random.default_rng(round(similarity * 1000))
    common = round(similarity * union)
    first, second = [], []
    for _ in range(pairs):
        hashes = random.integers(0, 2**32, union, dtype=np.uint32).tolist()
        middle = common + (union - common) // 2
        first.append(hashes[:middle])
        second.append(hashes[:common] + hashes[middle:])
    drawn = permutations(count)
    return signatures(shingles_of(*first), drawn), signatures(shingles_of(*second), drawn)


@pytest.mark.parametrize("similarity", [0.3, 0.5, 0.6, 0.7, 0.8, 0.9])
@pytest.mark.parametrize(
    ("bands", "rows"),
    [(20, 7), (32, 8), (14, 8), (14, 9), (9, 13), (26, 11), (20, 13), (450, 20), (1, 6)],
)
def test_pairs_meet_as_often_as_the_s_curve_says(similarity: float, bands: int, rows: int) -> None:
    pairs = 1500 if bands * rows < 1000 else 300
    one, other = pair_signatures(similarity, 100, pairs, bands * rows)
    meet = (band_keys(one, bands, rows) == band_keys(other, bands, rows)).any(axis=1)
    expected = 1 - (1 - similarity**rows) ** bands
    error = np.sqrt(max(expected * (1 - expected), 1e-4) / pairs)
    assert (
        abs(meet.mean() - expected) < 4 * error + 0.005
    )  # 0.005: affine32 is only nearly min-wise


@pytest.mark.parametrize("union", [10, 40, 200, 1000])
def test_the_sketch_estimate_has_no_bias_and_binomial_variance(union: int) -> None:
    pairs = 800
    one, other = pair_signatures(0.7, union, pairs, 140)
    equal = compare_sketches(sketches(one), sketches(other))
    estimate = estimated_similarity(equal, 140)
    binomial = np.sqrt(0.7 * 0.3 / 140)
    assert abs(estimate.mean() - 0.7) < 4 * binomial / np.sqrt(pairs) + 0.003
    assert 0.85 < estimate.std() / binomial < 1.15


def test_band_keys_carry_their_band() -> None:
    values = np.full((1, 14), 7, np.uint32)  # equal values in both bands
    keys = band_keys(values, 2, 7)
    assert keys[0, 0] != keys[0, 1]


def test_narrow_keys_use_the_bits_they_may() -> None:
    values = np.random.default_rng(0).integers(0, 2**32, (500, 140), dtype=np.uint32)
    keys = band_keys(values, 20, 7, key_bits=12)
    assert keys.min() >= 0
    assert 3000 < len(np.unique(keys)) <= 4096


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: permutations(0), "0 permutations"),
        (lambda: band_keys(np.zeros((1, 10), np.uint32), 2, 6), "need 12 permutations"),
        (lambda: band_keys(np.zeros((1, 10), np.uint32), 0, 6), "0 bands"),
        (lambda: band_keys(np.zeros((1, 10), np.uint32), 1, 6, 65), "65 bits"),
    ],
)
def test_impossible_parameters_are_named(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]

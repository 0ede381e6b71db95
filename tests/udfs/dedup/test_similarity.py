"""Similarity of sets: exact against Python's sets, limits of the estimate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.dedup.shingles import Shingles
from udfs.dedup.similarity import (
    compare_sketches,
    distinct_sorted,
    estimated_similarity,
    exact_similarity,
    least_equal_bytes,
)

SETS = st.lists(st.lists(st.integers(0, 30), max_size=25), min_size=1, max_size=6)


def shingles_of(sets: list[list[int]]) -> Shingles:
    offsets = np.cumsum([0, *map(len, sets)]).astype(np.int64)
    return Shingles(np.array([h for s in sets for h in s], np.uint32), offsets)


@settings(max_examples=60, deadline=None)
@given(SETS)
def test_exact_similarity_equals_python_sets(sets: list[list[int]]) -> None:
    found = distinct_sorted(shingles_of(sets))
    for row, numbers in enumerate(sets):
        part = found.hashes[found.offsets[row] : found.offsets[row + 1]]
        assert part.tolist() == sorted(set(numbers))
    pairs = [(i, j) for i in range(len(sets)) for j in range(len(sets))]
    first, second = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    expected = [
        len(set(sets[i]) & set(sets[j])) / len(set(sets[i]) | set(sets[j]))
        if sets[i] or sets[j]
        else 0.0
        for i, j in pairs
    ]
    assert exact_similarity(found, first, second).tolist() == expected


def test_the_input_is_left_alone() -> None:
    given_sets = shingles_of([[3, 1, 3], [2]])
    distinct_sorted(given_sets)
    assert given_sets.hashes.tolist() == [3, 1, 3, 2]


def test_sketches_are_compared_place_by_place() -> None:
    one = np.array([[1, 2, 3], [0, 0, 0]], np.uint8)
    other = np.array([[1, 9, 3], [1, 1, 1]], np.uint8)
    assert compare_sketches(one, other).tolist() == [2, 0]


@pytest.mark.parametrize("places", [6, 112, 140, 256])
@pytest.mark.parametrize("similarity", [0.0, 0.3, 0.6, 0.7, 0.855, 1.0])
def test_least_equal_bytes_is_the_first_that_reaches_the_estimate(
    places: int, similarity: float
) -> None:
    estimates = estimated_similarity(np.arange(places + 1), places)
    least = least_equal_bytes(similarity, places)
    assert estimates[least] >= similarity - 1e-9
    assert least == 0 or similarity == 0 or estimates[least - 1] < similarity


def test_a_similarity_above_one_is_never_reached() -> None:
    assert least_equal_bytes(1.1, 140) > 140


def test_accidental_matches_are_taken_out() -> None:
    random = np.random.default_rng(3)
    one, other = random.integers(0, 256, (2, 400, 140), dtype=np.uint8)
    estimate = estimated_similarity(compare_sketches(one, other), 140)
    assert estimate.mean() < 0.004

"""The curves of a banding, against published values, brute force and limits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.dedup.banding import (
    Banding,
    accepting_probability,
    accidental_meetings,
    bandings_with_recall,
    expected_recall,
    meeting_probability,
    middle,
)
from udfs.dedup.similarity import ACCIDENTAL_MATCH

bandings = st.builds(Banding, st.integers(1, 60), st.integers(1, 20))


@pytest.mark.parametrize(
    ("bands", "rows", "similarity", "probability"),
    [
        # "Mining of Massive Datasets", 3.4.2, the table for 20 bands of 5 rows
        (20, 5, 0.2, 0.006), (20, 5, 0.4, 0.186), (20, 5, 0.6, 0.802), (20, 5, 0.8, 0.9996),
        # datatrove's own remark on its default: 14 buckets of 8
        (14, 8, 0.7, 0.565), (14, 8, 0.75, 0.772), (14, 8, 0.8, 0.924),
        (1, 6, 0.7, 0.7**6),
    ],
)  # fmt: skip
def test_published_values(bands: int, rows: int, similarity: float, probability: float) -> None:
    found = meeting_probability(similarity, Banding(bands, rows))
    assert found == pytest.approx(probability, abs=6e-4)


def test_tiny_probabilities_keep_their_digits() -> None:
    found = float(meeting_probability(1e-3, Banding(20, 7)))
    assert found == pytest.approx(20e-21, rel=1e-9)
    assert accidental_meetings(Banding(20, 7), 1e9, 1e-3) == pytest.approx(20e-12, rel=1e-9)


@given(bandings)
@settings(max_examples=50, deadline=None)
def test_a_curve_rises_from_nothing_to_certainty(banding: Banding) -> None:
    curve = meeting_probability(np.linspace(0, 1, 101), banding)
    assert (curve[0], curve[-1]) == (0.0, 1.0)
    assert (np.diff(curve) >= 0).all()
    assert float(meeting_probability(middle(banding), banding)) == pytest.approx(0.5)


@given(bandings, st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_accepting_everything_is_meeting_and_asking_more_never_finds_more(
    banding: Banding, similarity: float
) -> None:
    places = banding.permutations
    levels = [0, places // 2, places, places + 1]
    found = [float(accepting_probability(similarity, banding, level)) for level in levels]
    assert found[0] == pytest.approx(float(meeting_probability(similarity, banding)), abs=1e-9)
    assert (np.diff(found) <= 1e-12).all()
    assert found[-1] == 0.0


def test_acceptance_equals_the_sum_over_all_outcomes() -> None:
    """Each of four values is equal, different but equal in its low byte, or different."""
    banding, similarity = Banding(2, 2), 0.6
    chances = {
        "equal": similarity,
        "byte": 0.4 * ACCIDENTAL_MATCH,
        "no": 0.4 * (1 - ACCIDENTAL_MATCH),
    }
    for least in range(5):
        total = 0.0
        for outcome in itertools.product(chances, repeat=4):
            meets = outcome[:2] == ("equal", "equal") or outcome[2:] == ("equal", "equal")
            if meets and sum(value != "no" for value in outcome) >= least:
                total += float(np.prod([chances[value] for value in outcome]))
        assert float(accepting_probability(similarity, banding, least)) == pytest.approx(total)


def test_expected_recall_is_the_mean_of_the_curve() -> None:
    # The integral of s**2 from 0.5 to 1, over a half
    assert expected_recall(Banding(1, 2), 0.5) == pytest.approx((1 - 0.125) / 3 / 0.5, abs=1e-5)


@given(st.floats(0.3, 0.9), st.floats(0.5, 0.999), st.floats(2, 1e12))
@settings(max_examples=15, deadline=None)
def test_bandings_with_recall_reach_it_with_the_fewest_bands_and_few_strangers(
    threshold: float, recall: float, documents: float
) -> None:
    for banding in itertools.islice(bandings_with_recall(threshold, recall, documents, 0.03), 4):
        assert expected_recall(banding, threshold) >= recall
        assert accidental_meetings(banding, documents, 0.03) <= 1
        if banding.bands > 1:
            fewer = Banding(banding.bands - 1, banding.rows)
            assert expected_recall(fewer, threshold) < recall

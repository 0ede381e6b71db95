"""Confidence intervals of shares, against published values and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.report.proportions import wilson_interval


@pytest.mark.parametrize(
    ("found", "looked_at", "low", "high"),
    [
        # Newcombe 1998, table I, method 3 (score without continuity correction)
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718),
        (0, 0, 0.0, 1.0),
    ],
)  # fmt: skip
def test_published_intervals(found: int, looked_at: int, low: float, high: float) -> None:
    assert wilson_interval(found, looked_at) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_share_lies_inside_and_bounds_are_shares(sample: tuple[int, int]) -> None:
    found, looked_at = sample
    low, high = wilson_interval(found, looked_at)
    assert 0 <= low <= found / looked_at <= high <= 1
    assert low < high


@pytest.mark.parametrize("truth", [0.01, 0.5, 0.98])
def test_the_interval_holds_the_truth_19_times_in_20(truth: float) -> None:
    drawn = np.random.default_rng(3).binomial(200, truth, 4000)
    intervals = {found: wilson_interval(int(found), 200) for found in set(drawn.tolist())}
    held = np.mean([intervals[found].low <= truth <= intervals[found].high for found in drawn])
    assert 0.93 < held < 0.98


def test_more_found_than_looked_at_is_refused() -> None:
    with pytest.raises(ValueError, match="3 found of 2 looked at"):
        wilson_interval(3, 2)

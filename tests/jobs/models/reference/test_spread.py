"""Means over seeds and their intervals, against numbers from a table of Student's t."""

import math

import pytest

from jobs.models.reference.spread import difference, spread


def test_spread_is_that_of_a_sample() -> None:
    assert spread([1.0, 3.0]) == pytest.approx(math.sqrt(2))


# t of 97.5 %: 12.706 with one degree of freedom, 4.303 with two.
@pytest.mark.parametrize(
    ("values", "others", "mean", "reach", "told"),
    [
        ([1.0, 1.2], [0.0, 0.0], 1.1, 12.706 * 0.1, False),
        ([2.0, 2.2, 2.1], [1.0, 1.1, 1.2], 1.0, 4.303 * 0.1 / math.sqrt(3), True),
        ([1.0, 1.1, 0.9], [3.0, 3.0, 3.0], -2.0, 4.303 * 0.1 / math.sqrt(3), True),
    ],
)
def test_differences(
    values: list[float], others: list[float], mean: float, reach: float, told: bool
) -> None:
    found = difference(values, others)
    assert found.mean == pytest.approx(mean)
    assert found.high - found.mean == pytest.approx(reach, rel=1e-3)
    assert found.mean - found.low == pytest.approx(reach, rel=1e-3)
    assert found.is_told is told
    assert found.seeds == len(values)


def test_what_seeds_share_is_no_uncertainty() -> None:
    found = difference([1.0, 5.0, 9.0], [0.9, 4.9, 8.9])
    assert found.is_told
    assert found.low == pytest.approx(0.1)


@pytest.mark.parametrize("by", [0.0, 1.0])
def test_counts_that_differ_by_the_same_in_all_seeds_have_no_interval(by: float) -> None:
    found = difference([2.0 + by, 3.0 + by], [2.0, 3.0])
    assert found.low == found.mean == found.high == by
    assert not found.is_told

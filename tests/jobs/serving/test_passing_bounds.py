"""A bound that is said to let a document stay does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.serving.passing_bounds import passing_bound


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["min", "max"]))
def test_the_value_lies_inside_the_bound_that_is_named(value: float, side: str) -> None:
    bound = float(passing_bound("rule", value, side).rpartition(" ")[2])
    assert bound <= value if side == "min" else bound >= value


@pytest.mark.parametrize(
    ("value", "side", "said"),
    [
        (15.0, "min", "r.min were 15"),
        (0.05000000074505806, "min", "r.min were 0.05"),
        (0.05000000074505806, "max", "r.max were 0.05001"),
        (0.2307692307692, "max", "r.max were 0.2308"),
        (-1.23456, "min", "r.min were -1.235"),
    ],
)
def test_it_is_said_in_few_digits(value: float, side: str, said: str) -> None:
    assert passing_bound("r", value, side) == said

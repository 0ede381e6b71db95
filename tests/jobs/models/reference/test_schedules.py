"""The learning rate: rises, then falls as its schedule says, and never leaves its bounds."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.models.reference.schedules import learning_rate
from jobs.models.reference.settings import SCHEDULES, ModelShape, TrainingSettings

SETTINGS = TrainingSettings(
    ModelShape(64, 4, 4), steps=100, batch_rows=1, learning_rate=1.0, warmup=0.1, annealing=0.2
)


@pytest.mark.parametrize(
    ("schedule", "step", "rate"),
    [
        ("cosine", 0, 0.1), ("cosine", 9, 1.0), ("cosine", 10, 1.0), ("cosine", 55, 0.55),
        ("cosine", 99, 0.10027), ("wsd", 0, 0.1), ("wsd", 10, 1.0), ("wsd", 80, 1.0),
        ("wsd", 90, 0.5), ("wsd", 99, 0.05),
    ],
)  # fmt: skip
def test_rates(schedule: str, step: int, rate: float) -> None:
    assert learning_rate(step, replace(SETTINGS, schedule=schedule)) == pytest.approx(
        rate, abs=1e-4
    )


@given(st.sampled_from(SCHEDULES), st.integers(1, 500), st.floats(0, 1), st.floats(0, 1), st.data())
def test_rates_are_above_nothing_and_at_most_the_highest(
    schedule: str, steps: int, warmup: float, annealing: float, data: st.DataObject
) -> None:
    settings = replace(SETTINGS, schedule=schedule, steps=steps, warmup=warmup, annealing=annealing)
    assert 0 < learning_rate(data.draw(st.integers(0, steps - 1)), settings) <= 1.0

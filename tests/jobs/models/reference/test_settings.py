"""Shapes as published, faults in one message."""

import math

import pytest

from jobs.models.reference.settings import SIZES, ModelShape, TrainingSettings

SHAPE = ModelShape(64, 4, 4)


# llama2.c's README gives 15 M and 110 M with Llama 2's vocabulary of 32,000.
@pytest.mark.parametrize(
    ("size", "hidden", "millions"), [("small", 768, 15.2), ("110m", 2048, 109.5)]
)
def test_the_storys_shapes(size: str, hidden: int, millions: float) -> None:
    shape = SIZES[size].shape
    assert shape.hidden == hidden
    assert shape.parameters(32_000) / 1e6 == pytest.approx(millions, abs=0.05)


def test_flops_are_six_a_weight_and_twelve_a_key() -> None:
    assert SHAPE.flops_a_token(512, 0) == 6 * SHAPE.parameters(512)
    assert SHAPE.flops_a_token(512, 256) - SHAPE.flops_a_token(512, 0) == 12 * 4 * 64 * 256


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ValueError, match="steps is 0") as told:
        TrainingSettings(
            SHAPE, steps=0, batch_rows=0, learning_rate=0.0, schedule="linear", mask="none",
            bias=math.nan, warmup=2.0, seed=-1,
        )  # fmt: skip
    for words in (
        "batch rows is 0",
        "learning rate is 0.0",
        "'linear'",
        "'none'",
        "bias is nan",
        "warmup",
        "seed",
    ):
        assert words in str(told.value)

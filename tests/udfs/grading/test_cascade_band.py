from __future__ import annotations

import numpy as np
import pytest

from udfs.grading.cascade_band import EMPTY_BAND, MOST_F1_LOST, WIDEST, Band, choose_band
from udfs.learning.evaluation import cut_quality


def noisy(seed: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.uniform(0, 5, 2000).round()
    return labels, np.clip(labels + generator.normal(0, spread, 2000), 0, 5)


def test_the_band_is_narrow_and_loses_no_more_than_it_may() -> None:
    labels, linear = noisy(1, 0.8)
    encoder = np.clip(labels + np.random.default_rng(2).normal(0, 0.2, 2000), 0, 5)
    band = choose_band(linear, encoder, labels, 2.0)
    doubtful = band.doubtful(linear)
    assert band.low < 1.5 < band.high
    assert 0.02 < doubtful.mean() < 0.5
    mixed = np.where(doubtful, encoder, linear)
    best = cut_quality(encoder, labels, 2.0).f1
    assert cut_quality(linear, labels, 2.0).f1 < best - MOST_F1_LOST
    assert cut_quality(mixed, labels, 2.0).f1 >= best - MOST_F1_LOST


def test_an_encoder_that_adds_nothing_is_never_asked() -> None:
    labels, linear = noisy(3, 0.1)
    _, encoder = noisy(3, 2.0)
    assert choose_band(linear, encoder, labels, 2.0) == EMPTY_BAND
    assert not EMPTY_BAND.doubtful(np.linspace(0, 5, 50)).any()


def test_without_encoder_grades_the_linear_ones_stay() -> None:
    labels, linear = noisy(4, 1.0)
    assert choose_band(linear, np.full(2000, np.nan), labels, 2.0) == EMPTY_BAND


def test_a_useless_linear_model_sends_all_it_may() -> None:
    labels, encoder = noisy(5, 0.1)
    linear = np.random.default_rng(6).uniform(0, 5, 2000)
    assert choose_band(linear, encoder, labels, 2.0) == (1.5 - WIDEST, 1.5 + WIDEST)


@pytest.mark.parametrize(
    ("grade", "inside"), [(0.9, False), (1.0, True), (2.0, True), (np.nan, False)]
)
def test_edges_belong_to_the_band(grade: float, inside: bool) -> None:
    assert Band(1.0, 2.0).doubtful(np.array([grade]))[0] == inside

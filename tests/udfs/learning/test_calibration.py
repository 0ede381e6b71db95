from __future__ import annotations

import numpy as np
import pytest

from udfs.learning.calibration import fit_linear_calibration, fit_logistic_calibration


def test_linear_calibration_is_least_squares_and_never_falls() -> None:
    raw = np.array([0.0, 1.0, 2.0])
    assert fit_linear_calibration(raw, 2 * raw + 1) == pytest.approx((2.0, 1.0))
    assert fit_linear_calibration(raw, -raw) == (1.0, 0.0)
    assert fit_linear_calibration(np.ones(3), raw) == (1.0, 0.0)


def test_logistic_calibration_recovers_a_known_curve() -> None:
    generator = np.random.default_rng(2)
    raw = generator.normal(0, 3, 20_000)
    targets = (generator.random(20_000) < 1 / (1 + np.exp(-(0.5 * raw - 1)))).astype(float)
    assert fit_logistic_calibration(raw, targets) == pytest.approx((0.5, -1.0), abs=0.06)


def test_logistic_calibration_stays_finite_on_separated_documents() -> None:
    slope, intercept = fit_logistic_calibration(
        np.array([-2.0, -1.0, 1.0, 2.0]), np.array([0.0, 0.0, 1.0, 1.0])
    )
    assert 1.0 < slope < 10.0
    assert abs(intercept) < 1e-6

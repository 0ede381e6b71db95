"""Raw scores brought onto the scale of the labels by a line that never falls."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

NEWTON_STEPS: Final = 25


def fit_linear_calibration(
    raw: npt.NDArray[np.float64], labels: npt.NDArray[np.float64]
) -> tuple[float, float]:
    """Least squares of labels on raw scores; (1, 0) when they do not rise together."""
    spread = raw - raw.mean()
    slope = float(spread @ labels) / max(float(spread @ spread), 1e-12)
    if slope <= 0.0:
        return 1.0, 0.0
    return slope, float(labels.mean() - slope * raw.mean())


def fit_logistic_calibration(
    raw: npt.NDArray[np.float64], targets: npt.NDArray[np.float64]
) -> tuple[float, float]:
    """Platt scaling by Newton's method, with a prior of one document at slope 1 and intercept 0.

    The prior keeps the slope finite where the held-out documents are perfectly separated.
    """
    prior = np.array([1.0, 0.0])
    parameters = prior.copy()
    design = np.stack([raw, np.ones_like(raw)], axis=1)

    def loss(candidate: npt.NDArray[np.float64]) -> float:
        margin = design @ candidate
        fit = np.logaddexp(0.0, margin) - targets * margin
        return float(fit.sum() + 0.5 * ((candidate - prior) ** 2).sum())

    for _ in range(NEWTON_STEPS):
        predicted = 0.5 * (1.0 + np.tanh(0.5 * (design @ parameters)))
        gradient = design.T @ (predicted - targets) + (parameters - prior)
        curvature = (design * (predicted * (1.0 - predicted))[:, None]).T @ design + np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        while loss(parameters - step) > loss(parameters) and np.abs(step).max() > 1e-9:
            step = 0.5 * step  # a full step overshoots where most margins are saturated
        parameters = parameters - step
    slope, intercept = float(parameters[0]), float(parameters[1])
    if not np.isfinite(slope) or not np.isfinite(intercept) or slope <= 0.0:
        return 1.0, 0.0
    return slope, intercept

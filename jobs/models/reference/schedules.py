"""The learning rate of each step."""

from __future__ import annotations

import math
from typing import Final

from jobs.models.reference.settings import TrainingSettings

COSINE_FLOOR: Final = 0.1
"""Share of the highest rate at which the cosine ends (Hoffmann et al., arXiv 2203.15556)."""


def learning_rate(step: int, settings: TrainingSettings) -> float:
    """Return the rate of a step.

    Args:
        step: 0 to ``settings.steps - 1``.
        settings: Rises over ``warmup``, then falls by ``schedule``: the cosine to a tenth, warm-up,
            stable, decay (MiniCPM, arXiv 2404.06395) linearly to nothing over the last ``annealing``.
    """
    warm = round(settings.warmup * settings.steps)
    if step < warm:
        return settings.learning_rate * (step + 1) / warm
    if settings.schedule == "cosine":
        part = (step - warm) / max(1, settings.steps - warm)
        share = COSINE_FLOOR + (1 - COSINE_FLOOR) * (1 + math.cos(math.pi * part)) / 2
        return settings.learning_rate * share
    annealed = max(1, round(settings.annealing * settings.steps))
    return settings.learning_rate * min(1.0, (settings.steps - step) / annealed)

"""What a person says about a published model, and what follows from it for any kind of model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from jobs.runtime.errors import InputError
from udfs.grading.grader import HIGHEST_GRADE, LOWEST_GRADE

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FetchChoice:
    """What the person may say about a model.

    Attributes:
        classes: Names of its classes from worst to best; empty: by the numbers in their names.
        languages: ISO 639-1 codes; empty: those of its card.
        window_tokens: That are read at once; None: what it can read, at most ``MOST_POSITIONS``.
        scores: Texts with the grades that the model is known to give them.
        tolerance: Largest difference to ``scores``.
        int8: Whether weights are kept, and multiplied, as 8-bit integers; what that loses is measured on
            ``scores``.
    """

    classes: Sequence[str] = ()
    languages: Sequence[str] = ()
    window_tokens: int | None = None
    scores: Sequence[tuple[str, float]] = ()
    tolerance: float = 0.02
    int8: bool = False


def compare_scores(
    grades: Floats, scores: Sequence[tuple[str, float]], tolerance: float
) -> dict[str, Any]:
    """Compare grades with known ones, which are cut to 0..5 first.

    Raises:
        InputError: One differs by more than ``tolerance``.
    """
    wanted = np.clip([score for _, score in scores], LOWEST_GRADE, HIGHEST_GRADE)
    differences = np.abs(grades - wanted)
    wrong = np.flatnonzero(~(differences <= tolerance))  # NaN is not near enough
    if len(wrong):
        at = wrong[0]
        raise InputError(
            f"--expected: text {at + 1} is graded {grades[at]:.4f}, wanted {wanted[at]:.4f}, and may differ"
            f" by {tolerance:g} (--tolerance): scores of another model, another scale than 0 to 5, or a model"
            " that this version converts wrongly"
        )
    return {"texts": len(scores), "largest_difference": round(float(differences.max()), 9)}


def class_grades(
    origin: str, names: Sequence[str], worst_to_best: Sequence[str]
) -> dict[str, float]:
    """Grade every class: from worst to best 0 to 5 in equal steps.

    Args:
        origin: Whose classes they are, for messages.
        names: Of all classes.
        worst_to_best: The same in the order of their worth; empty: by the one number in each name.

    Raises:
        ValueError: If the order is not known, or is not of these classes.
    """
    order = list(worst_to_best)
    if not order:
        numbers = [re.findall(r"\d+", name) for name in names]
        if any(len(found) != 1 for found in numbers) or len({int(n) for (n,) in numbers}) != len(
            names
        ):
            raise ValueError(
                f"{origin}: which of the classes {', '.join(names)} is worth more is not told by their names:"
                f" give --classes {','.join(names)} from worst to best"
            )
        order = [
            name
            for _, name in sorted((int(n), name) for (n,), name in zip(numbers, names, strict=True))
        ]
    if sorted(order) != sorted(names):
        raise ValueError(
            f"--classes {','.join(order)} are not the classes of {origin}, which are {', '.join(names)}: name"
            " each once, from worst to best"
        )
    return {name: HIGHEST_GRADE * place / (len(names) - 1) for place, name in enumerate(order)}

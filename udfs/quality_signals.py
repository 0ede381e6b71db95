"""The grade of a text from 0 (worthless for learning) to 5 (excellent), by a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from udfs.linear_model import LinearModel, load_model
from udfs.signal_fields import SignalField

LOWEST_GRADE: Final = 0.0
HIGHEST_GRADE: Final = 5.0

QUALITY_FIELDS: Final = (
    SignalField(
        "grade", pa.float32(), "grade", "0 to 5",
        "Educational value by the trained grader; null where the text has no word.",
        "FineWeb-Edu (Penedo et al. 2024) for the scale, the trained model for the value",
    ),
    SignalField(
        "grade_rounded", pa.int8(), "grade", "0 to 5",
        "The grade as a whole number, halves to the even neighbour; null as grade.",
        "FineWeb-Edu's int_score = round(clip(score, 0, 5))",
    ),
)  # fmt: skip
QUALITY_TYPE: Final = pa.struct([pa.field(field.name, field.type) for field in QUALITY_FIELDS])


def open_grader(folder: str) -> LinearModel:
    """Load a grader and check its scale.

    Raises:
        ValueError: If it is missing, truncated, of another version, or does not grade 0..5.
    """
    model = load_model(Path(folder))
    if (model.card.label_low, model.card.label_high) != (LOWEST_GRADE, HIGHEST_GRADE):
        raise ValueError(
            f"model {folder} scores from {model.card.label_low} to {model.card.label_high}, a"
            f" grader from {LOWEST_GRADE:g} to {HIGHEST_GRADE:g}: is it a safety model? Train a"
            " grader on labels 0 to 5"
        )
    return model


def grade(texts: pa.Array, model: LinearModel) -> pa.StructArray:
    """Grade a batch of texts.

    Args:
        texts: string or large_string; null counts as empty.
        model: Of :func:`open_grader`.

    Returns:
        ``QUALITY_TYPE``, one struct a text, never null; both fields null where the text has no
        token.
    """
    grades = model.predict(texts)
    unknown = np.isnan(grades)
    rounded = np.rint(np.where(unknown, 0.0, grades)).astype(np.int8)
    columns = [pa.array(grades, mask=unknown), pa.array(rounded, mask=unknown)]
    return pa.StructArray.from_arrays(columns, fields=list(QUALITY_TYPE))

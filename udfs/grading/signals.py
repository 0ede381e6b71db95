"""The grade of a text from 0 (worthless for learning) to 5 (excellent), by a trained model."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from udfs.columns.signal_fields import SignalField
from udfs.grading.grader import Grader

QUALITY_FIELDS: Final = (
    SignalField(
        "grade", pa.float32(), "grade", "0 to 5",
        "Educational value by the trained grader; null where the text has no word or is of a language"
        " that the grader was not trained on.",
        "FineWeb-Edu (Penedo et al. 2024) for the scale, the trained model for the value",
    ),
    SignalField(
        "grade_rounded", pa.int8(), "grade", "0 to 5",
        "The grade as a whole number, halves to the even neighbour; null as grade.",
        "FineWeb-Edu's int_score = round(clip(score, 0, 5))",
    ),
    SignalField(
        "graded_by_encoder", pa.bool_(), "truth", "true or false",
        "Whether the encoder gave the grade; false: the linear or fastText model, or none.", "corpusmill",
    ),
)  # fmt: skip
QUALITY_TYPE: Final = pa.struct([pa.field(field.name, field.type) for field in QUALITY_FIELDS])


def grade(texts: pa.Array, languages: pa.Array, grader: Grader) -> pa.StructArray:
    """Grade a batch of texts.

    Args:
        texts: string or large_string; null counts as empty.
        languages: ISO 639-1 codes, one a text.
        grader: Of :func:`udfs.grading.grader.open_grader`.

    Returns:
        ``QUALITY_TYPE``, one struct a text, never null.
    """
    grades, by_encoder = grader.grade(texts, languages)
    unknown = np.isnan(grades)
    rounded = np.rint(np.where(unknown, 0.0, grades)).astype(np.int8)
    columns = [
        pa.array(grades, mask=unknown),
        pa.array(rounded, mask=unknown),
        pa.array(by_encoder),
    ]
    return pa.StructArray.from_arrays(columns, fields=list(QUALITY_TYPE))

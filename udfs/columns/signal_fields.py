"""How a signal is declared: its name, type, unit, range, meaning and source stand beside its code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa


@dataclass(frozen=True)
class SignalField:
    """One typed value that a document gets.

    Attributes:
        name: Field name inside the annotator's struct column.
        type: Arrow type.
        unit: What one unit of the value is; "share" for a part of a whole.
        range: Possible values, as text: "0 to 1", ">= 0".
        meaning: What the value says, and when it is null.
        source: The paper, project or recipe that defined it, or "corpusmill".
    """

    name: str
    type: pa.DataType
    unit: str
    range: str
    meaning: str
    source: str


def divide(
    numerator: npt.NDArray[np.generic], denominator: npt.NDArray[np.generic]
) -> npt.NDArray[np.float64]:
    """Element-wise quotient; NaN (null in the dataset) where the denominator is 0.

    Args:
        numerator: Any numeric array.
        denominator: Of the same shape.
    """
    quotient = np.full(np.shape(denominator), np.nan)
    np.divide(numerator, denominator, out=quotient, where=np.asarray(denominator) != 0)
    return quotient

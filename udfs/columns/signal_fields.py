"""How a signal is declared: its name, type, unit, range, meaning and source stand beside its code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.lines.text_batch import TextBatch, TextPart

__all__ = ["Annotator", "Counting", "SignalField", "SignalValues", "TextBatch", "divide"]

SignalValues: TypeAlias = Mapping[str, pa.Array | npt.NDArray[np.generic]]


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


class Counting(Protocol):
    """Counters of one batch that grow part by part, so that no part need be kept."""

    def add(self, part: TextPart) -> None:
        """Count one part of the batch."""

    def values(self) -> SignalValues:
        """For each field's name one value a row; NaN or null = undefined."""


@dataclass(frozen=True)
class Annotator:
    """A group of signals that are computed together and stored as one struct column.

    Attributes:
        name: The struct column's name.
        fields: Its fields, in order.
        start: Gives empty counters for a batch.
    """

    name: str
    fields: tuple[SignalField, ...]
    start: Callable[[TextBatch], Counting]

    def compute(self, batch: TextBatch) -> SignalValues:
        """Compute the fields of a batch; NaN or null = undefined."""
        counting = self.start(batch)
        for part in batch.parts():
            counting.add(part)
        return counting.values()

    @property
    def struct_type(self) -> pa.DataType:
        """The Arrow type of the struct column."""
        return pa.struct([pa.field(field.name, field.type) for field in self.fields])


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

"""What an annotator is: a group of signals that are computed together, part by part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.signal_fields import SignalField
from udfs.lines.text_batch import TextBatch, TextPart

SignalValues: TypeAlias = Mapping[str, pa.Array | npt.NDArray[np.generic]]


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

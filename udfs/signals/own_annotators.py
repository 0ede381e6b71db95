"""Annotators of the user's own: a function of batches, its declared fields, and what its failures cost."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from udfs.columns.signal_fields import SignalField

OwnValues: TypeAlias = Mapping[str, Any]
"""For each field's name one value a row: an Arrow array, or whatever ``pyarrow.array`` takes."""
TYPES: Final = (pa.bool_(), pa.int64(), pa.float64(), pa.string())
"""What a field may hold: rules, histograms and Parquet's readers know them all."""
ERROR: Final = SignalField(
    "error",
    pa.string(),
    "text",
    "any text",
    "why the annotator gave no values for this document; null where it gave some",
    "corpusmill",
)
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_LONGEST_ERROR = 300


@dataclass(frozen=True)
class OwnAnnotator:
    """A function of the user's whose values become a struct column, and rules' signals.

    Attributes:
        fields: What it gives, in order. ``error`` is appended to them.
        function: Takes a batch as it will be written: cleaned ``text``, ``url``, ``source`` and all other
            columns of a document, and a struct column for each group of our signals. Returns one value a
            row for each field. A row's values may depend on that row alone: batches differ between runs.

    Raises:
        ValueError: There is no field, or one that cannot be stored or named by a rule.
    """

    fields: tuple[SignalField, ...]
    function: Callable[[pa.RecordBatch], OwnValues]

    def __post_init__(self) -> None:
        if not self.fields:
            raise ValueError(
                "an annotator declares at least one field: @annotator(SignalField(...))"
            )
        names = [field.name for field in self.fields]
        for field in self.fields:
            if not _NAME.fullmatch(field.name) or field.name == ERROR.name:
                raise ValueError(
                    f"field {field.name!r}: a name has a to z, 0 to 9 and _, and is not {ERROR.name}"
                )
            if field.type not in TYPES:
                raise ValueError(
                    f"field {field.name} is {field.type}, wanted {', '.join(map(str, TYPES))}"
                )
        if len(set(names)) < len(names):
            raise ValueError(f"a field is declared twice among {', '.join(names)}")

    def __call__(self, batch: pa.RecordBatch) -> OwnValues:
        """Call the function as it was written."""
        return self.function(batch)

    @property
    def stored_fields(self) -> tuple[SignalField, ...]:
        """The fields of the struct column, ``error`` the last."""
        return (*self.fields, ERROR)

    @property
    def struct_type(self) -> pa.StructType:
        """The Arrow type of the struct column."""
        return pa.struct([pa.field(field.name, field.type) for field in self.stored_fields])

    def annotate(self, batch: pa.RecordBatch) -> pa.StructArray:
        """Return the struct column of a batch; never raises for what the function does.

        Where the function raises, returns another number of values or values of another type, it is
        asked once more row by row: what fails then costs that row its values, and ``error`` says why.

        Returns:
            One struct a row, never null. Numbers that are not finite are stored as null.
        """
        if not batch.num_rows:
            return pa.array([], self.struct_type)
        try:
            return self._checked(batch)
        except Exception as error:  # the user's code: a document must cost itself, not the run
            if batch.num_rows == 1:
                return self._failed(error)
        return pa.concat_arrays([self.annotate(batch.slice(row, 1)) for row in range(len(batch))])

    def _checked(self, batch: pa.RecordBatch) -> pa.StructArray:
        values = self.function(batch)
        if not isinstance(values, Mapping):
            raise TypeError(f"returned {type(values).__name__}, wanted values by field name")
        names = [field.name for field in self.fields]
        if set(values) != set(names):
            raise ValueError(f"returned {', '.join(map(str, values))}; declared {', '.join(names)}")
        columns = [_column(values[field.name], field, batch.num_rows) for field in self.fields]
        columns.append(pa.nulls(batch.num_rows, ERROR.type))
        return pa.StructArray.from_arrays(columns, fields=list(self.struct_type))

    def _failed(self, error: Exception) -> pa.StructArray:
        told = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_ERROR]
        told = told.encode("utf-8", "replace").decode("utf-8")  # Arrow refuses lone surrogates
        return pa.array([{ERROR.name: told}], self.struct_type)


def annotator(
    *fields: SignalField,
) -> Callable[[Callable[[pa.RecordBatch], OwnValues]], OwnAnnotator]:
    """Declare the fields that the function below gives; see :class:`OwnAnnotator`."""
    return lambda function: OwnAnnotator(fields, function)


def open_annotator(place: str) -> OwnAnnotator:
    """Import an annotator.

    Args:
        place: ``MODULE:FUNCTION``.

    Raises:
        TypeError: What is there is none.
    """
    found = pkgutil.resolve_name(place)
    if not isinstance(found, OwnAnnotator):
        raise TypeError(
            f"it is {type(found).__name__}: declare its fields, @annotator(SignalField(...))"
        )
    return found


def _column(values: Any, field: SignalField, rows: int) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        column = values.cast(field.type)
    else:
        column = pa.array(values, field.type, from_pandas=True)
    if len(column) != rows:
        raise ValueError(f"{field.name} has {len(column)} values for {rows} rows")
    if pa.types.is_floating(field.type):
        column = pc.if_else(pc.is_finite(column), column, None)
    return column

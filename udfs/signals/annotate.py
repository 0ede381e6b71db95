"""The annotators, in the order of the annotated dataset, and the one function that runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.lines.text_batch import TextBatch
from udfs.signals.annotator import Annotator, SignalValues
from udfs.signals.heuristics import HEURISTICS
from udfs.signals.lines import LINES
from udfs.signals.repetition import REPETITION

ANNOTATORS: Final[Mapping[str, Annotator]] = {
    annotator.name: annotator for annotator in (HEURISTICS, REPETITION, LINES)
}


def annotate(
    batch: TextBatch, names: Sequence[str], further: Sequence[Annotator] = ()
) -> dict[str, pa.StructArray]:
    """Compute the signals of a batch.

    The values of a document depend on its text and language alone, never on the rest of the batch.

    Args:
        batch: The documents.
        names: Which annotators to run.
        further: Annotators that hold what a run was given, over the same tokens.

    Returns:
        For each annotator's name a struct array with one element a document, of its ``struct_type``.
        Structs are never null; fields are where the value is undefined.

    Raises:
        ValueError: If a name is not an annotator.
    """
    chosen = [*map(_annotator, names), *further]
    chunks: dict[str, list[pa.StructArray]] = {annotator.name: [] for annotator in chosen}
    for rows in batch.slices():
        countings = [annotator.start(rows) for annotator in chosen]
        for part in rows.parts():  # outside: a part's tokens are the dearest thing here
            for counting in countings:
                counting.add(part)
        for annotator, counting in zip(chosen, countings, strict=True):
            chunks[annotator.name].append(_struct_array(annotator, counting.values()))
    types = {annotator.name: annotator.struct_type for annotator in chosen}
    return {
        name: pa.concat_arrays(parts) if parts else pa.array([], types[name])
        for name, parts in chunks.items()
    }


def struct_type(name: str) -> pa.DataType:
    """The Arrow type of an annotator's struct column.

    Raises:
        ValueError: If the name is not an annotator.
    """
    return _annotator(name).struct_type


def _annotator(name: str) -> Annotator:
    if name not in ANNOTATORS:
        raise ValueError(f"no annotator {name!r}; there are {', '.join(ANNOTATORS)}")
    return ANNOTATORS[name]


def _struct_array(annotator: Annotator, values: SignalValues) -> pa.StructArray:
    columns = [_column(values[field.name], field.type) for field in annotator.fields]
    return pa.StructArray.from_arrays(columns, fields=list(annotator.struct_type))


def _column(values: pa.Array | npt.NDArray[np.generic], arrow_type: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array):
        return values.cast(arrow_type)
    if np.issubdtype(values.dtype, np.floating):
        return pa.array(values, arrow_type, from_pandas=True)  # NaN becomes null
    return pa.array(values, arrow_type)

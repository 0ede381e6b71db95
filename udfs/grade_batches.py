"""Batches of text in, batches of grades out; the text itself goes no further."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from udfs.columns.batch_columns import require_columns, schema_with, with_columns
from udfs.grading.grader import open_grader
from udfs.grading.signals import QUALITY_TYPE, grade
from udfs.language.signals import detect


@dataclass(frozen=True)
class GradeBatches:
    """A function for mapInArrow: replaces ``text`` by the struct column ``quality``.

    The language of a text is taken from a struct column ``language`` where there is one.

    Attributes:
        grader: Tells a worker where on its machine the trained grader lies (fetching it if need be).
    """

    grader: Callable[[], str]

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return the output's schema: ``text`` gone, ``quality`` appended."""
        require_columns(schema, {"text": (pa.string(), pa.large_string())})
        return schema_with(schema.remove(schema.get_field_index("text")), {"quality": QUALITY_TYPE})

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield a batch for each batch."""
        model = open_grader(self.grader())
        for batch in batches:
            texts = batch.column("text")
            grades = grade(texts, _languages(batch, texts), model)
            yield with_columns(batch.drop_columns(["text"]), {"quality": grades})


def _languages(batch: pa.RecordBatch, texts: pa.Array) -> pa.Array:
    """ISO 639-1 codes: those of the annotate stage, else detected."""
    if "language" in batch.schema.names and pa.types.is_struct(batch.column("language").type):
        return batch.column("language").field("language")
    return detect(texts.fill_null("")).field("language")

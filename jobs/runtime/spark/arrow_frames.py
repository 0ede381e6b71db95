"""Run a function of Arrow batches over a DataFrame, its output columns declared by the function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, cast

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from jobs.runtime.spark.schemas import spark_schema


class BatchFunction(Protocol):
    """A picklable function of batches; an instance of a class in an importable module."""

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return the schema of the result for an input schema.

        Raises:
            ValueError: A column it needs is missing or of the wrong type.
        """
        ...

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the result's batches."""
        ...


def map_batches(frame: DataFrame, function: BatchFunction) -> DataFrame:
    """Return ``frame`` passed through ``function`` batch by batch, without pandas in between."""
    # mapInArrow takes the dot in a column's name for a field of a struct: such names stay outside.
    dotted = {f"column_{place}": name for place, name in enumerate(frame.columns) if "." in name}
    inner = {name: key for key, name in dotted.items()}
    if dotted:
        frame = frame.toDF(*(inner.get(name, name) for name in frame.columns))
    schema = function.output_schema(to_arrow_schema(frame.schema))
    mapped = map_with_schema(frame, function, schema)
    return mapped.toDF(*(dotted.get(name, name) for name in mapped.columns)) if dotted else mapped


def map_with_schema(
    frame: DataFrame,
    function: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]],
    schema: pa.Schema,
) -> DataFrame:
    """Return ``frame`` passed through ``function``, whose batches have the columns of ``schema`` by name."""
    # Spark's stubs ask for a function of Iterable; it passes, and since 4.3 demands, iterators.
    ordered = _InOrder(function, tuple(schema.names))
    return frame.mapInArrow(cast("Any", ordered), spark_schema(schema))


@dataclass(frozen=True)
class _InOrder:
    """Puts columns in the order of a schema: Spark 4.1 takes those of mapInArrow by their place, not by name.

    Two columns of one type in another order would be swapped without a word, and a surplus one vanish.
    """

    function: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
    names: tuple[str, ...]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in self.function(batches):
            given = tuple(batch.schema.names)
            if given != self.names and sorted(given) != sorted(self.names):
                raise ValueError(
                    f"{type(self.function).__name__} gives the columns {', '.join(given)}; declared are "
                    f"{', '.join(self.names)}"
                )
            yield batch if given == self.names else batch.select(list(self.names))


def frame_of_table(spark: SparkSession, table: pa.Table) -> DataFrame:
    """Return a small table of the driver's as a DataFrame; Spark takes Arrow itself from 4.0 on."""
    if spark.version.startswith("3."):
        rows = table.to_pandas(integer_object_nulls=True)  # three times as fast as a list of rows
        return spark.createDataFrame(rows, spark_schema(table.schema))
    return spark.createDataFrame(table)


def collect_arrow(frame: DataFrame) -> pa.Table:
    """Bring a small DataFrame to the driver as Arrow."""
    if hasattr(frame, "toArrow"):  # Spark 4.0
        return frame.toArrow()
    return pa.Table.from_pandas(frame.toPandas(), preserve_index=False)

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
    """Return ``frame`` passed through ``function``: the only call of Spark's ``mapInArrow``.

    Args:
        frame: Any columns.
        function: Of batches of them; picklable. Its batches have the columns of ``schema`` in any order,
            fields of structs too, and types that Arrow's safe cast takes to those declared.
        schema: The columns of the result; nulls are let in everywhere.
    """
    # Spark's stubs ask for a function of Iterable; it passes, and since 4.3 demands, iterators.
    declared = cast("Any", _AsDeclared(function, schema))
    # A column declared to have no nulls Spark believes without a look.
    return frame.mapInArrow(declared, spark_schema(_nullable(schema)))


@dataclass(frozen=True)
class _AsDeclared:
    """Gives Spark the columns of a schema, for 4.1 takes those of mapInArrow by their place, not by name.

    Two columns of one type in another order would be swapped without a word, also inside structs, and a
    surplus one vanish; another width of a number, or a dictionary, is refused in Java, unnamed.
    """

    function: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
    schema: pa.Schema

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        names, types = self.schema.names, self.schema.types
        for batch in self.function(batches):
            given = batch.schema
            if given.names == names and given.types == types:
                yield batch
                continue
            if sorted(given.names) != sorted(names):
                raise ValueError(
                    f"{self._name()} gives the columns {', '.join(given.names)}; declared are "
                    f"{', '.join(names)}"
                )
            columns = [self._column(batch.column(field.name), field) for field in self.schema]
            yield pa.record_batch(columns, schema=_nullable(self.schema))

    def _column(self, column: pa.Array, field: pa.Field) -> pa.Array:
        fault = ValueError(
            f"{self._name()} gives the column {field.name} as {column.type}; declared is {field.type}"
        )
        if _inner_names(column.type) != _inner_names(field.type):  # a cast would fill in nulls
            raise fault
        try:
            return column.cast(field.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise fault from error

    def _name(self) -> str:
        function = getattr(self.function, "func", self.function)  # of functools.partial
        return str(getattr(function, "__name__", type(function).__name__))


def _nullable(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in schema])


def _inner_names(type_: pa.DataType) -> list[Any]:
    """Names of the fields of all structs in a type, in an order of their own."""
    named = pa.types.is_struct(type_)
    inner = [type_.field(place) for place in range(type_.num_fields)]
    return sorted((field.name if named else "", _inner_names(field.type)) for field in inner)


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

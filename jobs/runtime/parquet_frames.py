"""Open Parquet without the Spark job that infers a schema: the first file's footer holds it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from jobs.runtime import storage

_SPARK_SCHEMA = b"org.apache.spark.sql.parquet.row.metadata"
# Types that Arrow and Spark read alike out of Parquet; what a timestamp or a decimal becomes is
# Spark's own matter.
_PLAIN_TYPES = frozenset(
    [pa.bool_(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.string(), pa.binary()]
)


def read_parquet(spark: SparkSession, files: Sequence[str]) -> DataFrame:
    """Return the rows of Parquet files of one schema.

    Spark would start a job to read one footer, at 0.1 to 0.3 seconds a dataset; a run opens dozens.

    Args:
        spark: The session.
        files: Plain paths or URIs of files; without any, Spark raises its own error.
    """
    schema = footer_schema(files[0]) if files else None
    reader = spark.read if schema is None else spark.read.schema(schema)
    return reader.parquet(*map(storage.spark_read_path, files))


def footer_schema(file: str) -> StructType | None:
    """Return the schema that Spark would infer from a file; None where only Spark can tell."""
    system, inner = storage.file_system(file)
    try:
        schema = pq.read_schema(inner, filesystem=system)
    except (OSError, pa.ArrowInvalid):
        return None  # Spark says what is wrong with the file, as it does of any other
    told = (schema.metadata or {}).get(_SPARK_SCHEMA)
    if told is not None:
        return StructType.fromJson(json.loads(told))
    plain = all(_is_plain(type_) for type_ in schema.types)
    return from_arrow_schema(schema) if plain else None


def _is_plain(type_: pa.DataType) -> bool:
    return type_ in _PLAIN_TYPES or (pa.types.is_list(type_) and type_.value_type in _PLAIN_TYPES)

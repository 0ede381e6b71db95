"""Open and write Parquet: no job that infers a schema, and no more documents in Java than fit its heap."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
from pyspark.sql.types import StructType

from jobs.runtime.spark.connect import through_connect
from jobs.runtime.spark.row_groups import block_size
from jobs.runtime.store import storage

SPARK_SCHEMA: Final = b"org.apache.spark.sql.parquet.row.metadata"
# Types that Arrow and Spark read alike out of Parquet; what a timestamp or a decimal becomes is
# Spark's own matter.
_PLAIN_TYPES = frozenset(
    [pa.bool_(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.string(), pa.binary()]
)
# No dataset of ours has them.
_SMALL_TYPES = frozenset([pa.int8(), pa.int16(), pa.date32()])


_FOOTERS_AT_ONCE = 16
# Rows of a batch on their way to Python. Spark 4 closes a batch by bytes as well; 3.5 by rows alone.
_ROWS_WITHOUT_BYTE_LIMIT = 64
_ROW_CHECKS: Final = {
    # parquet-mr first looks at what it holds after 100 rows, then after up to 10,000: with books of
    # 4 MB that is the whole heap.
    "parquet.page.size.row.check.min": "1",
    "parquet.page.size.row.check.max": "32",
    "parquet.block.size.row.check.min": "1",
    "parquet.block.size.row.check.max": "32",
}


def writer_options(schema: StructType) -> dict[str, str]:
    """Return the options of Spark's writer that bound what a task holds by bytes instead of rows.

    Every task holds one row group when it writes, and its compressed pages when it reads.
    """
    return {**_ROW_CHECKS, "parquet.block.size": block_size(to_arrow_schema(schema))}


def read_parquet(
    spark: SparkSession, files: Sequence[str], *, carries_documents: bool = False
) -> DataFrame:
    """Return the rows of Parquet files of one schema.

    Spark would start a job to read one footer, at 0.1 to 0.3 seconds a dataset; a run opens dozens.

    Args:
        spark: The session.
        files: Plain paths or URIs of files; without any, Spark raises its own error.
        carries_documents: The rows are read with their texts or bytes, of any size.
    """
    schema = footer_schema(files[0]) if files else None
    session = document_session(spark) if carries_documents else spark
    reader = session.read if schema is None else session.read.schema(schema)
    return reader.parquet(*map(storage.spark_read_path, files))


@functools.lru_cache(maxsize=1)
def document_session(spark: SparkSession) -> SparkSession:
    """Return a session like this one whose reads hold one row at a time instead of a batch of them.

    The columnar reader keeps a batch of rows side by side, however large they are: 4,096 pages of
    230 kB are a gigabyte a task. Batches of one row cost 1.5 microseconds a document. The columnar
    reader is not switched off: Spark asks the session that runs a plan, not the one that opened a
    scan, whether rows come from it, so that a join of both kinds would fail (4.1.4).
    """
    if through_connect(spark):
        # Frames of two sessions cannot be joined there: the one there is reads all its scans so.
        session = spark
    else:
        # newSession() would forget what was set on this session after Spark was started.
        session = SparkSession(spark.sparkContext, spark._jsparkSession.cloneSession())
    session.conf.set("spark.sql.parquet.columnarReaderBatchSize", "1")
    if spark.version.startswith("3."):
        key = "spark.sql.execution.arrow.maxRecordsPerBatch"
        session.conf.set(key, min(int(spark.conf.get(key) or "10000"), _ROWS_WITHOUT_BYTE_LIMIT))
    return session


def largest_row_group(files: Sequence[str]) -> int:
    """Return the bytes of the largest row group of Parquet files, unpacked; 0 without any."""

    def largest(file: str) -> int:
        system, inner = storage.file_system(file)
        footer = pq.read_metadata(inner, filesystem=system)
        groups = map(footer.row_group, range(footer.num_row_groups))
        return max((group.total_byte_size for group in groups), default=0)

    with ThreadPoolExecutor(_FOOTERS_AT_ONCE) as pool:
        return max(pool.map(largest, files), default=0)


def unreadable_columns(files: Sequence[str]) -> list[str]:
    """Say which columns of Parquet files keep Spark from reading them as one table, and why.

    Times that count nanoseconds, names that differ by case only, and columns of which two files have
    different types.
    """
    seen: dict[str, tuple[pa.DataType, str]] = {}
    faults: dict[str, None] = {}
    for file in files:
        system, inner = storage.file_system(file)
        schema = pq.read_schema(inner, filesystem=system)
        spelt: dict[str, str] = {}
        for field in schema:
            name, shown = field.name, file.rsplit("/", 1)[1]
            counted = pa.types.is_timestamp(field.type) or pa.types.is_time(field.type)
            if counted and field.type.unit == "ns":
                faults[f"column {name} counts in nanoseconds: write it in microseconds"] = None
            first = spelt.setdefault(name.lower(), name)
            if first != name:
                faults[f"columns {first} and {name} differ by case only: rename one"] = None
            type_, where = seen.setdefault(name.lower(), (field.type, shown))
            if type_ != field.type:
                faults[
                    f"column {name} is {type_} in {where} and {field.type} in {shown}: write all files with "
                    "one type"
                ] = None
    return list(faults)


def arrow_schema(files: Sequence[str]) -> pa.Schema | None:
    """Return the columns of files of one table, where Arrow reads and writes them as Spark does.

    Returns:
        All columns in the order in which the files have them; a file may lack some. None where only
        Spark can tell: other types than numbers, texts, bytes, dates, and lists and structs of them; a
        column with two types; names that differ by case only; an unreadable footer.
    """
    fields: dict[str, pa.Field] = {}
    for file in files:
        system, inner = storage.file_system(file)
        try:
            schema = pq.read_schema(inner, filesystem=system)
        except (OSError, pa.ArrowInvalid):
            return None
        if len({name.lower() for name in schema.names}) < len(schema.names):
            return None
        for name, type_ in zip(schema.names, map(_arrow_type, schema.types), strict=True):
            if type_ is None:
                return None
            field = pa.field(name, type_)
            if fields.setdefault(name.lower(), field) != field:
                return None
    return pa.schema(list(fields.values()))


def _arrow_type(type_: pa.DataType) -> pa.DataType | None:
    """The one type that Arrow has for what Spark reads; None for types that are Spark's own matter."""
    if type_ in _PLAIN_TYPES or type_ in _SMALL_TYPES:
        return type_
    if pa.types.is_large_string(type_):
        return pa.string()
    if pa.types.is_large_binary(type_):
        return pa.binary()
    if pa.types.is_dictionary(type_):  # categories of pandas: plain values in Parquet
        return _arrow_type(type_.value_type)
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        inner = _arrow_type(type_.value_type)
        return None if inner is None else pa.list_(pa.field("element", inner))
    if pa.types.is_struct(type_):
        types = [(field.name, _arrow_type(field.type)) for field in type_]
        return pa.struct(types) if types and all(inner for _, inner in types) else None
    return None


def footer_schema(file: str) -> StructType | None:
    """Return the schema that Spark would infer from a file; None where only Spark can tell."""
    system, inner = storage.file_system(file)
    try:
        schema = pq.read_schema(inner, filesystem=system)
    except (OSError, pa.ArrowInvalid):
        return None  # Spark says what is wrong with the file, as it does of any other
    told = (schema.metadata or {}).get(SPARK_SCHEMA)
    if told is not None:
        return StructType.fromJson(json.loads(told))
    plain = all(_is_plain(type_) for type_ in schema.types)
    return from_arrow_schema(schema) if plain else None


def _is_plain(type_: pa.DataType) -> bool:
    return type_ in _PLAIN_TYPES or (pa.types.is_list(type_) and type_.value_type in _PLAIN_TYPES)

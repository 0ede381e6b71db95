"""Parquet of the user's own: checked, read, and given stable ids without touching the user's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType, DataType, StringType, StructType

from jobs.runtime.contract.document_ids import ROW_BITS
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import read_manifest
from jobs.runtime.errors import InputError
from jobs.runtime.spark.java_heap import tasks_within_heap
from jobs.runtime.spark.parquet_frames import document_session, largest_row_group
from jobs.runtime.store import storage
from jobs.runtime.suggestions import did_you_mean

ROW_ID = "corpusmill_row_id"
"""Name of the id that corpusmill gives a row of the user's: file number << 25 | row of the file."""


@dataclass(frozen=True)
class UserTable:
    """A table of the user's: where it is, its columns by role, and what it held when it was opened."""

    paths: tuple[str, ...]
    id_column: str
    text_column: str
    schema: StructType
    fingerprint: str
    largest_row_group: int  # bytes, unpacked

    def read(self, spark: SparkSession) -> DataFrame:
        """Return all columns of the table and ``ROW_ID``."""
        # Any column may hold values of any size, also one that nobody asked for: kept rows keep it.
        reader = document_session(spark).read.schema(self.schema)
        frame = reader.parquet(*map(storage.spark_read_path, self.paths))
        number = _file_number(frame)
        rows = frame.withColumn(
            ROW_ID, F.shiftleft(number, ROW_BITS).bitwiseOR(F.col("_metadata.row_index"))
        )
        # Others write row groups of any size, of which a task must unpack a whole page at once.
        tasks = tasks_within_heap(spark, self.largest_row_group)
        return rows if tasks is None else rows.coalesce(tasks)


def open_user_table(
    spark: SparkSession,
    given: str,
    id_column: str | None,
    text_column: str | None,
    *,
    text_types: Sequence[DataType] = (StringType(),),
) -> UserTable:
    """Check a Parquet file, folder or glob and return it as a table.

    Args:
        spark: The session.
        given: Path as the user named it; a dataset of ours is read by its manifest.
        id_column: Column with the user's ids; None means ``id``.
        text_column: Column with the text; None means ``text``.
        text_types: Types the text column may have.

    Raises:
        InputError: No Parquet there, or a column is missing, null or of the wrong type.
    """
    entries = [entry for entry in storage.find_files(given) if entry.path.endswith(".parquet")]
    manifest = read_manifest(storage.absolute(given)) if len(entries) != 1 else None
    if manifest is not None:
        named = {storage.join(storage.absolute(given), file.path) for file in manifest.files}
        entries = [entry for entry in entries if entry.path in named]
    if not entries:
        raise InputError(
            f"{given} holds no .parquet file. Give Parquet, or turn other files into it with "
            f"`corpusmill ingest {given} OUTPUT` and `corpusmill extract OUTPUT`."
        )
    paths = tuple(entry.path for entry in entries)
    schema = spark.read.parquet(*map(storage.spark_read_path, paths)).schema
    columns = {field.name: field.dataType for field in schema}
    identifier, text = id_column or "id", text_column or "text"
    for role, name in (("--id-column", identifier), ("--text-column", text)):
        if name not in columns:
            hint = did_you_mean(name, columns)
            raise InputError(
                f"{role} {name}: no such column{hint} {given} has {', '.join(columns)}."
            )
    if columns[text] not in text_types:
        wanted = " or ".join(type_.simpleString() for type_ in text_types)
        found = columns[text].simpleString()
        raise InputError(f"--text-column {text} of {given} is {found}, wanted {wanted}")
    facts = [(entry.path, entry.size, entry.modified) for entry in entries]
    fingerprint = digest([facts, identifier, text])
    return UserTable(paths, identifier, text, schema, fingerprint, largest_row_group(paths))


def raw_content_types() -> tuple[DataType, ...]:
    """Return the types a column with raw documents may have."""
    return (BinaryType(), StringType())


def _file_number(frame: DataFrame) -> Column:
    # Sorted, so that the ids of the same files are the same in every run.
    paths = sorted(frame.inputFiles())
    numbers = F.create_map(
        *[F.lit(item) for number, path in enumerate(paths) for item in (path, number)]
    )
    # The scan says file:/x where the listing says file:///x.
    path = F.regexp_replace("_metadata.file_path", "^file:/+", "file:///")
    return F.element_at(numbers, path).cast("bigint")

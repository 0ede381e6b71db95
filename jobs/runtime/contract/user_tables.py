"""Parquet of the user's own: checked, read, and given stable ids without touching the user's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import BinaryType, DataType, StringType, StructType

from jobs.runtime.contract.document_ids import ROW_BITS
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import PublishedFile, read_manifest
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.errors import InputError
from jobs.runtime.spark.java_heap import tasks_within_heap
from jobs.runtime.spark.parquet_frames import (
    arrow_schema,
    document_session,
    largest_row_group,
    unreadable_columns,
)
from jobs.runtime.spark.session import running
from jobs.runtime.store import storage
from jobs.runtime.suggestions import did_you_mean

ROW_ID = "corpusmill_row_id"
"""Name of the id that corpusmill gives a row of the user's: file number << 25 | row of the file."""


@dataclass(frozen=True)
class UserTable:
    """A table of the user's: where it is, its columns by role, and what it held when it was opened.

    Attributes:
        given: Path as the user named it.
        paths: Its files, sorted; the place of one is its number in ``ROW_ID``.
        base: Folder from which on partition folders are told; None: a file or a glob.
        id_column: Column with the user's ids.
        text_column: Column with the text.
        schema: All columns, as Spark reads them.
        arrow: The same as Arrow reads them; None where Arrow might read them otherwise.
        fingerprint: Of the files and the two columns.
        largest_row_group: Bytes, unpacked.
    """

    given: str
    paths: tuple[str, ...]
    base: str | None
    id_column: str
    text_column: str
    schema: StructType
    arrow: pa.Schema | None
    fingerprint: str
    largest_row_group: int

    def require_unchanged(self) -> None:
        """Raise InputError when a file is not what it was when the table was opened.

        Rows are named by their place: after a change the wrong ones would be removed.
        """
        here = set(self.paths)
        entries = [entry for entry in storage.find_files(self.given) if entry.path in here]
        if _fingerprint(entries, self.id_column, self.text_column) != self.fingerprint:
            raise InputError(
                f"{self.given} changed while it was being read: run the command again."
            )

    def account_kept(
        self, rows_in: int, rows_dropped: int, files: Sequence[PublishedFile]
    ) -> RowAccounts:
        """Return the accounts of a dataset with the rows that are kept, if the table is what it was.

        Raises:
            InputError: It is not; see :meth:`require_unchanged`.
        """
        self.require_unchanged()
        kept = sum(file.rows for file in files)
        return RowAccounts(rows_in=rows_in, rows_out=kept, rows_dropped=rows_dropped)

    def read(self, spark: SparkSession) -> DataFrame:
        """Return all columns of the table and ``ROW_ID``."""
        frame = self.read_files(spark, self.paths)
        number = by_file(frame, range(len(self.paths)))
        rows = frame.withColumn(
            ROW_ID, F.shiftleft(number, ROW_BITS).bitwiseOR(F.col("_metadata.row_index"))
        )
        # Others write row groups of any size, of which a task must unpack a whole page at once.
        tasks = tasks_within_heap(spark, self.largest_row_group)
        return rows if tasks is None else rows.coalesce(tasks)

    def read_files(self, spark: SparkSession, paths: Sequence[str]) -> DataFrame:
        """Return all columns of some of its files."""
        # Any column may hold values of any size, also one that nobody asked for: kept rows keep it.
        reader = document_session(spark).read.schema(self.schema)
        if self.base is not None:
            reader = reader.option("basePath", storage.spark_path(self.base))
        return reader.parquet(*map(storage.spark_read_path, paths))


def open_user_table(
    session: SparkSession | Callable[[], SparkSession],
    given: str,
    id_column: str | None,
    text_column: str | None,
    *,
    text_types: Sequence[DataType] = (StringType(),),
) -> UserTable:
    """Check a Parquet file, folder or glob and return it as a table.

    Args:
        session: Asked only for tables whose columns Arrow cannot tell.
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
    folder = storage.absolute(given)
    # Partition folders are told from there on; a file or a glob has none.
    base = folder if all(path.startswith(f"{folder}/") for path in paths) else None
    _require_readable_paths(given, paths)
    arrow = None if _has_partitions(paths, base) else arrow_schema(paths)
    if arrow is not None:
        schema = from_arrow_schema(arrow)
    else:
        schema = _union_schema(running(session), given, paths, base)
    identifier, text = chosen_columns(schema, given, id_column, text_column, text_types)
    return UserTable(
        given,
        paths,
        base,
        identifier,
        text,
        schema,
        arrow,
        _fingerprint(entries, identifier, text),
        largest_row_group(paths),
    )


def chosen_columns(
    schema: StructType,
    given: str,
    id_column: str | None,
    text_column: str | None,
    text_types: Sequence[DataType] = (StringType(),),
) -> tuple[str, str]:
    """Return the names of a table's columns with ids and texts.

    Args:
        schema: All its columns.
        given: The table as the user named it.
        id_column: None means ``id``.
        text_column: None means ``text``.
        text_types: Types the text column may have.

    Raises:
        InputError: A column is missing or of the wrong type.
    """
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
    return identifier, text


def require_apart(given: str, output: str) -> None:
    """Raise InputError when results would be written among the files of a table.

    A second run would take what the first one wrote for a part of it.
    """
    if storage.is_below(storage.absolute(output), storage.absolute(given)):
        raise InputError(f"OUTPUT {output} lies in INPUT {given}: choose a folder outside of it.")


def _require_readable_paths(given: str, paths: Sequence[str]) -> None:
    for path in paths:
        below = path.removeprefix(storage.absolute(given))
        if ":" in below:
            raise InputError(
                f"{path}: Spark cannot read below a folder with a colon in its name: rename it "
                "(hive writes %3A)."
            )


def _has_partitions(paths: Sequence[str], base: str | None) -> bool:
    """Whether folders such as lang=en/ are columns."""
    return base is not None and any("=" in path[len(base) :].rpartition("/")[0] for path in paths)


def _union_schema(
    spark: SparkSession, given: str, paths: Sequence[str], base: str | None
) -> StructType:
    """The columns of all files, and of partition folders such as lang=en/."""
    reader = spark.read.option("mergeSchema", len(paths) > 1)
    if base is not None:
        reader = reader.option("basePath", storage.spark_path(base))
    try:
        return reader.parquet(*map(storage.spark_read_path, paths)).schema
    except (PySparkException, Py4JJavaError) as error:
        faults = unreadable_columns(paths)
        text = next(line for line in str(error).splitlines() if line.strip())
        why = "; ".join(faults[:5]) or f"{text[:300]}. Leave that column out"
        raise InputError(f"{given} cannot be read by Spark: {why}.") from error


def raw_content_types() -> tuple[DataType, ...]:
    """Return the types a column with raw documents may have."""
    return (BinaryType(), StringType())


def _fingerprint(entries: Sequence[storage.FileEntry], id_column: str, text_column: str) -> str:
    facts = [(entry.path, entry.size, entry.modified) for entry in entries]
    return digest([facts, id_column, text_column])


def by_file(frame: DataFrame, values: Sequence[int]) -> Column:
    """Return a column that is the same for all rows of a file.

    Args:
        frame: Rows of files, with ``_metadata``.
        values: One for each file, in the order of their sorted paths.
    """
    # Sorted as the listing is, whatever characters are escaped: the same ids in every run.
    paths = sorted(frame.inputFiles(), key=unquote)
    pairs = zip(paths, values, strict=True)
    known = F.create_map(*[F.lit(item) for pair in pairs for item in pair])
    # The scan says file:/x where the listing says file:///x.
    path = F.regexp_replace("_metadata.file_path", "^file:/+", "file:///")
    return F.element_at(known, path).cast("bigint")

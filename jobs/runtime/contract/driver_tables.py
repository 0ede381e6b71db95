"""Published datasets as Arrow tables in this process: read whole or in batches, and written.

What is small is worked on here, by the functions that Spark's workers run too: starting Spark and
planning its jobs takes longer than the work (docs/decisions/0017).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.runtime.contract.manifest import Manifest, PublishedFile
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import InputError
from jobs.runtime.spark.arrow_frames import BatchFunction
from jobs.runtime.spark.parquet_frames import SPARK_SCHEMA
from jobs.runtime.spark.row_groups import ZSTD_LEVEL, row_group_bytes, row_group_rows
from jobs.runtime.spark.schemas import spark_schema
from jobs.runtime.store import storage

MEBIBYTE = 1 << 20
# Of tiny documents a megabyte holds tens of thousands, and a task takes its time for each.
MOST_ROWS = 50_000
UNPACKED = 8  # times the Parquet: twice what texts take that do not repeat themselves
BATCH_ROWS = 256  # as many as Spark hands to a worker at once (conf/spark-local.conf)
# More readers wait for a store's answers at once; decoding has few cores in any case.
READERS = 8
FILE_NAME = "part-00000.zstd.parquet"


def works_here(context: RunContext, megabytes: float, *sources: Manifest) -> bool:
    """Say whether datasets are small enough for this process: Spark's start would take longer.

    Bounded are the Parquet of all of them together, the rows of each, and the texts unpacked: of a
    text that repeats itself Parquet holds next to nothing.

    Args:
        context: The run; on a cluster nothing is small.
        megabytes: Most Parquet, in MiB (``run.driver_megabytes``).
        sources: Manifests of what a stage reads.
    """
    limit = int(megabytes * MEBIBYTE)
    size = sum(manifest.bytes for manifest in sources)
    rows = max((manifest.rows for manifest in sources), default=0)
    if not context.local or size > limit or rows > MOST_ROWS:
        return False
    return all(
        _texts_within(
            tuple(storage.join(context.folder(manifest.dataset), f.path) for f in manifest.files),
            manifest.fingerprint,
            UNPACKED * limit,
        )
        for manifest in sources
    )


@functools.lru_cache(maxsize=16)
def _texts_within(paths: tuple[str, ...], fingerprint: str, limit: int) -> bool:  # noqa: ARG001
    """Whether the texts in files hold at most so many bytes; ``fingerprint`` tells versions apart."""
    held = 0
    for path in paths:
        if not path.endswith(".parquet"):
            continue
        with opened(path) as file:
            columns = [name for name in ("text", "content") if name in file.schema_arrow.names]
            for batch in file.iter_batches(BATCH_ROWS, columns=columns) if columns else ():
                held += batch.nbytes
                if held > limit:
                    return False
    return True


def dataset_table(
    context: RunContext,
    dataset: str,
    columns: Sequence[str] | None = None,
    files: Sequence[PublishedFile] | None = None,
) -> pa.Table:
    """Return columns of a published dataset, in the order of its files.

    Args:
        context: The run.
        dataset: Folder below the run; it must be published.
        columns: ``struct.field`` reads one field and becomes a column of that name; None: all.
        files: Of the dataset; None: all of its manifest.

    Raises:
        InputError: A file cannot be read.
    """
    return read_columns(dataset_paths(context, dataset, files), columns)


def dataset_paths(
    context: RunContext, dataset: str, files: Sequence[PublishedFile] | None = None
) -> list[str]:
    """Return the Parquet files of a published dataset, all or some; see :func:`dataset_table`."""
    chosen = context.manifest(dataset).files if files is None else files
    names = [file.path for file in chosen if file.path.endswith(".parquet")]
    return [storage.join(context.folder(dataset), name) for name in names]


def read_columns(paths: Sequence[str], columns: Sequence[str] | None = None) -> pa.Table:
    """Return columns of Parquet files of one schema; see :func:`dataset_table`."""

    def read(path: str) -> pa.Table:
        with opened(path) as file:
            table = file.read(columns=None if columns is None else list(columns), use_threads=False)
            return table if columns is None else flat(table, columns)

    with ThreadPoolExecutor(READERS) as pool:
        tables = list(pool.map(read, paths))
    return pa.concat_tables(tables, promote_options="permissive").unify_dictionaries()


@contextmanager
def opened(
    path: str, command: str = "run", *, footer: pq.FileMetaData | None = None, read_bytes: int = 0
) -> Iterator[pq.ParquetFile]:
    """Open a published Parquet file for the block.

    Args:
        path: Of the file.
        command: The one of ours that makes its dataset.
        footer: Of the file, if it was read before.
        read_bytes: Of a column at a time, for whoever may stop before its end; 0: all that a row group has.

    Raises:
        InputError: It, or a page read in the block, cannot be read, or it lacks a column.
    """
    system, inner = storage.file_system(path)
    try:
        with pq.ParquetFile(
            inner, filesystem=system, metadata=footer, buffer_size=read_bytes
        ) as file:
            yield file
    except (OSError, pa.ArrowException, KeyError) as error:
        why = " ".join(str(error).split())  # Thrift's messages have several lines
        raise InputError(
            f"{path} cannot be read ({why}): it is damaged. Delete its folder and run the same "
            f"`corpusmill {command}` again, which makes it anew."
        ) from error


def flat(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """Return the columns of these names; ``struct.field`` is a field of a struct."""
    columns = []
    for name in names:
        outer, _, field = name.partition(".")
        column = table.column(outer)
        columns.append(pc.struct_field(column, field) if field else column)
    return pa.table(columns, names=list(names))


def rows_without(table: pa.Table, ids: pa.ChunkedArray) -> pa.Table:
    """Return the rows whose ``id`` is not among some."""
    gone = pc.is_in(table.column("id"), value_set=ids.combine_chunks())
    return table.filter(pc.invert(gone))


def mapped(table: pa.Table, function: BatchFunction) -> pa.Table:
    """Return a table passed through a function of batches, as ``map_batches`` does a DataFrame."""
    schema = function.output_schema(table.schema)
    return pa.Table.from_batches(function(batches(table)), schema)


def batches(table: pa.Table) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a table, a bounded number at a time; at least one batch."""
    if not table.num_rows:
        yield from table.schema.empty_table().combine_chunks().to_batches()
    yield from table.combine_chunks().to_batches(max_chunksize=BATCH_ROWS)


def table_chunk(
    build: Callable[[], pa.Table], options: dict[str, object] | None = None
) -> Callable[[str], None]:
    """Return a chunk writer of one table, as ``parquet_chunk`` is of a DataFrame.

    Spark reads the file as one of its own: the same types, its own schema in the footer.

    Args:
        build: Makes the table.
        options: Of Arrow's writer.
    """

    def write(folder: str) -> None:
        table = build()
        told = {SPARK_SCHEMA: spark_schema(table.schema).json().encode()}
        with storage.open_output(storage.join(folder, FILE_NAME)) as file:
            pq.write_table(
                table.replace_schema_metadata(told),
                file,
                compression="zstd",
                compression_level=ZSTD_LEVEL,
                row_group_size=row_group_rows(table),
                **(options or {}),
            )

    return write


def write_batches(
    folder: str, number: int, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> None:
    """Write batches as they come into one file of a dataset, as ``table_chunk`` does a table.

    Args:
        folder: Of the dataset or of its chunk.
        number: Of the file in it.
        schema: Of the batches.
        batches: Never more of them are held than make a row group (``row_group_bytes``).
    """
    told = {SPARK_SCHEMA: spark_schema(schema).json().encode()}
    plain = schema.remove_metadata().with_metadata(told)
    with (
        storage.open_output(storage.join(folder, f"part-{number:05d}.zstd.parquet")) as file,
        pq.ParquetWriter(file, plain, compression="zstd", compression_level=ZSTD_LEVEL) as writer,
    ):
        for table in _gathered(batches, schema):
            writer.write_table(table.cast(plain), row_group_rows(table))


def _gathered(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Batches joined to what makes a row group; always at least one table, if only of no rows."""
    most = row_group_bytes(schema)
    held: list[pa.RecordBatch] = []
    size, given = 0, False
    for batch in batches:
        held.append(batch)
        size += batch.nbytes
        if size >= most:
            yield pa.Table.from_batches(held)
            held, size, given = [], 0, True
    if held or not given:
        yield pa.Table.from_batches(held, schema)

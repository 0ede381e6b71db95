"""A user's table in parts of bounded size, read and written by Arrow in this process.

What Spark would hand to Python and back through Java, threads of this process take from the files
themselves. A part is what one task holds; its rows have the ids that Spark would give them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.contract.document_ids import document_id
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.spark.row_groups import ZSTD_LEVEL, row_group_rows
from jobs.runtime.store import storage

PART_BYTES: Final = 32 << 20  # unpacked: a task's rows
_SMALL_PART_BYTES: Final = 2 << 20  # below, a task is over before it has been worth its file
_PARTS_A_THREAD: Final = 4  # of a small table: the last part is not waited for by all
_BATCH_ROWS: Final = 256  # unpacked at a time: what a dictionary hides may be large
_BATCH_BYTES: Final = 4 << 20
READ_BYTES: Final = 1 << 20  # of a column at a time, however large its row group is


class TablePart(NamedTuple):
    """Neighbouring rows: number of the part, int64[rows] of their ids (``ROW_ID``), the rows."""

    number: int
    ids: npt.NDArray[np.int64]
    rows: pa.Table


def each_part(
    tasks: OwnTasks,
    paths: Sequence[str],
    table: pa.Schema,
    columns: Sequence[str],
    work: Callable[[TablePart], None],
) -> None:
    """Hand the parts of a table to threads; of a small table they are so small that each thread has some.

    Args:
        tasks: Who takes them.
        paths: Files of the table, in the order of their numbers.
        table: All its columns; a file may lack some.
        columns: Those wanted.
        work: Called once a part, from any thread.
    """
    size = unpacked_bytes(paths, columns)
    shared = max(_SMALL_PART_BYTES, size // (_PARTS_A_THREAD * tasks.threads))
    most = min(PART_BYTES, shared)
    tasks.run(read_parts(paths, table, columns, most), work, math.ceil(size / most))


def unpacked_bytes(paths: Sequence[str], columns: Sequence[str]) -> int:
    """Return the bytes that some columns take unpacked, as the footers tell."""
    footers = map(_footer, paths)
    groups = (footer.row_group(n) for footer in footers for n in range(footer.num_row_groups))
    return sum(_bytes(group, columns) for group in groups)


def count_rows(paths: Sequence[str]) -> int:
    """Return the rows of all files."""
    return sum(_footer(path).num_rows for path in paths)


def read_parts(
    paths: Sequence[str], table: pa.Schema, columns: Sequence[str], most_bytes: int
) -> Iterator[TablePart]:
    """Yield a table's rows in their order; always at least one part, if only of no rows.

    Args:
        paths: Its files, in the order of their numbers.
        table: All its columns; a file may lack some.
        columns: Those wanted.
        most_bytes: Of a part, unpacked, and little more.
    """
    schema = pa.schema([table.field(name) for name in columns])
    number, held = 0, 0
    ids: list[npt.NDArray[np.int64]] = []
    batches: list[pa.RecordBatch] = []
    for first, batch in _batches(paths, schema):
        ids.append(np.arange(first, first + len(batch)))
        batches.append(batch)
        held += batch.nbytes
        if held >= most_bytes:
            yield TablePart(number, np.concatenate(ids), pa.Table.from_batches(batches))
            number, held, ids, batches = number + 1, 0, [], []
    if batches or not number:
        last = np.concatenate([np.empty(0, np.int64), *ids])
        yield TablePart(number, last, pa.Table.from_batches(batches, schema))


def write_part(folder: str, number: int, rows: pa.Table, plain: Sequence[str] = ()) -> None:
    """Write rows as the file of a part as Spark would: all columns nullable, zstd.

    A file that a crash left half is in no manifest.

    Args:
        folder: Exists.
        number: Of the part. No file is written of a later part than the first that has no rows.
        rows: Any columns.
        plain: Columns that no dictionary is tried for: texts and hashes never repeat.
    """
    if number and not len(rows):
        return
    nullable = pa.schema([field.with_nullable(True).remove_metadata() for field in rows.schema])
    system, inner = storage.file_system(storage.join(folder, f"part-{number:05d}.parquet"))
    pq.write_table(
        rows.cast(nullable), inner, filesystem=system, row_group_size=row_group_rows(rows),
        compression="zstd", compression_level=ZSTD_LEVEL, store_schema=False,
        use_dictionary=[name for name in rows.schema.names if name not in plain],
    )  # fmt: skip


def group_batches(
    file: pq.ParquetFile, groups: Iterable[int], schema: pa.Schema
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield the row at which each batch of some row groups begins, and the batch.

    Args:
        file: Opened with ``READ_BYTES``, so that no row group is held whole.
        groups: Numbers of row groups.
        schema: Columns wanted and their types; null where the file lacks one.
    """
    names = [name for name in schema.names if name in file.schema_arrow.names]
    footers = list(map(file.metadata.row_group, range(file.num_row_groups)))
    firsts = list(itertools.accumulate((footer.num_rows for footer in footers), initial=0))
    for number in groups:
        row = firsts[number]
        size = max(1, _bytes(footers[number], names) // max(1, footers[number].num_rows))
        rows = max(1, min(_BATCH_ROWS, _BATCH_BYTES // size))
        for batch in file.iter_batches(rows, [number], names, use_threads=False):
            yield row, _fitted(batch, schema)
            row += len(batch)


def _batches(paths: Sequence[str], schema: pa.Schema) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The id of each batch's first row, and the batch."""
    for file_number, path in enumerate(paths):
        system, inner = storage.file_system(path)
        with pq.ParquetFile(inner, filesystem=system, buffer_size=READ_BYTES) as file:
            for row, batch in group_batches(file, range(file.num_row_groups), schema):
                yield document_id(file_number, row), batch


def _fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch in the types of the table, null where its file lacks a column."""
    columns = [
        batch.column(field.name).cast(field.type)
        if field.name in batch.schema.names
        else pa.nulls(len(batch), field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _footer(path: str) -> pq.FileMetaData:
    system, inner = storage.file_system(path)
    return pq.read_metadata(inner, filesystem=system)


def _bytes(group: pq.RowGroupMetaData, columns: Sequence[str]) -> int:
    """Unpacked bytes of some columns of a row group."""
    chunks = map(group.column, range(group.num_columns))
    return sum(
        chunk.total_uncompressed_size
        for chunk in chunks
        if chunk.path_in_schema in columns or chunk.path_in_schema.split(".")[0] in columns
    )

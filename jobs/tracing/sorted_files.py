"""Sorted rows into Parquet files that their first column names, as they come; on the driver and in tasks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.store import storage
from jobs.tracing.layout import (
    BLOCK_BITS,
    ROW_GROUP_DOCUMENTS,
    ROW_GROUP_POSTINGS,
    block_name,
    bucket_name,
)


def write_postings(
    folder: str, bucket_shift: int, batches: Iterable[pa.RecordBatch]
) -> Iterator[tuple[str, int]]:
    """Write postings, a file a bucket; yield each file's name and rows.

    Args:
        folder: Of the segment.
        bucket_shift: Bits of a hash behind those that name its file.
        batches: ``POSTINGS``, by hash and document.
    """
    for bucket, pieces in _by_file(batches, bucket_shift):
        # What is sorted differs by little: delta coding takes 5.5 bytes where a dictionary and zstd take 14.
        coded = dict.fromkeys(("hash", "document"), "DELTA_BINARY_PACKED")
        name = bucket_name(bucket)
        yield name, _write(
            storage.join(folder, name), pieces, ROW_GROUP_POSTINGS,
            compression="none", use_dictionary=False, column_encoding=coded,
        )  # fmt: skip


def write_documents(folder: str, batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, int]]:
    """Write what became of documents, a file a block of numbers; yield each file's name and rows.

    Args:
        folder: Of the segment.
        batches: ``documents_schema``, by document.
    """
    for block, pieces in _by_file(batches, BLOCK_BITS):
        name = block_name(block)
        yield name, _write(
            storage.join(folder, name), pieces, ROW_GROUP_DOCUMENTS,
            compression="zstd", use_dictionary=["status", "stage", "reason"],
            column_encoding={"document": "DELTA_BINARY_PACKED"},
        )  # fmt: skip


def _by_file(
    batches: Iterable[pa.RecordBatch], shift: int
) -> Iterator[tuple[int, Iterator[pa.RecordBatch]]]:
    """Neighbouring rows whose first column is the same above some bits."""

    def pieces() -> Iterator[tuple[int, pa.RecordBatch]]:
        for batch in batches:
            keys = batch.column(0).to_numpy() >> shift
            borders = [0, *(np.flatnonzero(np.diff(keys)) + 1).tolist(), len(keys)]
            for first, stop in itertools.pairwise(borders):
                if stop > first:
                    yield int(keys[first]), batch.slice(first, stop - first)

    key: Callable[[tuple[int, pa.RecordBatch]], int] = lambda piece: piece[0]  # noqa: E731
    for number, group in itertools.groupby(pieces(), key):
        yield number, (piece for _, piece in group)


def _write(
    path: str, pieces: Iterator[pa.RecordBatch], rows_a_group: int, **options: object
) -> int:
    """Write row groups of one size, the last one aside; return the rows."""
    written = held = 0
    waiting: list[pa.RecordBatch] = []
    first = next(pieces)
    with (
        storage.open_output(path) as file,
        pq.ParquetWriter(file, first.schema, **options) as writer,
    ):
        for piece in itertools.chain([first], pieces):
            waiting.append(piece)
            held += len(piece)
            while held >= rows_a_group:
                table = pa.Table.from_batches(waiting)
                writer.write_table(table.slice(0, rows_a_group), rows_a_group)
                waiting = table.slice(rows_a_group).to_batches()
                written, held = written + rows_a_group, held - rows_a_group
        if held:
            writer.write_table(pa.Table.from_batches(waiting), rows_a_group)
    return written + held

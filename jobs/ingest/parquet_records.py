"""Records of a Parquet file: a row each, only the columns that are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.ingest.carried_fields import ALL
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import UNKNOWN_RECORD, SourceRecord, field_record

PARQUET_MAGIC = b"PAR1"
BATCH_ROWS = 256
BATCH_BYTES = 32 << 20
MOST_LOST_ROWS = 1 << 16
"""Rows of a damaged row group that are counted one by one; a footer can declare any number."""
_UNREADABLE_GROUP = (OSError, ValueError, OverflowError, pa.ArrowException)
_UNREADABLE_VALUES = (ValueError, OverflowError, LookupError, pa.ArrowException)
"""What Arrow's conversion raises for dates before year 1 or after 9999, and zones that nobody knows."""


def parquet_records(stream: BinaryIO, settings: IngestSettings) -> Iterator[SourceRecord]:
    """Yield one record a row.

    Raises:
        ValueError: No column can hold a text; the message names those there are.
        ArrowException: The file is damaged.
    """
    # Without its checksum a damaged page of plain values is read as other values.
    table = pq.ParquetFile(stream, page_checksum_verification=True)
    wanted = {
        *settings.html_fields, *settings.text_fields, *settings.url_fields, *settings.id_fields,
        *settings.date_fields,
    }  # fmt: skip
    carry_all = ALL in settings.carry
    wanted |= set(settings.carry)
    columns = [name for name in table.schema_arrow.names if carry_all or name in wanted]
    if not {*settings.html_fields, *settings.text_fields} & set(columns):
        names = ", ".join(table.schema_arrow.names)
        raise ValueError(
            f"no column named one of {', '.join(settings.text_fields + settings.html_fields)}; the file "
            f"has {names}. Name yours with --set ingest.text_fields=NAME"
        )
    for group in range(table.num_row_groups):
        yield from _group_records(table, group, columns, settings)


def _group_records(
    table: pq.ParquetFile, group: int, columns: list[str], settings: IngestSettings
) -> Iterator[SourceRecord]:
    """Yield one record a row of a row group, as many as it declares, whatever of it can be read."""
    size, total = _rows_at_once(table), table.metadata.row_group(group).num_rows
    done = 0
    damage = "it has fewer rows than it declares"
    try:
        for batch in table.iter_batches(size, row_groups=[group], columns=columns):
            for fields in _rows(batch):
                yield field_record(fields, None, settings)
                done += 1
    except _UNREADABLE_GROUP as error:
        damage = " ".join(str(error).split())[:300]
    if done < total:
        reason = f"row group {group + 1} is damaged: {damage}"
        yield from _rest_of_group(table, group, columns, settings, done, reason)


def _rest_of_group(
    table: pq.ParquetFile,
    group: int,
    columns: list[str],
    settings: IngestSettings,
    done: int,
    reason: str,
) -> Iterator[SourceRecord]:
    """Yield the rows behind those that were read: with what the columns hold that are whole."""
    total = table.metadata.row_group(group).num_rows
    whole = [name for name in columns if _is_whole(table, group, name)]
    has_text = not {*settings.html_fields, *settings.text_fields}.isdisjoint(whole)
    number = 0
    batches = table.iter_batches(_rows_at_once(table), row_groups=[group], columns=whole)
    for batch in batches if whole else ():
        for fields in _rows(batch):
            number += 1
            if number > done:
                record = field_record(fields, None, settings)
                is_lost = record.status == "malformed" and not has_text
                yield _lost(reason, record) if is_lost else record
    missing = total - max(number, done)
    for _ in range(min(missing, MOST_LOST_ROWS)):
        yield _lost(reason)
    if missing > MOST_LOST_ROWS:
        yield _lost(f"{reason}; {missing - MOST_LOST_ROWS:,} more of its rows are lost")


def _lost(reason: str, known: SourceRecord = UNKNOWN_RECORD) -> SourceRecord:
    return replace(known, status="malformed", detail=reason)


def _is_whole(table: pq.ParquetFile, group: int, column: str) -> bool:
    try:
        rows = 0
        for batch in table.iter_batches(_rows_at_once(table), row_groups=[group], columns=[column]):
            rows += batch.num_rows
    except _UNREADABLE_GROUP:
        return False
    return rows == int(table.metadata.row_group(group).num_rows)


def _rows_at_once(table: pq.ParquetFile) -> int:
    """Rows whose mean size fits ``BATCH_BYTES``; rows can be small on disk and large in memory."""
    sizes = [table.metadata.row_group(number) for number in range(table.metadata.num_row_groups)]
    largest = max((group.total_byte_size // max(1, group.num_rows) for group in sizes), default=0)
    return max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, largest)))


def _rows(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    try:
        return list(batch.to_pylist())
    except _UNREADABLE_VALUES:
        # Value by value: one that Python cannot hold is null, its row keeps the others.
        names = batch.schema.names
        columns = [[_value(scalar) for scalar in column] for column in batch.columns]
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _value(scalar: pa.Scalar) -> object:
    try:
        return scalar.as_py()
    except _UNREADABLE_VALUES:
        return None

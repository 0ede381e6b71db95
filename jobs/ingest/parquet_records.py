"""Records of a Parquet file: a row each, only the columns that are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord, field_record

PARQUET_MAGIC = b"PAR1"
BATCH_ROWS = 256
BATCH_BYTES = 32 << 20
_UNREADABLE_VALUES = (ValueError, OverflowError, LookupError, pa.ArrowException)
"""What Arrow's conversion raises for dates before year 1 or after 9999, and zones that nobody knows."""


def parquet_records(stream: BinaryIO, settings: IngestSettings) -> Iterator[SourceRecord]:
    """Yield one record a row.

    Raises:
        ValueError: No column can hold a text; the message names those there are.
        ArrowException: The file is damaged.
    """
    table = pq.ParquetFile(stream)
    wanted = {
        *settings.html_fields, *settings.text_fields, *settings.url_fields, *settings.id_fields,
        *settings.date_fields,
    }  # fmt: skip
    columns = [name for name in table.schema_arrow.names if name in wanted]
    if not {*settings.html_fields, *settings.text_fields} & set(columns):
        names = ", ".join(table.schema_arrow.names)
        raise ValueError(
            f"no column named one of {', '.join(settings.text_fields + settings.html_fields)}; the file "
            f"has {names}. Name yours with --set ingest.text_fields=NAME"
        )
    for batch in table.iter_batches(_rows_at_once(table), columns=columns):
        for fields in _rows(batch):
            yield field_record(fields, "row", settings)


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

"""The executors' side of ingest: rows that name files in, rows that hold documents out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from jobs.ingest.record_readers import read_records
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord
from jobs.runtime.contract.document_ids import document_id
from jobs.runtime.errors import InputError, StoreReadError
from jobs.runtime.spark.schemas import DOCUMENTS
from jobs.runtime.store import storage

BATCH_BYTES = 8 << 20
BATCH_ROWS = 256


@dataclass(frozen=True)
class DocumentReader:
    """A function for mapInArrow: reads each named file and yields its documents in small batches."""

    settings: IngestSettings

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield batches of documents of at most 256 rows or about 8 MiB."""
        waiting: list[dict[str, object]] = []
        held = 0
        for batch in batches:
            for file in batch.to_pylist():
                for row, record in enumerate(self._records(file)):
                    waiting.append(_document(file, row, record))
                    held += len(record.content)
                    if held >= BATCH_BYTES or len(waiting) >= BATCH_ROWS:
                        yield pa.RecordBatch.from_pylist(waiting, schema=DOCUMENTS)
                        waiting, held = [], 0
        if waiting:
            yield pa.RecordBatch.from_pylist(waiting, schema=DOCUMENTS)

    def _records(self, file: dict[str, object]) -> Iterator[SourceRecord]:
        path, size = str(file["path"]), int(str(file["size"]))
        try:
            if storage.file_entry(path) != storage.FileEntry(
                path, size, int(str(file["modified"]))
            ):
                raise InputError(f"{path} changed while it was being read: run the command again")
            stream = storage.open_input(path)
        except OSError as error:
            if storage.is_passing(path, error):
                raise StoreReadError(f"{path}: {error}") from error
            reason = error.strerror or str(error)
            yield SourceRecord(status="unreadable", detail=f"{reason}: check the file's rights")
            return
        with stream:
            yield from read_records(stream, size, self.settings)


def _document(file: dict[str, object], row: int, record: SourceRecord) -> dict[str, object]:
    return {
        "id": document_id(int(str(file["number"])), row),
        "source": file["source"],
        "source_id": record.source_id,
        "url": record.url,
        "fetched_at": record.fetched_at,
        "content": record.content,
        "content_bytes": len(record.content),
        "declared_charset": record.declared_charset,
        "is_text": record.is_text,
        "status": record.status,
        "detail": record.detail,
    }

"""The executors' side of ingest: rows that name files in, rows that hold documents out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from jobs.ingest.carried_fields import with_partitions
from jobs.ingest.record_readers import read_records
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_files import SourceFile
from jobs.ingest.source_record import SourceRecord
from jobs.runtime.contract.document_ids import document_id
from jobs.runtime.errors import InputError, StoreReadError
from jobs.runtime.spark.schemas import DOCUMENTS_WITH_CONTENT
from jobs.runtime.store import storage

BATCH_BYTES = 8 << 20
BATCH_ROWS = 256
READ = DOCUMENTS_WITH_CONTENT.append(pa.field("own_format", pa.string()))


@dataclass(frozen=True)
class DocumentReader:
    """A function for mapInArrow: reads each named file and yields its documents in small batches.

    They have the columns of ``DOCUMENTS_WITH_CONTENT``, and ``own_format``: for which of
    ``settings.readers`` a document is, or null.
    """

    settings: IngestSettings

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield batches of documents of at most 256 rows or about 8 MiB."""
        waiting: list[dict[str, object]] = []
        held = 0
        for batch in batches:
            for named in batch.to_pylist():
                part, parts = named.pop("part"), named.pop("parts")
                file = SourceFile(**named)
                for row, record in enumerate(self._records(file, parts)):
                    if row % parts != part:
                        continue
                    metadata = with_partitions(record.metadata, file.source, self.settings.carry)
                    waiting.append(_document(file, row, record, metadata))
                    held += len(record.content) + len(metadata or "")
                    if held >= BATCH_BYTES or len(waiting) >= BATCH_ROWS:
                        yield pa.RecordBatch.from_pylist(waiting, schema=READ)
                        waiting, held = [], 0
        if waiting:
            yield pa.RecordBatch.from_pylist(waiting, schema=READ)

    def _records(self, file: SourceFile, parts: int) -> Iterator[SourceRecord]:
        try:
            file.require_unchanged()
            stream = storage.open_input(file.path)
        except FileNotFoundError as error:
            if parts > 1:  # another task may have read it, and has its share of the rows only
                raise InputError(
                    f"{file.path} is gone since it was listed: run the same command again"
                ) from error
            yield SourceRecord(status="unreadable", detail="it is gone since it was listed")
            return
        except OSError as error:
            if storage.is_passing(file.path, error):
                raise StoreReadError(f"{file.path}: {error}") from error
            reason = error.strerror or str(error)
            yield SourceRecord(status="unreadable", detail=f"{reason}: check the file's rights")
            return
        with stream:
            yield from read_records(stream, file.size, self.settings, file.path)


@dataclass(frozen=True)
class DocumentLister:
    """A function for mapInArrow: reads each named file and yields what ``documents/`` keeps of it.

    Attributes:
        settings: Limits and names.
        kept: The columns: ``DOCUMENTS``, or with the bytes ``DOCUMENTS_WITH_CONTENT``.
    """

    settings: IngestSettings
    kept: pa.Schema

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield batches of these columns."""
        for batch in DocumentReader(self.settings)(batches):
            yield batch.select(self.kept.names)


def _document(
    file: SourceFile, row: int, record: SourceRecord, metadata: str | None
) -> dict[str, object]:
    return {
        "id": document_id(file.number, row),
        "source": file.source,
        "source_id": record.source_id,
        "url": record.url,
        "fetched_at": record.fetched_at,
        "metadata": metadata,
        "place": record.place,
        "content": record.content,
        "content_bytes": len(record.content),
        "declared_charset": record.declared_charset,
        "is_text": record.is_text,
        "status": record.status,
        "detail": record.detail,
        "own_format": record.own_format,
    }

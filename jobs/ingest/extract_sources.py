"""The executors' side of extraction: rows that name files in, rows of text out, the bytes never in Spark."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from jobs.ingest.read_batches import DocumentReader
from jobs.ingest.settings import IngestSettings
from jobs.runtime.spark.schemas import EXTRACTED
from udfs.columns.batch_columns import with_columns
from udfs.extract_batches import ExtractBatches
from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.guard.quarantine import Failure


@dataclass(frozen=True)
class SourceExtractor:
    """A function for mapInArrow: reads each named file and yields ``EXTRACTED`` rows, one a record."""

    settings: IngestSettings
    options: ExtractionOptions
    quarantined: Mapping[str, Failure] = field(default_factory=dict)
    """Fatal documents of earlier chunks and runs, by content hash: they are not parsed again."""

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield a batch of texts for each batch of documents read, and what ingest refused behind it."""
        refused: deque[pa.RecordBatch] = deque()

        def accepted() -> Iterator[pa.RecordBatch]:
            for batch in DocumentReader(self.settings)(batches):
                batch = with_columns(batch, {"record": _record(batch)})
                is_good = pc.equal(batch.column("status"), "ok")
                refused.append(batch.filter(pc.invert(is_good)))
                yield batch.filter(is_good)

        for extracted in ExtractBatches(self.options, self.quarantined)(accepted()):
            yield _as_extracted(extracted, "extract")
            if rows := refused.popleft():
                yield _as_extracted(rows, "ingest")


def _record(batch: pa.RecordBatch) -> pa.Array:
    names = [kept.name for kept in EXTRACTED.field("record").type]
    return pa.StructArray.from_arrays([batch.column(name) for name in names], names)


def _as_extracted(batch: pa.RecordBatch, stage: str) -> pa.RecordBatch:
    """Return the columns of ``EXTRACTED``; those that the batch lacks are null."""
    given = with_columns(batch, {"stage": pa.repeat(stage, batch.num_rows)})
    names = given.schema.names
    columns = [
        given.column(column.name) if column.name in names else pa.nulls(batch.num_rows, column.type)
        for column in EXTRACTED
    ]
    return pa.RecordBatch.from_arrays(columns, schema=EXTRACTED)

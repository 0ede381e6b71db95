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
from udfs.columns.batch_columns import in_schema, with_columns
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

        extract = ExtractBatches(self.options, self.quarantined, self.settings.readers)
        for extracted in extract(accepted()):
            yield in_schema(extracted, EXTRACTED, stage="extract")
            if rows := refused.popleft():
                yield in_schema(rows, EXTRACTED, stage="ingest")


def _record(batch: pa.RecordBatch) -> pa.Array:
    names = [kept.name for kept in EXTRACTED.field("record").type]
    return pa.StructArray.from_arrays([batch.column(name) for name in names], names)

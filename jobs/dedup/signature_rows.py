"""The signatures that a search looks at: those of this run, and of the runs before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from jobs.dedup.known_documents import KnownDocuments
from jobs.dedup.work_folder import WorkFolder
from jobs.runtime.spark.arrow_frames import collect_arrow
from jobs.runtime.store import storage
from udfs.dedup.signatures import SIGNATURE_SCHEMA


@dataclass(frozen=True)
class SignatureRows:
    """Signatures, for Spark and for the driver.

    Attributes:
        frame: Opens them for Spark: ``SIGNATURE_COLUMNS``.
        count: Number of rows.
        table: Reads some columns into the driver's memory.
    """

    frame: Callable[[], DataFrame]
    count: int
    table: Callable[[list[str]], pa.Table]


def of_work_folder(work: WorkFolder) -> SignatureRows:
    """The finished sub-stage ``signatures``."""
    return SignatureRows(
        lambda: work.rows("signatures"),
        work.row_count("signatures"),
        lambda columns: work.table("signatures", columns),
    )


def of_files(opened: Callable[[], DataFrame], paths: Sequence[str], count: int) -> SignatureRows:
    """Published signatures: ``opened`` by Spark, or the Parquet files ``paths``."""

    def table(columns: list[str]) -> pa.Table:
        schema = pa.schema([SIGNATURE_SCHEMA.field(name).with_nullable(True) for name in columns])
        parts = [schema.empty_table()]  # of a run in which nothing survived there is no file
        for path in paths:
            system, inner = storage.file_system(path)
            parts.append(pq.read_table(inner, columns=columns, filesystem=system).cast(schema))
        return pa.concat_tables(parts)

    return SignatureRows(lambda: opened().select(*SIGNATURE_SCHEMA.names), count, table)


def beside(new: SignatureRows, known: KnownDocuments | None) -> SignatureRows:
    """The new documents, and the known ones when there are any."""
    if known is None:
        return new
    signatures = known.signatures.select(*SIGNATURE_SCHEMA.names)

    def table(columns: list[str]) -> pa.Table:
        ours = new.table(columns)
        theirs = collect_arrow(signatures.select(*columns)).cast(ours.schema)
        return pa.concat_tables([ours, theirs])

    count = new.count + signatures.count()
    return SignatureRows(lambda: new.frame().unionByName(signatures), count, table)

"""The signatures that a search looks at: those of this run, and of the runs before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from jobs.dedup.known_documents import KnownDocuments
from jobs.dedup.settings import DedupSettings
from jobs.dedup.work_folder import WorkFolder
from jobs.runtime.spark.arrow_frames import collect_arrow, frame_of_table
from jobs.runtime.store import storage
from udfs.dedup.signatures import SIGNATURE_SCHEMA
from udfs.dedup.touched import touched_documents

READ_SCHEMA: Final = pa.schema([field.with_nullable(True) for field in SIGNATURE_SCHEMA])
ReadColumns = Callable[[list[str]], pa.Table]


@dataclass(frozen=True)
class SignatureRows:
    """Signatures, for Spark and for the driver.

    Attributes:
        frame: Opens them for Spark: ``SIGNATURE_SCHEMA``.
        count: Number of rows.
        table: Reads some columns into the driver's memory.
    """

    frame: Callable[[], DataFrame]
    count: int
    table: ReadColumns


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
        schema = pa.schema([READ_SCHEMA.field(name) for name in columns])
        parts = [schema.empty_table()]  # of a run in which nothing survived there is no file
        for path in paths:
            system, inner = storage.file_system(path)
            parts.append(pq.read_table(inner, columns=columns, filesystem=system).cast(schema))
        return pa.concat_tables(parts)

    return SignatureRows(lambda: opened().select(*SIGNATURE_SCHEMA.names), count, table)


class Beside(NamedTuple):
    """What a search looks at.

    Attributes:
        rows: The new documents, and those known ones that they are compared with.
        removed: Of ``KnownDocuments.removed`` what these depend on; None without known documents.
    """

    rows: SignatureRows
    removed: DataFrame | None


def beside(new: SignatureRows, known: KnownDocuments | None, settings: DedupSettings) -> Beside:
    """The new documents, and those known ones that matter to them; all where these are too many to hold."""
    if known is None:
        return Beside(new, None)
    if new.count <= settings.max_driver_documents:
        table = new.table(READ_SCHEMA.names).cast(READ_SCHEMA)
        found = touched_documents(
            table,
            known.look_up,
            known.removals,
            settings.leader_plan,
            settings.telling_bands,
            settings.max_driver_documents,
        )
        if found is not None:
            return _touched(pa.concat_tables([table, found]), found, known)
    signatures = known.signatures.select(*SIGNATURE_SCHEMA.names)

    def read(columns: list[str]) -> pa.Table:
        ours = new.table(columns)
        theirs = collect_arrow(signatures.select(*columns)).cast(ours.schema)
        return pa.concat_tables([ours, theirs])

    count = new.count + signatures.count()
    rows = SignatureRows(lambda: new.frame().unionByName(signatures), count, read)
    return Beside(rows, known.removed)


def _touched(both: pa.Table, found: pa.Table, known: KnownDocuments) -> Beside:
    spark = known.removed.sparkSession
    about = known.removed_about(frame_of_table(spark, found.select(["id"])))
    rows = SignatureRows(lambda: frame_of_table(spark, both), len(both), both.select)
    return Beside(rows, about)

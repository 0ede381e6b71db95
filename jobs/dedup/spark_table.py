"""A user's table of any size and kind, deduplicated by Spark."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.dedup.cluster_columns import cluster_rows, with_clusters
from jobs.dedup.distributed_search import find_duplicates
from jobs.dedup.earlier_frames import open_known_documents
from jobs.dedup.earlier_runs import EarlierRuns
from jobs.dedup.file_bitmaps import quoted, without_rows
from jobs.dedup.known_documents import KnownDocuments
from jobs.dedup.published_signatures import DATASET as SIGNATURES
from jobs.dedup.published_signatures import KEEPER_ROW_ID, signature_chunk
from jobs.dedup.settings import DedupSettings
from jobs.dedup.signature_rows import SignatureRows
from jobs.dedup.signatures import GIVEN_ID, sign
from jobs.runtime.contract.manifest import PublishedFile
from jobs.runtime.contract.stage import RunContext, StageWork, parquet_chunk
from jobs.runtime.contract.user_tables import ROW_ID, UserTable
from jobs.runtime.spark.schemas import DUPLICATES
from jobs.runtime.store import storage

DATASET = "duplicates"
WORK_FOLDER = "_work/dedup"
SHOWN_IDS = 3


@dataclass(frozen=True)
class SparkTable:
    """A table that Spark reads, and how it is deduplicated.

    Attributes:
        context: The run.
        table: The user's.
        settings: Of deduplication.
        earlier: Runs whose documents stay.
    """

    context: RunContext
    table: UserTable
    settings: DedupSettings
    earlier: EarlierRuns | None

    @functools.cached_property
    def known(self) -> KnownDocuments | None:
        """Documents of earlier runs."""
        if self.earlier is None:
            return None
        id_type = self.table.schema[self.table.id_column].dataType
        return open_known_documents(self.context, self.earlier, id_type)

    def signing(self) -> StageWork:
        """Sign every row: ``SIGNATURE_SCHEMA`` and ``GIVEN_ID``."""
        return StageWork(signature_chunk(self._signed))

    def searching(self, signatures: SignatureRows) -> StageWork:
        """Find ``DUPLICATES`` by the user's ids, with the rows beside them."""
        return StageWork(parquet_chunk(lambda: self._found(signatures)))

    def publishing(self) -> StageWork:
        """All columns of the rows kept; in mode annotate of all rows, with their clusters."""
        return StageWork(parquet_chunk(self._corpus))

    def repeated_ids(self, files: Sequence[PublishedFile]) -> list[tuple[object, int]]:
        """Some of the user's ids that are given more than once, and how often."""
        signed = self.context.read_files(SIGNATURES, files)
        counted = signed.groupBy(GIVEN_ID).count().where(F.col("count") > 1)
        return [(row[GIVEN_ID], row["count"]) for row in counted.limit(SHOWN_IDS).collect()]

    def _documents(self) -> DataFrame:
        table = self.table
        rows = table.read(self.context.spark)
        return rows.withColumn(GIVEN_ID, F.col(quoted(table.id_column))).withColumns(
            {"id": F.col(ROW_ID), "text": F.col(quoted(table.text_column))}
        )

    def _signed(self) -> DataFrame:
        return sign(self._documents(), self.settings, GIVEN_ID)

    def _found(self, signatures: SignatureRows) -> DataFrame:
        found = duplicates_of(
            self.context, self.settings, self._documents(), signatures, self.known
        )
        signed, _ = self.context.read(SIGNATURES, "dedup")
        ours = signed.select("id", GIVEN_ID)
        names = ours
        if self.known is not None:
            names = ours.unionByName(self.known.signatures.select("id", GIVEN_ID))
        rows = found.withColumnsRenamed({"id": ROW_ID, "keeper_id": KEEPER_ROW_ID})
        # A cluster is called as the search called its keeper, whichever run that is of.
        keepers = names.select(F.col("id").alias("cluster_id"), F.col(GIVEN_ID).alias("keeper_id"))
        removed = ours.select(F.col("id").alias(ROW_ID), F.col(GIVEN_ID).alias("id"))
        named = rows.join(removed, ROW_ID).join(keepers, "cluster_id")
        named = named.withColumn("cluster_id", F.col("keeper_id"))
        return named.select(*DUPLICATES.names, ROW_ID, KEEPER_ROW_ID)

    def _corpus(self) -> DataFrame:
        duplicates, _ = self.context.read(DATASET, "dedup")
        rows = self.table.read(self.context.spark)
        if self.settings.mode == "remove":
            return without_rows(rows, duplicates.select(ROW_ID), ROW_ID).drop(ROW_ID)
        clusters = cluster_rows(duplicates, row_id=ROW_ID, keeper_row_id=KEEPER_ROW_ID)
        marked = with_clusters(rows, clusters, row_id=ROW_ID, given_id=self.table.id_column)
        return marked.drop(ROW_ID)


def duplicates_of(
    context: RunContext,
    settings: DedupSettings,
    documents: DataFrame,
    signatures: SignatureRows,
    known: KnownDocuments | None,
) -> DataFrame:
    """``DUPLICATES``, the keepers of earlier runs told by keeper_run."""
    work_folder = storage.spark_path(context.folder(WORK_FOLDER))
    found = find_duplicates(documents, settings, work_folder, signed=signatures, known=known)
    if known is None:
        return found.withColumn("keeper_run", F.lit(0))
    return known.ids.told(found, "keeper_id", "keeper_run")

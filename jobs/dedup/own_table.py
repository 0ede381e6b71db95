"""A user's table on this machine: signed, looked up and filtered by threads of this process.

In local mode texts go from Parquet to the kernels, and to the corpus, without Java in between. What is
compared and what comes out is the same as through Spark (``spark_table.py``).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.dedup.driver_search import search_on_driver
from jobs.dedup.earlier_files import EarlierFiles, are_read_here
from jobs.dedup.earlier_runs import EarlierRuns
from jobs.dedup.published_signatures import DATASET as SIGNATURES
from jobs.dedup.published_signatures import KEEPER_ROW_ID
from jobs.dedup.settings import DedupSettings
from jobs.dedup.settle_doubtful import require_settleable
from jobs.dedup.signature_rows import SignatureRows
from jobs.dedup.signatures import GIVEN_ID, can_sign_rows, sign_rows, signed_columns
from jobs.dedup.spark_table import DATASET, SHOWN_IDS, WORK_FOLDER, SparkTable
from jobs.dedup.touched_documents import TouchedDocuments, gather
from jobs.dedup.work_folder import WorkFolder
from jobs.runtime.contract.driver_tables import dataset_table
from jobs.runtime.contract.fingerprint import code_fingerprint, digest
from jobs.runtime.contract.manifest import PublishedFile, require_manifest
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.stage import RunContext, StageWork
from jobs.runtime.contract.table_parts import TablePart, each_part, write_part
from jobs.runtime.contract.user_tables import ROW_ID, UserTable
from jobs.runtime.spark.schemas import DUPLICATES
from jobs.runtime.store import storage
from udfs.columns.sorted_integers import are_among
from udfs.columns.string_views import string_views
from udfs.dedup.signatures import SHINGLE_SET_SCHEMA, shingle_sets
from udfs.dedup.text_hashes import raw_hashes


@dataclass(frozen=True)
class OwnTable:
    """A table that this process reads itself, and how it is deduplicated.

    Attributes:
        spark: The same through Spark, for what is too large for the driver or asked for seldom.
        columns: Those of the table.
        threads: Tasks at a time.
    """

    spark: SparkTable
    columns: pa.Schema
    threads: int

    @property
    def table(self) -> UserTable:
        """The user's table."""
        return self.spark.table

    @property
    def _id_type(self) -> pa.DataType:
        return self.columns.field(self.table.id_column).type

    @property
    def settings(self) -> DedupSettings:
        """Those of deduplication."""
        return self.spark.settings

    def signing(self) -> StageWork:
        """Sign every row: ``SIGNATURE_SCHEMA`` and ``GIVEN_ID``, a file a part."""
        return self._work(self._write_signatures)

    def searching(self, signatures: SignatureRows) -> StageWork:
        """Find ``DUPLICATES`` by the user's ids, with the rows beside them."""
        if signatures.count > self.settings.max_driver_documents:
            return self.spark.searching(signatures)
        return self._work(functools.partial(self._write_duplicates, signatures))

    def publishing(self) -> StageWork:
        """All columns of the rows kept, in their order."""
        if self.settings.mode == "annotate":
            return self.spark.publishing()
        return self._work(self._write_corpus)

    def repeated_ids(self, files: Sequence[PublishedFile]) -> list[tuple[object, int]]:
        """Some of the user's ids that are given more than once, and how often; null is an id."""
        signed = dataset_table(self.spark.context, SIGNATURES, [GIVEN_ID], files)
        return repeated(signed.column(GIVEN_ID), SHOWN_IDS)

    def _write_signatures(self, tasks: OwnTasks, folder: str) -> None:
        given, text = self.table.id_column, self.table.text_column
        needed = [given, text, *signed_columns(self.columns, self.settings)]

        def sign(part: TablePart) -> None:
            signed = sign_rows(part.rows, part.ids, self.settings, text, given)
            write_part(folder, part.number, signed, plain=signed.column_names)

        self._each_part(tasks, list(dict.fromkeys(needed)), sign)

    def _write_duplicates(self, signatures: SignatureRows, tasks: OwnTasks, folder: str) -> None:
        context, earlier, touched = self.spark.context, self.spark.earlier, None
        read, removed, before = signatures.table, None, None
        if earlier is not None:
            touched = gather(read, EarlierFiles(earlier, self._id_type, tasks), self.settings)
            if touched is None:  # more of them matter than this process may hold
                self.spark.searching(signatures).write(folder)
                return
            read, removed, before = touched.beside(read), touched.removed, earlier.fingerprint
        code = code_fingerprint("jobs.dedup.own_table")
        fingerprint = digest([self.table.fingerprint, self.settings.search, before, code])
        work = WorkFolder(context.session, context.folder(WORK_FOLDER), fingerprint)
        look_up = functools.partial(self._shingle_sets, tasks, work, touched)
        found = search_on_driver(read, self.settings, work.table_stage, look_up, removed)
        files = require_manifest(context.folder(SIGNATURES), "dedup").files
        given_ids = dataset_table(context, SIGNATURES, ["id", GIVEN_ID], files)
        write_part(folder, 0, _with_given_ids(found, given_ids, touched))

    def _write_corpus(self, tasks: OwnTasks, folder: str) -> None:
        found = dataset_table(self.spark.context, DATASET, [ROW_ID])
        removed = np.sort(found.column(ROW_ID).to_numpy())

        def keep(part: TablePart) -> None:
            kept = part.rows.filter(pa.array(~are_among(part.ids, removed)))
            write_part(folder, part.number, kept, plain=[self.table.text_column])

        self._each_part(tasks, self.columns.names, keep)

    def _shingle_sets(
        self,
        tasks: OwnTasks,
        work: WorkFolder,
        touched: TouchedDocuments | None,
        involved: pa.Table,
    ) -> pa.Table:
        """Read the texts of the involved documents again: ``SHINGLE_SET_SCHEMA``."""
        require_settleable(len(involved), self.settings)
        involved = involved.sort_by("id")
        ids, roots = (involved.column(name).to_numpy() for name in ("id", "root"))
        sets: list[pa.RecordBatch] = []

        def shingle(rows: pa.Table) -> None:
            places = np.searchsorted(ids, rows.column("id").to_numpy())
            batches = rows.append_column("root", pa.array(roots[places])).combine_chunks()
            sets.extend(shingle_sets(batches.to_batches(), self.settings.shingle_plan))

        def look_up(part: TablePart) -> None:
            here = are_among(part.ids, ids)
            text = part.rows.column(0).filter(pa.array(here))
            shingle(pa.table({"id": part.ids[here], "text": text}))

        def build() -> pa.Table:
            self._each_part(tasks, [self.table.text_column], look_up)
            if touched is not None:
                touched.each_text(involved.column("id"), shingle)
            return pa.Table.from_batches(sets, SHINGLE_SET_SCHEMA)

        return work.table_stage("sets", build)

    def _work(self, write: Callable[[OwnTasks, str], None]) -> StageWork:
        tasks = OwnTasks(self.threads)
        return StageWork(functools.partial(write, tasks), tasks)

    def _each_part(
        self, tasks: OwnTasks, columns: Sequence[str], work: Callable[[TablePart], None]
    ) -> None:
        each_part(tasks, self.table.paths, self.columns, columns, work)


def open_table(
    context: RunContext, table: UserTable, settings: DedupSettings, earlier: EarlierRuns | None
) -> SparkTable | OwnTable:
    """Return the table for this process to read, or for Spark where only Spark reads what is needed.

    On a cluster, in an object store (Spark's readers try again where a connection breaks), and where
    columns are not what Arrow reads as Spark does, here or in an earlier run.
    """
    spark = SparkTable(context, table, settings, earlier)
    paths = (context.output, *table.paths)
    if not context.local or any(map(storage.is_remote, paths)):
        return spark
    if table.arrow is None or not can_sign_rows(table.arrow, settings):
        return spark
    id_type = table.arrow.field(table.id_column).type
    if pa.types.is_nested(id_type) or not (earlier is None or are_read_here(earlier, id_type)):
        return spark
    return OwnTable(spark, table.arrow, context.threads)


def repeated(ids: pa.ChunkedArray, most: int) -> list[tuple[object, int]]:
    """Return up to ``most`` values that occur more than once, and how often; null is a value.

    Told by 64-bit hashes first, of 8 bytes a value: a table of ten million names would take a
    gigabyte.
    """
    names = ids if pa.types.is_binary(ids.type) else ids.cast(pa.large_string())
    keys = raw_hashes(string_views(names))
    ordered = np.sort(keys)
    suspected = np.isin(keys, ordered[1:][ordered[1:] == ordered[:-1]])
    counts = pc.value_counts(ids.filter(pa.array(suspected)))
    values, numbers = counts.field("values"), counts.field("counts").to_numpy()
    places = np.flatnonzero(numbers > 1)[:most]
    return [(values[int(place)].as_py(), int(numbers[place])) for place in places]


def _with_given_ids(
    found: pa.Table, given_ids: pa.Table, touched: TouchedDocuments | None
) -> pa.Table:
    """``DUPLICATES`` by the user's ids, ``ROW_ID`` and ``KEEPER_ROW_ID``, in the order of rows."""
    row, keeper = (found.column(name).to_numpy() for name in ("id", "keeper_id"))
    keeper_run, keeper_row = np.zeros(len(found), np.int32), keeper
    if touched is not None:
        theirs = touched.given_ids()
        given_ids = pa.concat_tables([given_ids.cast(theirs.schema), theirs])
        keeper_run, keeper_row = touched.files.ids.told(keeper)
    given_ids = given_ids.sort_by("id")
    ids, given = given_ids.column("id").to_numpy(), given_ids.column(GIVEN_ID)
    kept_for = given.take(pa.array(np.searchsorted(ids, keeper)))
    columns = {
        **dict(zip(found.column_names, found.columns, strict=True)),
        "id": given.take(pa.array(np.searchsorted(ids, row))),
        "keeper_id": kept_for,
        "cluster_id": kept_for,
        "keeper_run": pa.array(keeper_run),
        ROW_ID: row,
        KEEPER_ROW_ID: keeper_row,
    }
    return pa.table({name: columns[name] for name in (*DUPLICATES.names, ROW_ID, KEEPER_ROW_ID)})

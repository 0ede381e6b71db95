"""What an index of phrases is made of: the files that hold texts, and what became of each document.

Of a run these are ``corpus/`` for what was kept, word for word as it is trained on, ``annotated/`` for what
left by a rule, a grade or as a duplicate, and ``extracted/`` for what is in quarantine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql.types import IntegralType, StringType

from jobs.runtime.contract.driver_tables import dataset_table, opened
from jobs.runtime.contract.manifest import read_manifest
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.contract.user_tables import UserTable
from jobs.runtime.errors import InputError
from jobs.runtime.store import storage
from jobs.tracing.layout import DROPPED, DUPLICATE, KEPT, QUARANTINED, TextFile, documents_schema
from udfs.columns.batch_columns import in_schema

CORPUS: Final = "corpus"
ANNOTATED: Final = "annotated"
EXTRACTED: Final = "extracted"
FATES: Final = ("dropped", "quarantined")
GRADES: Final = "quality"


@dataclass(frozen=True)
class IndexedDocuments:
    """Documents to index.

    Attributes:
        files: The Parquet files with their texts, not yet numbered.
        id_column: Column with their ids.
        text_column: Column with their texts.
        id_type: Arrow type of the ids.
        inputs: Fingerprint of each dataset that texts and fates come from.
        datasets: The same of those of a run: who asks later looks whether they still are what they were.
        documents: How many there are.
        table: The user's table; None: they are a run's.
    """

    files: tuple[TextFile, ...]
    id_column: str
    text_column: str
    id_type: pa.DataType
    inputs: dict[str, str]
    datasets: dict[str, str]
    documents: int
    table: UserTable | None = None


@dataclass(frozen=True)
class RunFates:
    """What became of a run's documents, by id, in memory.

    Attributes:
        kept: int64[documents], ascending: ids of the corpus.
        left: ``id, stage, reason, keeper_id, keeper_run`` of the ledger, by id.
        graded: ``id, grade``, by id.
    """

    kept: npt.NDArray[np.int64]
    left: pa.Table
    graded: pa.Table


def run_documents(context: RunContext) -> IndexedDocuments:
    """Return the documents of a published run.

    Raises:
        InputError: It was not published.
    """
    wanted = {name: context.manifest(name) for name in (CORPUS, ANNOTATED, EXTRACTED, *FATES)}
    graded = read_manifest(context.folder(GRADES))
    found = wanted if graded is None else {**wanted, GRADES: graded}
    files = [
        TextFile(name, storage.join(name, file.path), file.bytes, file.rows)
        for name in (CORPUS, ANNOTATED, EXTRACTED)
        for file in wanted[name].files
        if file.path.endswith(".parquet")
    ]
    fingerprints = {name: manifest.fingerprint for name, manifest in found.items()}
    documents = sum(wanted[name].rows for name in (CORPUS, *FATES))
    return IndexedDocuments(
        tuple(files), "id", "text", pa.int64(), fingerprints, fingerprints, documents
    )


def table_documents(table: UserTable) -> IndexedDocuments:
    """Return the documents of a table of the user's; all count as kept.

    Raises:
        InputError: Its ids are neither whole numbers nor text.
    """
    told = table.schema[table.id_column].dataType
    if not isinstance(told, (IntegralType, StringType)):
        raise InputError(
            f"--id-column {table.id_column} of {table.given} is {told.simpleString()}; documents are named "
            "by whole numbers or strings"
        )
    files = []
    for path in table.paths:
        with opened(path) as file:
            rows = file.metadata.num_rows
        files.append(TextFile("", path, storage.file_entry(path).size, rows))
    return IndexedDocuments(
        tuple(files),
        table.id_column,
        table.text_column,
        pa.int64() if isinstance(told, IntegralType) else pa.string(),
        {"table": table.fingerprint},
        {},
        sum(file.rows for file in files),
        table,
    )


def read_fates(context: RunContext) -> RunFates:
    """Read what became of a run's documents."""
    columns = ["id", "stage", "reason", "keeper_id", "keeper_run"]
    left = dataset_table(context, "dropped", columns).sort_by("id")
    graded = pa.table({"id": pa.array([], pa.int64()), "grade": pa.array([], pa.float64())})
    if read_manifest(context.folder(GRADES)) is not None:
        told = dataset_table(context, GRADES, ["id", "quality.grade"])
        graded = told.rename_columns(["id", "grade"]).sort_by("id")
    kept = np.sort(dataset_table(context, CORPUS, ["id"]).column("id").to_numpy())
    return RunFates(kept, left, graded)


def rows_of(dataset: str, rows: pa.Table, kept: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which rows of a text file are indexed from there: bool[rows].

    Args:
        dataset: The file's.
        rows: Its ``id`` and, of ``extracted``, ``status``.
        kept: Of :class:`RunFates`.
    """
    if dataset == ANNOTATED:
        return ~np.isin(rows.column("id").to_numpy(), kept)
    if dataset == EXTRACTED:
        status = rows.column("status")
        chosen: npt.NDArray[np.bool_] = pc.not_equal(status, "ok").to_numpy(zero_copy_only=False)
        return chosen
    return np.ones(len(rows), np.bool_)


def fates_of(
    dataset: str,
    rows: pa.Table,
    numbers: npt.NDArray[np.int64],
    fates: RunFates | None,
    id_type: pa.DataType,
) -> pa.Table:
    """Return ``documents_schema`` of rows of a text file.

    Args:
        dataset: The file's.
        rows: ``id``; of ``extracted`` also ``stage`` and ``status``.
        numbers: int64[rows]; of the documents.
        fates: None: a table of the user's.
        id_type: Arrow type of the ids.
    """
    told = pa.table({"document": numbers, "id": rows.column("id")})
    schema = documents_schema(id_type)
    if dataset == EXTRACTED:
        quarantined = told.append_column("reason", rows.column("status"))
        quarantined = quarantined.append_column("stage", rows.column("stage"))
        return in_schema(quarantined, schema, status=QUARANTINED)
    if fates is None:
        return in_schema(told, schema, status=KEPT)
    told = _with_facts(told, fates.graded)
    if dataset == CORPUS:
        return in_schema(told, schema, status=KEPT)
    told = _with_facts(told, fates.left)
    copied = pc.is_valid(told.column("keeper_id"))
    return in_schema(told.append_column("status", pc.if_else(copied, DUPLICATE, DROPPED)), schema)


def _with_facts(rows: pa.Table, facts: pa.Table) -> pa.Table:
    """The rows with the other columns of a table sorted by id; null where it lacks theirs."""
    known, wanted = (table.column("id").to_numpy() for table in (facts, rows))
    places = np.searchsorted(known, wanted)
    found = np.zeros(len(wanted), np.bool_)
    inside = places < len(known)
    found[inside] = known[places[inside]] == wanted[inside]
    taken = pa.array(places, mask=~found)
    for name in facts.column_names[1:]:
        rows = rows.append_column(name, facts.column(name).take(taken))
    return rows


def text_bytes(paths: Sequence[str], column: str) -> int:
    """Return the bytes of a column of Parquet files, unpacked, by their footers."""
    size = 0
    for path in paths:
        with opened(path) as file:
            place = file.schema_arrow.get_field_index(column)
            groups = map(file.metadata.row_group, range(file.num_row_groups))
            size += sum(group.column(place).total_uncompressed_size for group in groups)
    return size

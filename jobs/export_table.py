"""A dataset of a run → a table of a lake, by one commit."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Final

from jobs.lake.commits import RUN_COLUMN, write_once
from jobs.lake.table_names import LakeTable
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import MADE_BY
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.store import storage
from jobs.runtime.store.small_records import read_mapping

RUN_ID_NAME: Final = "_run_id.json"
RUN_ID_LENGTH: Final = 16
"""Iceberg keeps 16 characters of a file's smallest and largest string. Of longer ids it cannot tell that all
rows of a file are of one run, and refuses to replace them (seen with 32 characters, Iceberg 1.12.0)."""


def export_table(
    context: RunContext, table: LakeTable, dataset: str, partition_by: Sequence[str]
) -> str:
    """Write a dataset of a run into a table of a lake and return what the table now holds of it.

    Args:
        context: The run.
        table: Made where there is none.
        dataset: Folder of the run that holds rows.
        partition_by: Columns by which a new table is partitioned.

    Raises:
        InputError: There is no such dataset, or the table cannot be written.
        SettingsError: The table cannot take these rows.
    """
    rows, manifest = context.read(dataset, MADE_BY.get(dataset, "run"), carries_documents=True)
    own = run_id(context)
    run_of_rows = own if dataset == "corpus" else digest([own, dataset])[:RUN_ID_LENGTH]
    written = write_once(table, rows, run_of_rows, manifest.fingerprint, partition_by)
    said = f"written as {RUN_COLUMN} {run_of_rows}" if written.is_new else "were there already"
    return f"{table.name}@{written.version}: {manifest.rows:,} rows of {dataset}/ {said}"


def run_id(context: RunContext) -> str:
    """Return the id of a run, which it keeps as long as its OUTPUT: made when it is first asked for."""
    record = storage.join(context.output, RUN_ID_NAME)
    known = read_mapping(record)
    if known is None:
        known = {"run": uuid.uuid4().hex[:RUN_ID_LENGTH]}
        storage.write_text(record, json.dumps(known))
    return str(known["run"])

"""A table of a lake as files of OUTPUT: read once, at one snapshot, which the run keeps to.

Ids are places in files, and a file of a lake may be rewritten or expire any day. So the rows are copied
below ``OUTPUT/tables/``, with the snapshot in the manifest; what reads Parquet reads that.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import Final

from jobs.lake.copy_folders import COPIES, copy_name
from jobs.lake.snapshots import commits, read_version, version_to_read
from jobs.lake.table_names import LakeTable
from jobs.runtime.contract.manifest import PublishedFile, read_manifest
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, parquet_chunk, run_stage
from jobs.runtime.store import storage
from jobs.runtime.store.small_records import read_mapping

_PINS: Final = "_pins.json"
"""In ``tables/``: the snapshots of a command that has not ended well yet."""


@contextlib.contextmanager
def pinned_copies(context: RunContext, tables: Sequence[LakeTable]) -> Iterator[list[str]]:
    """Copy tables of a lake into OUTPUT and yield the folders of the copies, in the tables' order.

    A table named without a state is read at its newest. If the block fails, the same tables are read at the
    same snapshots by the next command on this OUTPUT, which goes on with the work; once one ends well, their
    newest snapshots count again, and copies of others are deleted.

    Args:
        context: The run.
        tables: As the user named them.

    Raises:
        InputError: A table or a state is not there.
        AccountingError: The copy has not as many rows as the table.
        StageError: Spark failed.
    """
    if not tables:
        yield []
        return
    record = storage.join(context.folder(COPIES), _PINS)
    pins = read_mapping(record) or {}
    chosen = {table: _version(context, table, pins) for table in tables}
    named = {table.name: version for table, version in chosen.items()}
    if named != pins:
        storage.write_text(record, json.dumps(named))
    folders = [_copy(context, table, version) for table, version in chosen.items()]
    yield folders
    _forget_others(context, folders)
    storage.delete_tree(record)


def _version(context: RunContext, table: LakeTable, pins: dict[str, int]) -> int:
    pinned = pins.get(table.name)
    if pinned is None or table.version is not None or table.time is not None:
        if table.version is not None:
            return table.version
        return version_to_read(table, commits(context.spark, table))
    context.reporter.note(
        f"{table.name}: goes on with snapshot {pinned}, which the command before began with; name another as "
        f"{table.name}@SNAPSHOT"
    )
    return pinned


def _copy(context: RunContext, table: LakeTable, version: int) -> str:
    dataset = f"{COPIES}/{copy_name(table, version)}"

    def accounts(files: Sequence[PublishedFile]) -> RowAccounts:
        rows = read_version(context.spark, table, version).count()
        return RowAccounts(rows_in=rows, rows_out=sum(file.rows for file in files))

    run_stage(
        context,
        Stage(
            name=f"read {table.name}",
            dataset=dataset,
            module="jobs.lake.pinned_copies",
            inputs={table.name: str(version)},
            configuration={},
            chunks=[parquet_chunk(lambda: read_version(context.spark, table, version))],
            account=accounts,
            details=lambda: {"table": f"{table.name}@{version}"},
        ),
    )
    return context.folder(dataset)


def _forget_others(context: RunContext, kept: Sequence[str]) -> None:
    base = context.folder(COPIES)
    found = {entry.path[len(base) + 1 :].split("/")[0] for entry in storage.list_files(base)}
    for name in found:
        folder = storage.join(base, name)
        if folder not in kept and read_manifest(folder) is not None:
            storage.delete_tree(folder)

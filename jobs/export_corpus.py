"""corpus/ → jsonl/, the same documents as compressed JSON lines, or a table of a lake, by one commit."""

from __future__ import annotations

import argparse
import functools
import json
import sys
import uuid
from collections.abc import Iterable, Iterator, Sequence

import pyarrow.parquet as pq

from jobs.command.opening import open_run
from jobs.command.running import run
from jobs.lake.commits import RUN_COLUMN, write_once
from jobs.lake.table_names import LakeTable, parse_lake_table
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import (
    MADE_BY,
    Manifest,
    PublishedFile,
    read_manifest,
    require_manifest,
)
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, run_stage
from jobs.runtime.errors import SettingsError
from jobs.runtime.store import storage
from jobs.runtime.store.small_records import read_mapping
from udfs.trainer_files.json_lines import write_json_lines

DATASET = "jsonl"
RUN_ID_NAME = "_run_id.json"
RUN_ID_LENGTH = 16
"""Iceberg keeps 16 characters of a file's smallest and largest string. Of longer ids it cannot tell that all
rows of a file are of one run, and refuses to replace them (findings/iceberg_string_bounds.sh)."""


def export_stage(context: RunContext) -> Manifest:
    """Write ``jsonl/`` beside ``corpus/``; each task turns one Parquet file into one of JSON lines.

    Raises:
        InputError: The publish stage has not run.
        AccountingError: A row was lost.
        StageError: Spark failed.
    """
    corpus = require_manifest(context.folder("corpus"), "publish")
    written: dict[str, int] = {}
    return run_stage(
        context,
        Stage(
            name="export",
            dataset=DATASET,
            module="jobs.export_corpus",
            inputs=_inputs(corpus),
            configuration={},
            chunks=[functools.partial(_write, context, corpus, written)],
            account=functools.partial(_account, corpus.rows, written),
            details=lambda: {"rows": written},
        ),
    )


def tell_outdated(context: RunContext) -> None:
    """Say so where ``jsonl/`` holds lines of an earlier corpus: whoever exported them keeps them."""
    lines = read_manifest(context.folder(DATASET))
    corpus = require_manifest(context.folder("corpus"), "publish")
    if lines is not None and lines.fingerprints["inputs"] != digest(_inputs(corpus)):
        context.reporter.note(
            f"{DATASET}/ holds lines of an earlier corpus: `corpusmill export {context.output}` makes them "
            "anew"
        )


def _inputs(corpus: Manifest) -> dict[str, str]:
    return {"corpus": corpus.fingerprint}


def _write(context: RunContext, corpus: Manifest, written: dict[str, int], folder: str) -> None:
    files = [file.path for file in corpus.files if file.path.endswith(".parquet")]
    pairs = [
        (storage.join(context.folder("corpus"), path), storage.join(folder, _name(number)))
        for number, path in enumerate(files)
    ]
    tasks = context.spark.sparkContext.parallelize(pairs, max(1, len(pairs)))
    written.update(tasks.mapPartitions(_converted).collect())


def _name(number: int) -> str:
    return f"part-{number:05d}.jsonl.zst"


def _converted(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, int]]:
    # Two attempts of a task write the same bytes under the same name, so either may win.
    for source, target in pairs:
        system, inner = storage.file_system(source)
        with (
            storage.open_output(target) as stream,
            pq.ParquetFile(inner, filesystem=system) as file,
        ):
            yield target.rsplit("/", 1)[1], write_json_lines(file, stream)


def _account(rows_in: int, written: dict[str, int], files: Sequence[PublishedFile]) -> RowAccounts:
    rows = sum(written.get(file.path, 0) for file in files)
    return RowAccounts(rows_in=rows_in, rows_out=rows)


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


def export_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill export`; with what a table holds, where it is asked to write one."""
    if arguments.to is None and (arguments.dataset or arguments.partition_by):
        raise SettingsError("--dataset and --partition-by are for a table: give --to TABLE")
    with open_run(arguments, arguments.run) as context:
        if arguments.to is None:
            export_stage(context)
            return None
        dataset = arguments.dataset or "corpus"
        return export_table(
            context, parse_lake_table(arguments.to), dataset, arguments.partition_by
        )


if __name__ == "__main__":  # spark-submit jobs/export_corpus.py
    from jobs.export_corpus import export_command  # what Spark ships must not belong to __main__

    sys.exit(run("export", export_command))

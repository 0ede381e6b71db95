"""corpus/ → jsonl/: the same documents as compressed JSON lines, one file for each corpus file."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Iterable, Iterator, Sequence

import pyarrow.parquet as pq

from jobs.command.opening import open_run
from jobs.command.running import run
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import (
    Manifest,
    PublishedFile,
    read_manifest,
    require_manifest,
)
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, run_stage
from jobs.runtime.store import storage
from udfs.trainer_files.json_lines import write_json_lines

DATASET = "jsonl"


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


def export_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill export`."""
    with open_run(arguments, arguments.run) as context:
        export_stage(context)
    return None


if __name__ == "__main__":  # spark-submit jobs/export_corpus.py
    from jobs.export_corpus import export_command  # what Spark ships must not belong to __main__

    sys.exit(run("export", export_command))

"""corpus/ → jsonl/ or partitioned/: the same documents as JSON lines, or in folders by values."""

from __future__ import annotations

import argparse
import contextlib
import functools
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.export_table import export_table
from jobs.ingest.carried_fields import ALL
from jobs.lake.table_names import parse_lake_table
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import (
    Manifest,
    PublishedFile,
    read_manifest,
    require_manifest,
)
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, run_stage
from jobs.runtime.errors import InputError, SettingsError
from jobs.runtime.spark.connect import run_apart
from jobs.runtime.spark.row_groups import ZSTD_LEVEL, row_group_bytes
from jobs.runtime.spark.schemas import CORPUS_COLUMNS
from jobs.runtime.store import storage
from udfs.trainer_files.json_lines import BATCH_ROWS, write_json_lines
from udfs.trainer_files.partitions import partitioned

LINES = "jsonl"
PARTITIONED = "partitioned"
MOST_PARTITIONS = 256
"""That one file of the corpus may fall into: each is a file held open, and small ones read slowly."""
MOST_NAME_BYTES = 255  # of a file or folder, on all file systems that are in use
MOST_HELD_BYTES = 64 << 20

Converter = Callable[[str, str, int], dict[str, int]]
"""Takes a file of the corpus, the folder to write to and the file's number; tells rows by file written."""


def export_stage(
    context: RunContext, partition_by: Sequence[str] = (), megabytes: float = 1
) -> Manifest:
    """Write ``jsonl/``, or ``partitioned/``, beside ``corpus/``; each task turns one file into others.

    Args:
        context: The run.
        partition_by: Columns of the corpus, or fields of its ``metadata``; none: JSON lines.
        megabytes: ``run.driver_megabytes``; 0 gives all work to Spark.

    Raises:
        InputError: The publish stage has not run, or a column cannot name folders.
        AccountingError: A row was lost.
        StageError: Spark failed.
    """
    corpus = require_manifest(context.folder("corpus"), "publish")
    own = context.own_tasks(megabytes)
    written: dict[str, int] = {}
    convert: Converter = _Partitions(tuple(partition_by)) if partition_by else _lines
    return run_stage(
        context,
        Stage(
            name="export",
            dataset=PARTITIONED if partition_by else LINES,
            module="jobs.export_corpus",
            inputs=_inputs(corpus),
            configuration={"partition_by": list(partition_by)} if partition_by else {},
            chunks=[functools.partial(_write, context, own, corpus, convert, written)],
            account=functools.partial(_account, corpus.rows, written),
            details=lambda: {"rows": written, "partition_by": list(partition_by)},
            own_tasks=own,
        ),
    )


def require_partitions(names: Sequence[str], carried: Sequence[str]) -> None:
    """Refuse what rows of the corpus cannot be parted by.

    Args:
        names: Columns, or fields of ``metadata``.
        carried: ``ingest.carry`` of the run.

    Raises:
        InputError: One is neither, is given twice, or begins so that nobody would read its folders.
    """
    columns = [name for name in CORPUS_COLUMNS if name not in ("id", "text", "metadata")]
    for name in names:
        if name not in (*columns, *carried) and (ALL not in carried or name in CORPUS_COLUMNS):
            raise InputError(
                f"the corpus cannot be parted by {name!r}: wanted one of {', '.join(columns)}, or a column "
                f"that the run keeps by --carry ({', '.join(carried) or 'none here'})"
            )
        if name.startswith(("_", ".")):
            raise InputError(
                f"the corpus cannot be parted by {name!r}: Arrow, Spark and others pass over folders whose "
                "names begin with _ or a dot; call the column otherwise"
            )
    if len(set(names)) < len(names):
        raise InputError(f"partitions by {', '.join(names)}: give each column once")


def tell_outdated(context: RunContext) -> None:
    """Say so where an export holds an earlier corpus: whoever exported it keeps it."""
    corpus = require_manifest(context.folder("corpus"), "publish")
    for dataset in (LINES, PARTITIONED):
        made = read_manifest(context.folder(dataset))
        if made is not None and made.fingerprints["inputs"] != digest(_inputs(corpus)):
            by = ",".join(made.details.get("partition_by", ()))
            words = f"{context.output} --partition-by {by}" if by else context.output
            context.reporter.note(
                f"{dataset}/ holds an earlier corpus: `corpusmill export {words}` makes it anew"
            )


def _inputs(corpus: Manifest) -> dict[str, str]:
    return {"corpus": corpus.fingerprint}


def _write(
    context: RunContext,
    own_tasks: OwnTasks | None,
    corpus: Manifest,
    convert: Converter,
    written: dict[str, int],
    folder: str,
) -> None:
    paths = [file.path for file in corpus.files if file.path.endswith(".parquet")]
    files = [
        (storage.join(context.folder("corpus"), path), folder, number)
        for number, path in enumerate(paths)
    ]
    if own_tasks is not None:
        own_tasks.run(iter(files), lambda file: written.update(convert(*file)), len(files))
        return
    # Two attempts of a task write the same bytes under the same name, so either may win.
    written.update(run_apart(context.spark, lambda file: convert(*file), files))


def _lines(source: str, folder: str, number: int) -> dict[str, int]:
    name = f"part-{number:05d}.jsonl.zst"
    with storage.open_output(storage.join(folder, name)) as stream, _opened(source) as file:
        return {name: write_json_lines(file, stream)}


@dataclass(frozen=True)
class _Partitions:
    """Writes the rows of a file of the corpus into a file for each of their partitions."""

    names: tuple[str, ...]

    def __call__(self, source: str, folder: str, number: int) -> dict[str, int]:
        rows: dict[str, int] = {}
        with contextlib.ExitStack() as stack, _opened(source) as file:
            writers: dict[str, _GroupWriter] = {}
            for batch in file.iter_batches(BATCH_ROWS):
                for partition, piece in partitioned(batch, self.names):
                    self._require_short(partition, source)
                    path = f"{partition}/part-{number:05d}.parquet"
                    if path not in writers:
                        self._require_few(writers, source)
                        target = stack.enter_context(
                            storage.open_output(storage.join(folder, path))
                        )
                        writers[path] = stack.enter_context(_GroupWriter(target, piece.schema))
                    writers[path].write(piece)
                    rows[path] = rows.get(path, 0) + len(piece)
                if sum(writer.held_bytes for writer in writers.values()) > MOST_HELD_BYTES:
                    for writer in writers.values():
                        writer.flush()
        return rows

    def _require_few(self, writers: Collection[str], source: str) -> None:
        if len(writers) == MOST_PARTITIONS:
            examples = ", ".join(list(writers)[:3])
            raise InputError(
                f"{source} falls into more than {MOST_PARTITIONS} partitions by {', '.join(self.names)} "
                f"({examples}, …): choose columns of fewer values"
            )

    def _require_short(self, partition: str, source: str) -> None:
        longest = max(partition.split("/"), key=len)
        if len(longest) > MOST_NAME_BYTES:
            raise InputError(
                f"{source}: {longest[:60]}… would be a folder of {len(longest)} bytes, and a name has at "
                f"most {MOST_NAME_BYTES}: part the corpus by columns of short values"
            )


class _GroupWriter:
    """A Parquet file whose rows are gathered to row groups of the size that our datasets have."""

    def __init__(self, target: BinaryIO, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(
            target, schema, compression="zstd", compression_level=ZSTD_LEVEL
        )
        self._enough = row_group_bytes(schema)
        self._held: list[pa.RecordBatch] = []
        self.held_bytes = 0

    def __enter__(self) -> _GroupWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.flush()
        self._writer.close()

    def write(self, rows: pa.RecordBatch) -> None:
        self._held.append(rows)
        self.held_bytes += rows.nbytes
        if self.held_bytes >= self._enough:
            self.flush()

    def flush(self) -> None:
        if self._held:
            self._writer.write_table(pa.Table.from_batches(self._held))
        self._held, self.held_bytes = [], 0


@contextlib.contextmanager
def _opened(source: str) -> Iterator[pq.ParquetFile]:
    # driver_tables.opened would call the corpus damaged where the disk that is written to is full.
    system, inner = storage.file_system(source)
    with pq.ParquetFile(inner, filesystem=system) as file:
        yield file


def _account(rows_in: int, written: dict[str, int], files: Sequence[PublishedFile]) -> RowAccounts:
    rows = sum(written.get(file.path, 0) for file in files)
    return RowAccounts(rows_in=rows_in, rows_out=rows)


def export_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill export` with the folder written, or with what a table of a lake holds now."""
    given = arguments.partition_by
    names = [name.strip() for name in given.split(",")] if given is not None else ()
    if arguments.to is not None:
        table = parse_lake_table(arguments.to)
        with open_run(arguments, arguments.run, made=True) as context:
            return export_table(context, table, arguments.dataset or "corpus", names)
    if arguments.dataset is not None:
        raise SettingsError("--dataset is for a table of a lake: give --to TABLE")
    recipe = open_recipe(arguments, arguments.run)
    require_partitions(names, recipe.ingest.carry)
    with open_run(arguments, arguments.run, made=True) as context:
        export_stage(context, names, recipe.run.driver_megabytes)
    return context.folder(PARTITIONED if names else LINES)


if __name__ == "__main__":  # spark-submit jobs/export_corpus.py
    from jobs.export_corpus import export_command  # what Spark ships must not belong to __main__

    sys.exit(run("export", export_command))

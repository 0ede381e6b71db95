"""sources → extracted/: text and metadata of every document, or the named reason why not."""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.dedup.file_bitmaps import quoted
from jobs.ingest.extract_sources import SourceExtractor
from jobs.ingest.source_files import (
    SourceFile,
    former_sources,
    list_sources,
    read_plan,
    require_all_unchanged,
    sources_fingerprint,
)
from jobs.ingest.source_groups import SourceChanges, source_changes, source_groups, with_plan
from jobs.ingest.source_tasks import source_tasks, task_rows
from jobs.ingest_documents import DATASET as DOCUMENTS
from jobs.ingest_documents import ingest_stage, reading_accounts
from jobs.recipes.recipe import Recipe
from jobs.runtime.contract.chunks import Division
from jobs.runtime.contract.driver_tables import write_batches
from jobs.runtime.contract.manifest import Manifest, require_manifest
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.stage import (
    RunContext,
    Stage,
    parquet_chunk,
    run_stage,
    status_accounts,
)
from jobs.runtime.contract.user_tables import open_user_table, raw_content_types, require_apart
from jobs.runtime.errors import DamagedRecordError, StageError
from jobs.runtime.spark.arrow_frames import map_batches, map_with_schema
from jobs.runtime.spark.schemas import EXTRACTED, SOURCE_TASKS
from jobs.runtime.spark.shipped_code import ship
from jobs.runtime.store import storage
from jobs.runtime.store.small_records import read_mapping
from jobs.runtime.user_code import code_digest, import_place
from udfs.extract_batches import ExtractBatches
from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.guard.quarantine import FATAL_STATUSES, MAXIMUM_KNOWN, Failure, reader_versions

DATASET = "extracted"
FAILURE_COLUMNS = ("content_hash", "status", "detail")


def extract_stage(
    context: RunContext,
    sources: Sequence[SourceFile],
    recipe: Recipe,
    changes: SourceChanges | None = None,
) -> Manifest:
    """Read all documents of the sources into ``extracted/``; the bytes are read once and written nowhere.

    Of sources that were added only these are read: chunks of the others are kept.

    Args:
        context: The run.
        sources: Files, as ``list_sources`` numbers them.
        recipe: Limits and names of fields, extraction.
        changes: Since the run was last made, for the manifest.

    Raises:
        SettingsError: A reader of the user's cannot be imported.
        StageError: Spark failed, or a file changed while it was read.
    """
    code = {ending: _digest_of(place) for ending, place in recipe.ingest.readers.items()}
    groups = source_groups(context.folder(DATASET), sources, recipe.run.chunk_gigabytes)
    remote = any(storage.is_remote(file.path) for file in sources)
    own = None if remote else context.own_tasks(recipe.run.driver_megabytes)
    write = functools.partial(_write_chunk, context, recipe)
    if own is not None:
        write = functools.partial(_write_chunk_here, context, recipe, own)
    return run_stage(
        context,
        Stage(
            name="extract",
            dataset=DATASET,
            module="jobs.extract_text",
            inputs={
                "sources": sources_fingerprint(sources),
                **{f"reader {ending}": found for ending, found in code.items()},
            },
            configuration={
                "extract": asdict(recipe.extract),
                "ingest": recipe.ingest.model_dump(exclude={"keep_content"}),
            },
            chunks=[with_plan(group, functools.partial(write, group)) for group in groups],
            division=Division("sources", [sources_fingerprint(group) for group in groups]),
            details=lambda: {"changes": changes and changes.facts()},
            account=functools.partial(
                reading_accounts, context, DATASET, len(sources), here=own is not None
            ),
            own_tasks=own,
        ),
    )


def extract_inputs(context: RunContext, inputs: Sequence[str], recipe: Recipe) -> Manifest:
    """Read files, folders, globs and prefixes into ``extracted/``, and list them in ``documents/``.

    Raises:
        InputError: An input names nothing.
        StageError: Spark failed, or a file changed while it was read.
    """
    sources = list_sources(inputs, context.output, recipe.ingest.paths_prefix)
    former = former_sources(context.output)
    changes = source_changes(former, sources)
    if former and any(changes):
        context.reporter.note(str(changes))
    manifest = extract_stage(context, sources, recipe, changes if former else None)
    ingest_stage(context, sources, recipe, manifest)
    return manifest


def extracted_columns(
    documents: DataFrame,
    options: ExtractionOptions,
    quarantined: Mapping[str, Failure] | None = None,
) -> DataFrame:
    """Return the documents with ``content`` replaced by the columns of an extraction.

    Args:
        documents: ``content`` binary or string, and any of ``url``, ``declared_charset``,
            ``is_text``; all other columns are carried through.
        options: Limits and choices.
        quarantined: Fatal documents of earlier runs by content hash; they are not parsed again.
    """
    return map_batches(documents, ExtractBatches(options, quarantined or {}))


def extract_user_table(
    context: RunContext, given: str, id_column: str | None, text_column: str | None, recipe: Recipe
) -> Manifest:
    """Extract raw files, or the raw documents in a column of the user's Parquet, into ``extracted``.

    Without column names the input is files of any kind and ``documents`` is written too; with them
    it is Parquet, and the result keeps the user's ids under the user's column name.

    Raises:
        InputError: The input cannot be used.
        StageError: Spark failed.
    """
    if id_column is None and text_column is None:
        return extract_inputs(context, [given], recipe)
    require_apart(given, context.output)
    table = open_user_table(
        context.session, given, id_column, text_column, text_types=raw_content_types()
    )

    def extracted() -> DataFrame:
        content = F.col(quoted(table.text_column)).alias("content")
        rows = table.read(context.spark).select(quoted(table.id_column), content)
        return extracted_columns(rows, recipe.extract)

    return run_stage(
        context,
        Stage(
            name="extract",
            dataset=DATASET,
            module="jobs.extract_text",
            inputs={"table": table.fingerprint},
            configuration=asdict(recipe.extract),
            chunks=[parquet_chunk(extracted)],
            account=lambda files: status_accounts(context.read_files(DATASET, files)),
        ),
    )


def _write_chunk(
    context: RunContext, recipe: Recipe, sources: Sequence[SourceFile], folder: str
) -> None:
    parquet_chunk(functools.partial(_extracted, context, sources, recipe))(folder)
    rows = context.spark.read.parquet(storage.spark_read_path(folder))
    fatal = rows.where(F.col("status").isin(*FATAL_STATUSES))
    found = fatal.select(*FAILURE_COLUMNS).dropDuplicates(["content_hash"])
    met = found.orderBy("content_hash").limit(MAXIMUM_KNOWN).collect()
    remember_failures(context, recipe.extract, met, recipe.ingest.readers)


def _extracted(context: RunContext, sources: Sequence[SourceFile], recipe: Recipe) -> DataFrame:
    ship(context.spark, recipe.ingest.readers.values())
    files = source_tasks(context.spark, sources, recipe.run.partitions)
    known = known_failures(context, recipe.extract, recipe.ingest.readers)
    reader = SourceExtractor(recipe.ingest, recipe.extract, known)
    return map_with_schema(files, reader, EXTRACTED)


def _write_chunk_here(
    context: RunContext,
    recipe: Recipe,
    own_tasks: OwnTasks,
    sources: Sequence[SourceFile],
    folder: str,
) -> None:
    """The same, made in this process: by threads, each with a parser child, which does the work."""
    known = known_failures(context, recipe.extract, recipe.ingest.readers)
    reader = SourceExtractor(recipe.ingest, recipe.extract, known)
    rows = task_rows(sources, context.threads)
    fatal: list[Mapping[str, str]] = []

    def told(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            lost = pc.is_in(batch.column("status"), value_set=pa.array(FATAL_STATUSES))
            fatal.extend(batch.filter(lost).select(list(FAILURE_COLUMNS)).to_pylist())
            yield batch

    def read(number: int, files: Iterator[dict[str, object]]) -> None:
        given = (pa.RecordBatch.from_pylist([file], schema=SOURCE_TASKS) for file in files)
        write_batches(folder, number, EXTRACTED, told(reader(given)))

    try:
        own_tasks.share(rows, read)
    except RuntimeError as error:  # a parser child that does not start, or too many that die
        raise StageError(f"stage extract failed: {error}") from error
    remember_failures(context, recipe.extract, fatal, recipe.ingest.readers)


def _digest_of(place: str) -> str:
    import_place(place)
    return code_digest([place])


def known_failures(
    context: RunContext, options: ExtractionOptions, readers: Mapping[str, str] | None = None
) -> dict[str, Failure]:
    """Return status and detail by content hash of what these options and versions of readers met."""
    try:
        told = read_mapping(_failures_path(context, options, readers)) or {}
        return {key: (status, detail) for key, (status, detail) in told.items()}
    except (DamagedRecordError, TypeError, ValueError):  # each document gets a new chance
        return {}


def remember_failures(
    context: RunContext,
    options: ExtractionOptions,
    rows: Sequence[Mapping[str, str] | Row],
    readers: Mapping[str, str] | None = None,
) -> None:
    """Add fatal documents: ``content_hash``, ``status`` and ``detail`` of each.

    They are skipped by later chunks, by a resumed run, and when the input has grown; with other
    options or other versions of the readers every document gets a new chance.
    """
    if rows:
        found = {row["content_hash"]: (row["status"], row["detail"]) for row in rows}
        text = json.dumps({**known_failures(context, options, readers), **found}, sort_keys=True)
        storage.write_text(_failures_path(context, options, readers), text)


def _failures_path(
    context: RunContext, options: ExtractionOptions, readers: Mapping[str, str] | None
) -> str:
    versions = reader_versions() | {
        ending: _digest_of(at) for ending, at in (readers or {}).items()
    }
    decisive = json.dumps([asdict(options), versions], sort_keys=True)
    key = hashlib.sha256(decisive.encode()).hexdigest()[:16]
    return storage.join(context.folder("_work/extract"), f"fatal-{key}.json")


def extract_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill extract` with the folder of texts."""
    recipe = open_recipe(arguments)
    made = arguments.output is None
    with open_run(arguments, arguments.output or arguments.input, made=made) as context:
        if arguments.output is None:
            require_manifest(context.folder(DOCUMENTS), "ingest")
            sources = read_plan(context.folder(DOCUMENTS))
            require_all_unchanged(sources)
            extract_stage(context, sources, recipe)
        else:
            extract_user_table(
                context, arguments.input, arguments.id_column, arguments.text_column, recipe
            )
    return context.folder(DATASET)


if __name__ == "__main__":  # spark-submit jobs/extract_text.py
    from jobs.extract_text import extract_command  # what Spark ships must not belong to __main__

    sys.exit(run("extract", extract_command))

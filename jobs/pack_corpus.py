"""corpus/, or a table → packed/: token ids in rows of one length, and the files that trainers open."""

from __future__ import annotations

import argparse
import functools
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pyarrow.parquet as pq

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.lake.snapshots import commits, read_version, version_to_read
from jobs.lake.table_names import is_lake_table, require_lake_table
from jobs.packing.documents import require_columns
from jobs.packing.opened_tokeniser import OpenedTokeniser, open_tokeniser
from jobs.packing.own_documents import OwnDocuments, own_chunk
from jobs.packing.packing_estimate import estimate_text
from jobs.packing.packing_stage import DATASET, PackSource, pack_stage
from jobs.packing.row_files import TRAIN, files_of
from jobs.packing.spark_documents import SparkDocuments, packing_columns
from jobs.packing.trainer_formats import format_stages, require_formats
from jobs.recipes.recipe import Recipe
from jobs.report import tell_packing
from jobs.report.packing_facts import PAGE_NAME
from jobs.report.packing_page import ROWS_SHOWN, render_packing_page
from jobs.runtime.amounts import counted, share
from jobs.runtime.contract.chunks import by_bytes
from jobs.runtime.contract.manifest import Manifest, read_manifest, require_manifest
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.contract.table_parts import count_rows
from jobs.runtime.contract.user_tables import chosen_columns, open_user_table, require_apart
from jobs.runtime.errors import InputError, SettingsError
from jobs.runtime.spark.parquet_frames import read_parquet
from jobs.runtime.store import storage
from udfs.trainer_files.tokenising.engines import load_decoder


def corpus_source(context: RunContext, folder: str, recipe: Recipe) -> PackSource:
    """Return the corpus of a run.

    Raises:
        InputError: It was not published, or a column that the settings name is not there.
    """
    corpus = storage.join(storage.absolute(folder), "corpus")
    manifest = require_manifest(corpus, "publish")

    files = [file for file in manifest.files if file.path.endswith(".parquet")]
    if not manifest.rows:
        raise InputError(f"{corpus} holds no document: there is nothing to pack")
    parts = by_bytes(files, lambda file: file.bytes, recipe.run.chunk_gigabytes)
    chunks = [[storage.join(corpus, file.path) for file in part] for part in parts]

    def documents(paths: Sequence[str]) -> SparkDocuments:
        rows = read_parquet(context.spark, paths, carries_documents=True)
        return SparkDocuments(packing_columns(rows, "id", "text", recipe.pack))

    system, inner = storage.file_system(chunks[0][0])
    schema = pq.read_schema(inner, filesystem=system)
    require_columns(schema.names, recipe.pack)
    by_spark = [functools.partial(documents, paths) for paths in chunks]
    here = [own_chunk(paths, schema, "id", "text", recipe.pack) for paths in chunks]
    source = PackSource(manifest.fingerprint, manifest.rows, by_spark, [*map(len, chunks)])
    return _read_here(context, source, here, recipe)


def table_source(
    context: RunContext, given: str, id_column: str | None, text_column: str | None, recipe: Recipe
) -> PackSource:
    """Return a Parquet table of the user's.

    Raises:
        InputError: It cannot be used, or holds no document.
    """
    require_apart(given, context.output)
    table = open_user_table(context.session, given, id_column, text_column)
    columns = (table.id_column, table.text_column)
    count = count_rows(table.paths)
    if not count:
        raise InputError(f"{given} holds no document: there is nothing to pack")

    def documents() -> SparkDocuments:
        rows = table.read(context.spark)
        return SparkDocuments(packing_columns(rows, *columns, recipe.pack))

    require_columns(table.schema.names, recipe.pack)
    here = None
    if table.arrow is not None:
        here = own_chunk(table.paths, table.arrow, *columns, recipe.pack)
    source = PackSource(table.fingerprint, count, [documents], [len(table.paths)])
    return _read_here(context, source, [here], recipe)


def snapshot_documents(
    context: RunContext, given: str, id_column: str | None, text_column: str | None, recipe: Recipe
) -> SparkDocuments:
    """Return the newest rows of a table of a lake, or those of the state that is named, uncopied.

    Raises:
        InputError: It is not there, or a column is missing.
    """
    table = require_lake_table(given)
    version = version_to_read(table, commits(context.spark, table))
    rows = read_version(context.spark, table, version)
    columns = chosen_columns(rows.schema, given, id_column, text_column)
    require_columns(rows.columns, recipe.pack)
    context.reporter.note(f"{table.name}@{version} is looked at")
    return SparkDocuments(packing_columns(rows, *columns, recipe.pack))


def _read_here(
    context: RunContext,
    source: PackSource,
    here: Sequence[Callable[[], OwnDocuments] | None],
    recipe: Recipe,
) -> PackSource:
    """The source with readers of this process, where it has one for every part and does without Spark."""
    own_tasks = functools.partial(context.own_tasks, recipe.run.driver_megabytes)
    readers = [reader for reader in here if reader is not None]
    if own_tasks() is None or len(readers) < len(source.by_spark):
        return source
    return replace(source, here=readers, own_tasks=own_tasks)


def pack_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill pack` with where the rows are and what they hold, or an estimate."""
    arguments.overrides += _overrides(arguments)
    run_folder = is_run(arguments.input)
    recipe = open_recipe(arguments, arguments.input if run_folder else None)
    tokeniser = open_tokeniser(arguments.tokenizer, recipe.pack)
    require_formats(recipe.pack, tokeniser)
    output = arguments.output or (arguments.input if run_folder else None)
    if output is None:
        raise SettingsError(f"{arguments.input} is no run folder: give OUTPUT, where its rows go")
    columns = (arguments.id_column, arguments.text_column)
    with open_run(arguments, output, writes=not arguments.dry_run) as context:
        if is_lake_table(arguments.input):  # which a command that writes has copied
            documents = snapshot_documents(context, arguments.input, *columns, recipe)
            return estimate_text([lambda: documents], tokeniser, recipe.pack)
        if run_folder:
            source = corpus_source(context, arguments.input, recipe)
        else:
            source = table_source(context, arguments.input, *columns, recipe)
        if arguments.dry_run:
            return estimate_text(source.chunks, tokeniser, recipe.pack)
        manifest = pack_stage(context, source, tokeniser, recipe.pack)
        format_stages(context, manifest, tokeniser, recipe.pack, source.own_tasks)
        page = write_page(context, manifest, tokeniser)
        if run_folder and output == arguments.input:
            tell_packing(context)
    return f"{_summary(manifest)}\n{page}"


def write_page(context: RunContext, manifest: Manifest, tokeniser: OpenedTokeniser) -> str:
    """Write packed.html beside ``packed/`` and return its path."""
    path = storage.join(context.output, PAGE_NAME)
    first = next(iter(files_of(TRAIN, manifest.files)), None)
    rows: list[dict[str, Any]] = []
    if first is not None:
        system, inner = storage.file_system(storage.join(context.folder(DATASET), first.path))
        with pq.ParquetFile(inner, filesystem=system) as file:
            rows = next(file.iter_batches(batch_size=ROWS_SHOWN)).to_pylist()
    decode = load_decoder(tokeniser.file)
    page = render_packing_page(manifest.details, manifest.created_at, rows, decode)
    storage.write_text(path, page)
    return path


def is_run(folder: str) -> bool:
    """Say whether a path is that of a run whose corpus was published."""
    corpus = storage.join(storage.absolute(folder), "corpus")
    return not storage.absolute(folder).endswith(".parquet") and read_manifest(corpus) is not None


def _overrides(arguments: argparse.Namespace) -> list[str]:
    given = {
        "strategy": arguments.packing,
        "length": arguments.length,
        "seed": arguments.seed,
        "bos_token": arguments.bos_token,
        "eos_token": arguments.eos_token,
        "pad_token": arguments.pad_token,
        "special_tokens_in_text": True if arguments.special_tokens_in_text else None,
        "padded": False if arguments.no_padding else None,
        "validation": arguments.validation,
        "group_by": arguments.group_by,
        "mix_by": arguments.mix_by,
        "weights": parsed_weights(arguments.weight) or None,
        "formats": arguments.format or None,
    }
    # JSON is YAML, and says where a token such as [EOS] begins and ends.
    return [f"pack.{key}={json.dumps(value)}" for key, value in given.items() if value is not None]


def parsed_weights(given: Sequence[str]) -> dict[str, float]:
    """Return ``--weight`` values as a mapping.

    Raises:
        SettingsError: One is not VALUE=NUMBER.
    """
    weights = {}
    for text in given:
        value, separator, weight = text.rpartition("=")
        try:
            weights[value] = float(weight)
        except ValueError:
            separator = ""
        if not separator:
            raise SettingsError(f"--weight {text}: write VALUE=EPOCHS, for example --weight zh=2")
    return weights


def _summary(manifest: Manifest) -> str:
    lines = []
    for split, facts in manifest.details["splits"].items():
        if facts:
            padding = share(facts["padding"], facts["tokens"] + facts["padding"])
            lines.append(
                f"{split:<12} {counted(facts['documents'], 'document'):>22}  "
                f"{counted(facts['tokens'], 'token'):>22}  {counted(facts['rows'], 'row'):>16}  "
                f"{padding} padding  {counted(facts['cut_documents'], 'document')} cut"
            )
    for value, row in manifest.details["epochs"].items():
        lines.append(
            f"{value:<12} {counted(row['documents'], 'document'):>22}  seen {row['epochs']:g} times "
            f"(weight {row['weight']:g})"
        )
    return "\n".join(lines)


if __name__ == "__main__":  # spark-submit jobs/pack_corpus.py
    from jobs.pack_corpus import pack_command  # what Spark ships must not belong to __main__

    sys.exit(run("pack", pack_command))

"""annotated/ → duplicates/: which living documents say the same, and which one stays for them."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.decide_verdicts import judged_by_arrow, surviving, surviving_table
from jobs.dedup.cluster_columns import CLUSTER_COLUMNS
from jobs.dedup.driver_search import search_tables
from jobs.dedup.earlier_files import EarlierFiles, are_read_here
from jobs.dedup.earlier_frames import open_known_documents
from jobs.dedup.earlier_runs import EarlierRuns, open_earlier_runs
from jobs.dedup.file_bitmaps import without_rows
from jobs.dedup.own_table import OwnTable, open_table
from jobs.dedup.published_signatures import (
    sign_here,
    sign_stage,
    signature_chunk,
)
from jobs.dedup.signatures import sign, sign_table, signs_tables
from jobs.dedup.spark_table import DATASET, SparkTable, duplicates_of
from jobs.dedup.touched_documents import TouchedDocuments, gather
from jobs.planning import six_permutations_notice
from jobs.recipes.recipe import Recipe
from jobs.runtime.contract.chunks import Division, files_by_chunk
from jobs.runtime.contract.driver_tables import table_chunk, works_here
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import Manifest, PublishedFile, require_manifest
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import (
    RunContext,
    Stage,
    StageWork,
    all_rows_out,
    parquet_chunk,
    run_stage,
)
from jobs.runtime.contract.user_tables import open_user_table, require_apart
from jobs.runtime.errors import InputError, SettingsError
from jobs.runtime.spark.schemas import RUN_DUPLICATES
from jobs.verdicts.expressions import LANGUAGE

NAMES = {"id": "id", "text": "text"}  # of the corpus of a run


def dedup_stage(context: RunContext, recipe: Recipe, against: Sequence[str] = ()) -> Manifest:
    """Sign the documents that the verdicts let live, and find the duplicates among them.

    Args:
        context: The run.
        recipe: Its settings of deduplication.
        against: Folders of earlier runs: their documents stay, and copies of them leave here.

    Raises:
        InputError: The decide stage has not run, or an earlier run cannot be compared with.
        StageError: Spark failed.
    """
    verdicts = require_manifest(context.folder("verdicts"), "decide")
    annotated = require_manifest(context.folder("annotated"), "annotate")
    earlier = open_earlier_runs(against, recipe.dedup)
    inputs = {"verdicts": verdicts.fingerprint}
    here = (
        (earlier is None or are_read_here(earlier, pa.int64()))
        and signs_tables(recipe.dedup)
        and judged_by_arrow(context)
        and verdicts.accounts.rows_out <= recipe.dedup.max_driver_documents
        and works_here(context, recipe.run.driver_megabytes, annotated)
    )
    if here:
        write = _search_tables(context, recipe, annotated, earlier)
    else:
        write = _search_frames(context, recipe, annotated, earlier)
    return run_stage(
        context,
        Stage(
            name="dedup",
            dataset=DATASET,
            module="jobs.find_duplicates",
            inputs={**inputs, **_earlier_inputs(earlier)},
            configuration={**recipe.dedup.search, "mode": recipe.dedup.mode},
            chunks=[write],
            account=functools.partial(_account, recipe, verdicts.accounts.rows_out),
            details=lambda: _details(recipe, earlier),
            in_driver=here,
        ),
    )


def _search_frames(
    context: RunContext,
    recipe: Recipe,
    annotated: Manifest,
    earlier: EarlierRuns | None,
) -> Callable[[str], None]:
    """Publish the signatures; return what writes the duplicates."""

    def documents(files: Sequence[PublishedFile] | None = None) -> DataFrame:
        return surviving(context, files).withColumn("language", F.col(LANGUAGE))

    def signed(files: Sequence[PublishedFile]) -> DataFrame:
        return sign(documents(files), recipe.dedup)

    def found() -> DataFrame:
        known = None if earlier is None else open_known_documents(context, earlier)
        duplicates = duplicates_of(context, recipe.dedup, documents(), signatures, known)
        return _with_source_ids(context, duplicates).select(*RUN_DUPLICATES.names)

    chunks = files_by_chunk(annotated)
    parts = [
        StageWork(signature_chunk(functools.partial(signed, chunk))) for chunk in chunks.values()
    ]
    division = Division("annotated", [*chunks])
    inputs = _signed_inputs(context, annotated)
    signatures = sign_stage(context, recipe.dedup, inputs, parts, NAMES, division=division)
    return parquet_chunk(found)


def _search_tables(
    context: RunContext,
    recipe: Recipe,
    annotated: Manifest,
    earlier: EarlierRuns | None,
) -> Callable[[str], None]:
    """The same, made in this process."""
    columns = ["id", "text", "url", "source", "source_id", "language"]
    chunks = files_by_chunk(annotated)

    @functools.cache
    def documents(chunk: str) -> pa.Table:
        rows = surviving_table(context, [*columns[:-1], LANGUAGE], chunks[chunk])
        return rows.rename_columns(columns)

    def signed(chunk: str) -> pa.Table:
        return sign_table(documents(chunk), recipe.dedup)

    signatures = sign_here(
        context,
        recipe.dedup,
        _signed_inputs(context, annotated),
        [functools.partial(signed, chunk) for chunk in chunks],
        NAMES,
        Division("annotated", [*chunks]),
    )

    def write(folder: str) -> None:
        touched = None
        if earlier is not None:
            files = EarlierFiles(earlier, pa.int64(), OwnTasks(context.threads))
            touched = gather(signatures.select, files, recipe.dedup)
            if touched is None:  # more of them matter than this process may hold
                _search_frames(context, recipe, annotated, earlier)(folder)
                return
        rows = pa.concat_tables(map(documents, chunks))
        table_chunk(lambda: _duplicate_table(rows, signatures, recipe, touched))(folder)

    return write


def _signed_inputs(context: RunContext, annotated: Manifest) -> dict[str, str]:
    """What signatures are made from: documents, and who of them lives. Other documents change neither."""
    verdicts = context.manifest("verdicts")
    judged = digest([verdicts.details["rules"], verdicts.fingerprints["code"]])
    return {"annotated": annotated.fingerprint, "judged": judged}


def _with_source_ids(context: RunContext, duplicates: DataFrame) -> DataFrame:
    """Duplicates of a run with what their sources call them, and their keepers of this run."""
    judged, _ = context.read("verdicts", "decide")
    names = judged.select("id", "source_id")
    keepers = judged.select(
        F.col("id").alias("keeper_id"),
        F.lit(0).alias("keeper_run"),
        F.col("source_id").alias("keeper_source_id"),
    )
    return duplicates.join(names, "id", "left").join(keepers, ["keeper_id", "keeper_run"], "left")


def _duplicate_table(
    documents: pa.Table, signatures: pa.Table, recipe: Recipe, touched: TouchedDocuments | None
) -> pa.Table:
    found = search_tables(documents, signatures, recipe.dedup, touched)
    keeper = found.column("keeper_id").to_numpy()
    runs, keepers = np.zeros(len(found), np.int32), keeper
    if touched is not None:
        runs, keepers = touched.files.ids.told(keeper)
    ids, names = documents.column("id").combine_chunks(), documents.column("source_id")
    columns = {
        **dict(zip(found.column_names, found.columns, strict=True)),
        "keeper_id": pa.array(keepers),
        "keeper_run": pa.array(runs),
        # The number of an earlier run's document is no id of this one.
        "source_id": names.take(pc.index_in(found.column("id"), value_set=ids)),
        "keeper_source_id": names.take(pc.index_in(found.column("keeper_id"), value_set=ids)),
    }
    return pa.table({name: columns[name] for name in RUN_DUPLICATES.names})


def without_duplicates(context: RunContext, documents: DataFrame) -> DataFrame:
    """Return the documents that deduplication leaves: all of them when it only annotates.

    Raises:
        InputError: The dedup stage has not run.
    """
    duplicates, manifest = context.read(DATASET, "dedup")
    if manifest.details["mode"] == "annotate":
        return documents
    return without_rows(documents, duplicates.select("id"))


def dedup_user_table(
    context: RunContext,
    given: str,
    id_column: str | None,
    text_column: str | None,
    recipe: Recipe,
    against: Sequence[str] = (),
) -> None:
    """Write ``corpus`` (all columns of the rows kept) and ``duplicates`` (with the user's ids).

    Args:
        context: Where to.
        given: Parquet of the user's.
        id_column: Column with the user's ids; None means ``id``.
        text_column: Column with the text; None means ``text``.
        recipe: Its settings of deduplication.
        against: Folders that this function filled before.

    Raises:
        InputError: The table cannot be used, or an earlier result cannot be compared with.
        StageError: Spark failed.
    """
    require_apart(given, context.output)
    table = open_user_table(context.session, given, id_column, text_column)
    _require_fitting_settings(recipe, given, table.schema.names)
    earlier = open_earlier_runs(against, recipe.dedup)
    opened = open_table(context, table, recipe.dedup, earlier)
    inputs = {"table": table.fingerprint}
    names = {"id": table.id_column, "text": table.text_column}
    account = functools.partial(_account_unique, opened)
    signatures = sign_stage(context, recipe.dedup, inputs, [opened.signing()], names, account)
    stage = functools.partial(
        Stage.of_work,
        module="jobs.find_duplicates",
        inputs={**inputs, **_earlier_inputs(earlier)},
        configuration={**recipe.dedup.search, "mode": recipe.dedup.mode},
    )
    duplicates = run_stage(
        context,
        stage(
            opened.searching(signatures),
            name="dedup",
            dataset=DATASET,
            account=functools.partial(_account, recipe, signatures.count),
            details=lambda: _details(recipe, earlier),
        ),
    )
    removed = duplicates.accounts.rows_dropped
    run_stage(
        context,
        stage(
            opened.publishing(),
            name="publish",
            dataset="corpus",
            account=functools.partial(table.account_kept, signatures.count, removed),
        ),
    )


def _earlier_inputs(earlier: EarlierRuns | None) -> dict[str, str]:
    return {} if earlier is None else {"against": earlier.fingerprint}


def _details(recipe: Recipe, earlier: EarlierRuns | None) -> dict[str, object]:
    return {"mode": recipe.dedup.mode, "against": [] if earlier is None else earlier.told()}


def _account_unique(opened: SparkTable | OwnTable, files: Sequence[PublishedFile]) -> RowAccounts:
    """Refuse ids given twice: whoever leaves out the rows that duplicates/ names would lose a keeper."""
    repeated = opened.repeated_ids(files)
    if repeated:
        shown = ", ".join(f"{given!r} ({rows} rows)" for given, rows in repeated)
        raise InputError(
            f"--id-column {opened.table.id_column} of {opened.table.given}: ids are given more than once, "
            f"e.g. {shown}. Name a column that tells rows apart, or number the rows."
        )
    return all_rows_out(files)


def _require_fitting_settings(recipe: Recipe, given: str, columns: Sequence[str]) -> None:
    unit = recipe.dedup.passages.unit
    if unit != "none":
        raise SettingsError(
            f"dedup.passages.unit={unit} cuts text while a run is published; the texts of a table of your "
            "own are left as they are: set it to none, or use `corpusmill run`."
        )
    taken = sorted(set(CLUSTER_COLUMNS) & set(columns))
    if taken and recipe.dedup.mode == "annotate":
        raise InputError(
            f"{given} has {', '.join(taken)} already, which mode annotate adds: rename the "
            "column, or set dedup.mode to remove."
        )


def _account(recipe: Recipe, rows_in: int, files: Sequence[PublishedFile]) -> RowAccounts:
    found = sum(file.rows for file in files)
    removed = found if recipe.dedup.mode == "remove" else 0
    return RowAccounts(rows_in=rows_in, rows_out=rows_in - removed, rows_dropped=removed)


def dedup_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill dedup` with the folder of duplicates, or of what a table keeps."""
    for name in ("preset", "threshold"):
        if getattr(arguments, name) is not None:
            arguments.overrides.append(f"dedup.{name}={getattr(arguments, name)}")
    recipe = search_recipe(arguments)
    made = arguments.output is None
    with open_run(arguments, arguments.output or arguments.input, made=made) as context:
        if arguments.output is None:
            dedup_stage(context, recipe, arguments.against)
        else:
            dedup_user_table(
                context,
                arguments.input,
                arguments.id_column,
                arguments.text_column,
                recipe,
                arguments.against,
            )
    return context.folder(DATASET if made else "corpus")


def search_recipe(arguments: argparse.Namespace) -> Recipe:
    """Return the recipe of a command that looks for duplicates; say what a weak preset will miss."""
    recipe = open_recipe(arguments)
    notice = six_permutations_notice(recipe.dedup)
    if notice and not arguments.quiet:
        sys.stderr.write(f"{notice}\n")
    return recipe


if __name__ == "__main__":  # spark-submit jobs/find_duplicates.py
    from jobs.find_duplicates import dedup_command  # what Spark ships must not belong to __main__

    sys.exit(run("dedup", dedup_command))

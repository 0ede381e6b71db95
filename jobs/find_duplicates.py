"""annotated/ → duplicates/: which living documents say the same, and which one stays for them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.command_line import main
from jobs.decide_verdicts import surviving
from jobs.dedup import find_duplicates
from jobs.dedup.cluster_columns import CLUSTER_COLUMNS, cluster_rows, with_clusters
from jobs.dedup.file_bitmaps import without_rows
from jobs.recipes.recipe import Recipe
from jobs.runtime import storage
from jobs.runtime.errors import InputError
from jobs.runtime.manifest import Manifest, PublishedFile, RowAccounts, require_manifest
from jobs.runtime.stage import RunContext, Stage, parquet_chunk, run_stage
from jobs.runtime.user_tables import ROW_ID, UserTable, open_user_table
from jobs.verdicts.expressions import LANGUAGE

DATASET = "duplicates"
WORK_FOLDER = "_work/dedup"


def dedup_stage(context: RunContext, recipe: Recipe) -> Manifest:
    """Find the duplicates among the documents that the verdicts let live.

    Raises:
        InputError: The decide stage has not run.
        StageError: Spark failed.
    """
    verdicts = require_manifest(context.folder("verdicts"), "decide")

    def documents() -> DataFrame:
        return surviving(context).withColumn("language", F.col(LANGUAGE))

    return run_stage(
        context,
        Stage(
            name="dedup",
            dataset=DATASET,
            module="jobs.find_duplicates",
            inputs={"verdicts": verdicts.fingerprint},
            configuration=recipe.dedup.model_dump(),
            chunks=[parquet_chunk(lambda: _duplicates(context, recipe, documents()))],
            account=functools.partial(_account, recipe, verdicts.accounts.rows_out),
            details=lambda: {"mode": recipe.dedup.mode},
        ),
    )


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
    context: RunContext, given: str, id_column: str | None, text_column: str | None, recipe: Recipe
) -> None:
    """Write ``corpus`` (all columns of the rows kept) and ``duplicates`` (with the user's ids).

    Raises:
        InputError: The table cannot be used.
        StageError: Spark failed.
    """
    table = open_user_table(context.spark, given, id_column, text_column)
    rows = table.read(context.spark)
    if recipe.dedup.mode == "annotate":
        _require_free_names(given, rows.columns)
    stage = functools.partial(
        Stage,
        module="jobs.find_duplicates",
        inputs={"table": table.fingerprint},
        configuration=recipe.dedup.model_dump(),
    )
    count = rows.count()
    run_stage(
        context,
        stage(
            name="dedup",
            dataset=DATASET,
            chunks=[parquet_chunk(lambda: _user_duplicates(context, recipe, table))],
            account=functools.partial(_account, recipe, count),
            details=lambda: {"mode": recipe.dedup.mode},
        ),
    )
    run_stage(
        context,
        stage(
            name="publish",
            dataset="corpus",
            chunks=[parquet_chunk(lambda: _user_corpus(context, recipe, table))],
            account=functools.partial(_account_kept, context, count),
        ),
    )


def _duplicates(context: RunContext, recipe: Recipe, documents: DataFrame) -> DataFrame:
    work_folder = storage.spark_path(context.folder(WORK_FOLDER))
    return find_duplicates(documents, recipe.dedup, work_folder)


def _user_duplicates(context: RunContext, recipe: Recipe, table: UserTable) -> DataFrame:
    rows = table.read(context.spark)
    documents = rows.withColumns({"id": F.col(ROW_ID), "text": F.col(table.text_column)})
    found = _duplicates(context, recipe, documents).withColumnRenamed("id", ROW_ID)
    ids = rows.select(ROW_ID, table.id_column)
    keepers = ids.select(
        F.col(ROW_ID).alias("keeper_row_id"), F.col(table.id_column).alias("keeper_id")
    )
    found = found.withColumnRenamed("keeper_id", "keeper_row_id")
    named = found.join(ids, ROW_ID).join(keepers, "keeper_row_id")
    return named.select(
        F.col(table.id_column).alias("id"),
        "keeper_id",
        "similarity",
        "kind",
        F.col("keeper_id").alias("cluster_id"),
        "cluster_size",
        "n_exact",
        ROW_ID,
        "keeper_row_id",
    )


def _user_corpus(context: RunContext, recipe: Recipe, table: UserTable) -> DataFrame:
    duplicates, _ = context.read(DATASET, "dedup")
    rows = table.read(context.spark)
    if recipe.dedup.mode == "remove":
        return without_rows(rows, duplicates.select(ROW_ID), ROW_ID).drop(ROW_ID)
    clusters = cluster_rows(duplicates, row_id=ROW_ID, keeper_row_id="keeper_row_id")
    marked = with_clusters(rows, clusters, row_id=ROW_ID, given_id=table.id_column)
    return marked.drop(ROW_ID)


def _require_free_names(given: str, columns: Sequence[str]) -> None:
    taken = sorted(set(CLUSTER_COLUMNS) & set(columns))
    if taken:
        raise InputError(
            f"{given} has {', '.join(taken)} already, which mode annotate adds: rename the "
            "column, or set dedup.mode to remove."
        )


def _account(recipe: Recipe, rows_in: int, files: Sequence[PublishedFile]) -> RowAccounts:
    found = sum(file.rows for file in files)
    removed = found if recipe.dedup.mode == "remove" else 0
    return RowAccounts(rows_in=rows_in, rows_out=rows_in - removed, rows_dropped=removed)


def _account_kept(context: RunContext, rows_in: int, files: Sequence[PublishedFile]) -> RowAccounts:
    removed = require_manifest(context.folder(DATASET), "dedup").accounts.rows_dropped
    kept = sum(file.rows for file in files)
    return RowAccounts(rows_in=rows_in, rows_out=kept, rows_dropped=removed)


if __name__ == "__main__":  # spark-submit jobs/find_duplicates.py
    sys.exit(main(["dedup", *sys.argv[1:]]))

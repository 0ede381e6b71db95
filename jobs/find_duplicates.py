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
from jobs.recipes.recipe import Recipe
from jobs.runtime import storage
from jobs.runtime.manifest import Manifest, PublishedFile, RowAccounts, require_manifest
from jobs.runtime.stage import RunContext, Stage, parquet_chunk, run_stage
from jobs.runtime.user_tables import ROW_ID, UserTable, open_user_table

DATASET = "duplicates"
WORK_FOLDER = "_work/dedup"


def dedup_stage(context: RunContext, recipe: Recipe) -> Manifest:
    """Find the duplicates among the documents that the verdicts let live.

    Raises:
        InputError: The decide stage has not run.
        StageError: Spark failed.
    """
    verdicts = require_manifest(context.folder("verdicts"), "decide")
    return run_stage(
        context,
        Stage(
            name="dedup",
            dataset=DATASET,
            module="jobs.find_duplicates",
            inputs={"verdicts": verdicts.fingerprint},
            configuration=recipe.dedup.model_dump(),
            chunks=[parquet_chunk(lambda: _duplicates(context, recipe, surviving(context)))],
            account=functools.partial(_account, verdicts.accounts.rows_out),
        ),
    )


def dedup_user_table(
    context: RunContext, given: str, id_column: str | None, text_column: str | None, recipe: Recipe
) -> None:
    """Write ``corpus`` (all columns of the rows kept) and ``duplicates`` (with the user's ids).

    Raises:
        InputError: The table cannot be used.
        StageError: Spark failed.
    """
    table = open_user_table(context.spark, given, id_column, text_column)
    stage = functools.partial(
        Stage,
        module="jobs.find_duplicates",
        inputs={"table": table.fingerprint},
        configuration=recipe.dedup.model_dump(),
    )
    rows = table.read(context.spark).count()
    run_stage(
        context,
        stage(
            name="dedup",
            dataset=DATASET,
            chunks=[parquet_chunk(lambda: _user_duplicates(context, recipe, table))],
            account=functools.partial(_account, rows),
        ),
    )
    run_stage(
        context,
        stage(
            name="publish",
            dataset="corpus",
            chunks=[parquet_chunk(lambda: _user_corpus(context, table))],
            account=functools.partial(_account_kept, context, rows),
        ),
    )


def _duplicates(context: RunContext, recipe: Recipe, documents: DataFrame) -> DataFrame:
    work_folder = storage.spark_path(context.folder(WORK_FOLDER))
    return find_duplicates(documents, recipe.dedup, work_folder)


def _user_duplicates(context: RunContext, recipe: Recipe, table: UserTable) -> DataFrame:
    rows = table.read(context.spark)
    documents = rows.select(F.col(ROW_ID).alias("id"), F.col(table.text_column).alias("text"))
    found = _duplicates(context, recipe, documents).withColumnRenamed("id", ROW_ID)
    ids = rows.select(ROW_ID, table.id_column)
    keepers = ids.select(
        F.col(ROW_ID).alias("keeper_row_id"), F.col(table.id_column).alias("keeper_id")
    )
    found = found.withColumnRenamed("keeper_id", "keeper_row_id")
    named = found.join(ids, ROW_ID).join(keepers, "keeper_row_id")
    identifier = F.col(table.id_column).alias("id")
    return named.select(
        identifier,
        "keeper_id",
        "similarity",
        "kind",
        F.col("keeper_id").alias("cluster_id"),
        "cluster_size",
        "n_exact",
        ROW_ID,
    )


def _user_corpus(context: RunContext, table: UserTable) -> DataFrame:
    duplicates, _ = context.read(DATASET, "dedup")
    rows = table.read(context.spark)
    # Only ids travel; a sort-merge join would carry all text through the network.
    return rows.join(F.broadcast(duplicates.select(ROW_ID)), ROW_ID, "left_anti").drop(ROW_ID)


def _account(rows_in: int, files: Sequence[PublishedFile]) -> RowAccounts:
    removed = sum(file.rows for file in files)
    return RowAccounts(rows_in=rows_in, rows_out=rows_in - removed, rows_dropped=removed)


def _account_kept(context: RunContext, rows_in: int, files: Sequence[PublishedFile]) -> RowAccounts:
    removed = require_manifest(context.folder(DATASET), "dedup").rows
    kept = sum(file.rows for file in files)
    return RowAccounts(rows_in=rows_in, rows_out=kept, rows_dropped=removed)


if __name__ == "__main__":  # spark-submit jobs/find_duplicates.py
    sys.exit(main(["dedup", *sys.argv[1:]]))

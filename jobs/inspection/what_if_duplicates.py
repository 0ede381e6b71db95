"""A finished run and other thresholds → what would change, in seconds; nothing of the run is written."""

from __future__ import annotations

import argparse
import functools
from dataclasses import replace

import numpy as np
from pyspark.sql import functions as F

from jobs.command.opening import open_recipe, open_run
from jobs.dedup import find_duplicates
from jobs.inspection.run_tables import RunTables
from jobs.inspection.what_if import WhatIf, ask_what_if
from jobs.inspection.what_if_text import what_if_json, what_if_text
from jobs.recipes.recipe import Recipe
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.store import storage
from jobs.verdicts.expressions import LANGUAGE, alive

WORK_FOLDER = "_work/what_if"


def what_if(
    tables: RunTables,
    recipe: Recipe,
    samples: int,
    *,
    as_json: bool,
    context: RunContext | None = None,
) -> str:
    """Return the answer to print.

    Args:
        tables: The run.
        recipe: The rules to ask, and the settings of deduplication.
        samples: Documents shown of those gained, and of those lost.
        as_json: Whether to print JSON.
        context: The run in a Spark session, to search for duplicates among the documents that would
            live; None leaves duplicates as they are.

    Raises:
        InputError: The run is not finished.
        StageError: Spark failed.
    """
    answer = ask_what_if(tables, recipe)
    if context is not None:
        answer = replace(answer, removed_then=search_again(context, recipe, answer))
    return what_if_json(answer) if as_json else what_if_text(answer, tables, samples)


def search_again(context: RunContext, recipe: Recipe, answer: WhatIf) -> np.ndarray:
    """Return ``(id, keeper_id)`` of the duplicates among the documents that would live, int64 (m, 2).

    Raises:
        StageError: Spark failed.
    """
    annotated, _ = context.read("annotated", "annotate", carries_documents=True)
    living = annotated.where(alive(answer.then.rules)).withColumn("language", F.col(LANGUAGE))
    folder = storage.join(context.output, WORK_FOLDER)
    try:
        found = find_duplicates(living, recipe.dedup, storage.spark_path(folder))
        pairs = found.select("id", "keeper_id").collect()
    finally:
        storage.delete_tree(folder)
    return np.array([tuple(pair) for pair in pairs], dtype=np.int64).reshape(-1, 2)


def what_if_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill whatif`."""
    recipe, tables = open_recipe(arguments, arguments.run), RunTables(arguments.run)
    answer = functools.partial(what_if, tables, recipe, arguments.samples, as_json=arguments.json)
    if not arguments.dedup:
        return answer()
    with open_run(arguments, arguments.run, made=True) as context:
        return answer(context=context)

"""survivors → quality/: a grade from 0 to 5 for what is still alive; the dearest signal comes last."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.decide_verdicts import judged_by_arrow, surviving, surviving_table
from jobs.dedup.file_bitmaps import quoted
from jobs.find_duplicates import without_duplicates
from jobs.models.run_models import grader_digest, grader_languages, require_graded
from jobs.recipes.recipe import Recipe
from jobs.recipes.rules import ResolvedRule, is_grade_rule
from jobs.recipes.stored_recipe import judged_rules
from jobs.runtime.contract.driver_tables import dataset_table, mapped, table_chunk, works_here
from jobs.runtime.contract.manifest import Manifest, PublishedFile, read_manifest, require_manifest
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, all_rows_out, parquet_chunk, run_stage
from jobs.runtime.contract.user_tables import open_user_table, require_apart
from jobs.runtime.errors import MissingRequirementError
from jobs.runtime.spark.arrow_frames import map_batches
from jobs.runtime.store.node_copies import NodeCopy
from jobs.verdicts.array_verdicts import SignalTable, asked_by_arrow, signal_columns
from jobs.verdicts.expressions import LANGUAGE, failing, verdict_columns
from jobs.verdicts.thresholds import is_relative, resolve, resolve_by
from udfs.grade_batches import GradeBatches

DATASET = "quality"


def require_grader(folder: str | None, languages: Sequence[str]) -> str:
    """Return a grader's folder after opening it.

    Raises:
        MissingRequirementError: None was given, or it cannot be used, or not for the languages.
    """
    if folder is None:
        raise MissingRequirementError("grading needs a trained grader: give --grader FOLDER")
    require_graded(folder, languages)
    return folder


def grade_stage(context: RunContext, recipe: Recipe, grader: str) -> Manifest:
    """Grade the documents that verdicts and deduplication let live.

    Raises:
        InputError: A stage before has not run.
        StageError: Spark failed.
    """
    verdicts = require_manifest(context.folder("verdicts"), "decide")
    duplicates = require_manifest(context.folder("duplicates"), "dedup")
    rules = [rule for rule in recipe.rules if is_grade_rule(rule)]
    annotated = require_manifest(context.folder("annotated"), "annotate")
    plain = asked_by_arrow(rules) and not any(map(is_relative, rules))
    here = (
        plain
        and judged_by_arrow(context)
        and works_here(context, recipe.run.driver_megabytes, annotated)
    )
    if here:
        resolved, _ = resolve_by(rules, {}, lambda *_: {})  # no bound asks for counts
        chunk = table_chunk(lambda: _grade_table(context, grader))
    else:
        resolved, _ = resolve(rules, surviving(context), {})
        chunk = parquet_chunk(lambda: _grades(context, grader))
    return run_stage(
        context,
        Stage(
            name="grade",
            dataset=DATASET,
            module="jobs.grade_quality",
            inputs={
                "verdicts": verdicts.fingerprint,
                "duplicates": duplicates.fingerprint,
                "grader": grader_digest(grader),
            },
            configuration={"rules": [rule.model_dump() for rule in rules]},
            chunks=[chunk],
            account=functools.partial(_account_here if here else _account, context, resolved),
            details=lambda: {
                "rules": [rule.model_dump() for rule in resolved],
                "languages": grader_languages(grader),
            },
            in_driver=here,
        ),
    )


def grade_user_table(
    context: RunContext, given: str, id_column: str | None, text_column: str | None, grader: str
) -> Manifest:
    """Grade Parquet of the user's: ``quality`` holds the user's id column and the grades.

    Raises:
        InputError: The table cannot be used.
        StageError: Spark failed.
    """
    require_apart(given, context.output)
    table = open_user_table(context.session, given, id_column, text_column)
    rows = table.read(context.spark)
    wanted = rows.select(quoted(table.id_column), F.col(quoted(table.text_column)).alias("text"))
    return run_stage(
        context,
        Stage(
            name="grade",
            dataset=DATASET,
            module="jobs.grade_quality",
            inputs={"table": table.fingerprint, "grader": grader_digest(grader)},
            configuration={},
            chunks=[
                parquet_chunk(lambda: map_batches(wanted, GradeBatches(NodeCopy.of(grader).path)))
            ],
            account=all_rows_out,
        ),
    )


def grade_verdicts(context: RunContext) -> DataFrame | None:
    """Return the graded documents with their verdict columns, or None when nothing was graded."""
    manifest = read_manifest(context.folder(DATASET))
    if manifest is None:
        return None
    grades, _ = context.read(DATASET, "grade")
    return grades.select("id", *verdict_columns(judged_rules(manifest)))


def grade_verdict_table(
    context: RunContext, files: Sequence[PublishedFile] | None = None
) -> pa.Table | None:
    """The same by Arrow, in this process."""
    manifest = read_manifest(context.folder(DATASET))
    if manifest is None:
        return None
    return _judged(context, judged_rules(manifest), files)


def _judged(
    context: RunContext,
    rules: Sequence[ResolvedRule],
    files: Sequence[PublishedFile] | None = None,
) -> pa.Table:
    names = sorted({LANGUAGE, *(signal for rule in rules for signal in rule.signals)})
    read = functools.partial(dataset_table, context, DATASET, files=files)
    signals = SignalTable(signal_columns(read, ["id", *names]))
    verdicts = signals.verdicts(rules)
    return verdicts.add_column(0, "id", signals.table.column("id"))


def _grade_table(context: RunContext, grader: str) -> pa.Table:
    """The rows of :func:`_grades`, made in this process."""
    living = surviving_table(context, ["id", "text", LANGUAGE])
    if context.manifest("duplicates").details["mode"] != "annotate":
        gone = dataset_table(context, "duplicates", ["id"]).column("id").combine_chunks()
        living = living.filter(pc.invert(pc.is_in(living.column("id"), value_set=gone)))
    codes = living.column(LANGUAGE).combine_chunks().cast(pa.string())
    language = pa.StructArray.from_arrays([codes], names=["language"])
    wanted = living.select(["id", "text"]).append_column("language", language)
    return mapped(wanted, GradeBatches(NodeCopy.of(grader).path))


def _grades(context: RunContext, grader: str) -> DataFrame:
    living = without_duplicates(context, surviving(context))
    # The rules may differ by language, so it travels along.
    wanted = living.select("id", "text", F.struct(LANGUAGE).alias("language"))
    return map_batches(wanted, GradeBatches(NodeCopy.of(grader).path))


def _account(
    context: RunContext, rules: Sequence[ResolvedRule], files: Sequence[PublishedFile]
) -> RowAccounts:
    grades = context.read_files(DATASET, files)
    low = functools.reduce(lambda a, b: a | b, map(failing, rules), F.lit(False))
    rows_in, dropped = grades.count(), grades.where(low).count()
    return RowAccounts(rows_in=rows_in, rows_out=rows_in - dropped, rows_dropped=dropped)


def _account_here(
    context: RunContext, rules: Sequence[ResolvedRule], files: Sequence[PublishedFile]
) -> RowAccounts:
    reasons = _judged(context, rules, files).column("reason")
    living = reasons.null_count
    return RowAccounts(rows_in=len(reasons), rows_out=living, rows_dropped=len(reasons) - living)


def grade_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill grade` with the folder of grades."""
    recipe = open_recipe(arguments, None if arguments.output else arguments.input)
    grader = require_grader(arguments.grader, recipe.grade.languages)
    made = arguments.output is None
    with open_run(arguments, arguments.output or arguments.input, made=made) as context:
        if arguments.output is None:
            grade_stage(context, recipe, grader)
        else:
            grade_user_table(
                context, arguments.input, arguments.id_column, arguments.text_column, grader
            )
    return context.folder(DATASET)


if __name__ == "__main__":  # spark-submit jobs/grade_quality.py
    from jobs.grade_quality import grade_command  # what Spark ships must not belong to __main__

    sys.exit(run("grade", grade_command))

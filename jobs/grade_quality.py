"""survivors → grades/, quality/: a grade from 0 to 5 for what is still alive; the dearest signal comes last.

A grade is a matter of its text and the grader alone. So ``grades/`` keeps what was given, chunk by chunk of
``annotated/``, and a run that has grown grades what is new in it. ``quality/`` is made of these, not of
texts: grades of the documents that verdicts and deduplication let live now. Whoever of an old chunk did not
live then, because a rule was moved or the copy that it gave way to has left, is graded for it.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.decide_verdicts import judged_by_arrow, surviving, surviving_table
from jobs.dedup.file_bitmaps import quoted, without_rows
from jobs.find_duplicates import without_duplicates
from jobs.models.run_models import grader_digest, grader_languages, require_graded
from jobs.recipes.recipe import Recipe
from jobs.recipes.rules import ResolvedRule, is_grade_rule
from jobs.recipes.stored_recipe import judged_rules
from jobs.runtime.contract.chunks import Division, files_by_chunk
from jobs.runtime.contract.driver_tables import (
    dataset_table,
    mapped,
    rows_without,
    table_chunk,
    works_here,
)
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
GIVEN = "grades"
DATASETS = (GIVEN, DATASET)


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
    """Grade the documents that verdicts and deduplication let live; return the manifest of ``quality/``.

    Raises:
        InputError: A stage before has not run.
        StageError: Spark failed.
    """
    verdicts = require_manifest(context.folder("verdicts"), "decide")
    duplicates = require_manifest(context.folder("duplicates"), "dedup")
    annotated = require_manifest(context.folder("annotated"), "annotate")
    rules = [rule for rule in recipe.rules if is_grade_rule(rule)]
    small = judged_by_arrow(context) and works_here(context, recipe.run.driver_megabytes, annotated)
    given = _give(context, annotated, grader, here=small)
    here = small and asked_by_arrow(rules) and not any(map(is_relative, rules))
    if here:
        resolved, _ = resolve_by(rules, {}, lambda *_: {})  # no bound asks for counts
        chunk = table_chunk(lambda: _grade_table(context, grader))
    else:
        resolved, _ = resolve(rules, surviving(context), {})
        chunk = parquet_chunk(lambda: _grades(context, grader))
    return run_stage(
        context,
        Stage(
            name="judge-grades",
            dataset=DATASET,
            module="jobs.grade_quality",
            inputs={
                "verdicts": verdicts.fingerprint,
                "duplicates": duplicates.fingerprint,
                GIVEN: given.fingerprint,
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


def _give(context: RunContext, annotated: Manifest, grader: str, *, here: bool) -> Manifest:
    """Grade chunk by chunk who lives; grades of a chunk that was there are kept, whoever lives of it now."""

    def write(files: Sequence[PublishedFile]) -> Callable[[str], None]:
        if here:
            return table_chunk(lambda: _graded(_living_table(context, files), grader))
        return parquet_chunk(lambda: _graded_frame(_living(context, files), grader))

    chunks = files_by_chunk(annotated)
    return run_stage(
        context,
        Stage(
            name="grade",
            dataset=GIVEN,
            module="jobs.grade_quality",
            inputs={"annotated": annotated.fingerprint, "grader": grader_digest(grader)},
            configuration={},
            chunks=[write(files) for files in chunks.values()],
            division=Division("annotated", [*chunks]),
            account=all_rows_out,
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
    given = dataset_table(context, GIVEN)
    living = _living_table(context)
    late = rows_without(living, given.column("id"))
    ids = living.column("id").combine_chunks()
    kept = given.filter(pc.is_in(given.column("id"), value_set=ids))
    if not late.num_rows:
        return kept
    return pa.concat_tables([kept, _graded(late, grader).cast(kept.schema)])


def _living_table(context: RunContext, files: Sequence[PublishedFile] | None = None) -> pa.Table:
    """The rows of :func:`_living`, read by this process."""
    living = surviving_table(context, ["id", "text", LANGUAGE], files)
    if context.manifest("duplicates").details["mode"] != "annotate":
        living = rows_without(living, dataset_table(context, "duplicates", ["id"]).column("id"))
    codes = living.column(LANGUAGE).combine_chunks().cast(pa.string())
    language = pa.StructArray.from_arrays([codes], names=["language"])
    return living.select(["id", "text"]).append_column("language", language)


def _graded(living: pa.Table, grader: str) -> pa.Table:
    return mapped(living, GradeBatches(NodeCopy.of(grader).path))


def _grades(context: RunContext, grader: str) -> DataFrame:
    """The grades of all who live now: those given, and of late ones."""
    given, _ = context.read(GIVEN, "grade")
    living = _living(context)
    kept = given.join(living.select("id"), "id", "left_semi")
    if living.select("id").join(given.select("id"), "id", "left_anti").isEmpty():
        return kept  # no text is read for nothing
    late = _graded_frame(without_rows(living, given.select("id")), grader)
    return kept.unionByName(late)


def _living(context: RunContext, files: Sequence[PublishedFile] | None = None) -> DataFrame:
    """Id, text and language of the documents that verdicts and deduplication let live."""
    living = without_duplicates(context, surviving(context, files))
    # The rules may differ by language, so it travels along.
    return living.select("id", "text", F.struct(LANGUAGE).alias("language"))


def _graded_frame(living: DataFrame, grader: str) -> DataFrame:
    return map_batches(living, GradeBatches(NodeCopy.of(grader).path))


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

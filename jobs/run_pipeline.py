"""The whole pipeline in order; stages that are up to date are skipped, broken ones resume."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from jobs.annotate_text import absent_signals, annotate_stage, annotator
from jobs.command.opening import fetched_tables, open_models, open_run
from jobs.command.running import run
from jobs.contamination.given_benchmarks import GivenBenchmarks, open_benchmarks
from jobs.contamination.spark_table import DATASET as MATCHES
from jobs.decide_verdicts import decide_stage
from jobs.dedup.earlier_runs import require_comparable
from jobs.dedup.signatures import require_columns
from jobs.export_corpus import export_stage, require_partitions, tell_outdated
from jobs.extract_text import extract_inputs
from jobs.find_duplicates import dedup_stage, search_recipe
from jobs.grade_quality import DATASETS as GRADES
from jobs.grade_quality import grade_stage
from jobs.ingest.source_files import require_inputs
from jobs.ingest_documents import take_inputs
from jobs.match_benchmarks import match_stage
from jobs.models.perplexity.lmplz_training import require_lmplz
from jobs.models.run_models import RunModels
from jobs.publish_corpus import publish_stage
from jobs.recipes.exclusions import excluding_rules
from jobs.recipes.loading import load_recipe
from jobs.recipes.recipe import Recipe
from jobs.recipes.signal_catalogue import signal_fields
from jobs.recipes.stored_recipe import store_recipe
from jobs.report_run import report_run
from jobs.runtime.contract.manifest import MADE_BY
from jobs.runtime.contract.paid_work import require_named
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.contract.stage_chunks import require_claimable
from jobs.runtime.spark.schemas import CORPUS_COLUMNS
from jobs.runtime.store import storage
from jobs.train_perplexity import DATASET as MODELS
from jobs.train_perplexity import MODEL_DATASET, train_stage
from jobs.verdicts.sql_rules import require_expressions
from jobs.verdicts.thresholds import why_missing


def run_pipeline(
    context: RunContext,
    inputs: Sequence[str],
    recipe: Recipe,
    models: RunModels,
    against: Sequence[str] = (),
    benchmarks: GivenBenchmarks | None = None,
) -> str:
    """Bring every stage of a run up to date and return the path of report.html.

    Args:
        context: The run.
        inputs: Files, folders, globs and prefixes.
        recipe: What becomes of a document.
        models: Given ones.
        against: Folders of earlier runs whose documents are not to be had a second time.
        benchmarks: What documents are compared with.

    Raises:
        CorpusmillError: A stage cannot go on; what is finished stays and a rerun goes on from there.
    """
    excluding_rules(recipe.exclude)  # a fault in the list is told before hours of extraction
    perplexity = models.perplexity
    trains = perplexity is None and recipe.asks_for("perplexity")
    left_out = _left_out(context, models, benchmarks, trains=trains)
    if context.most_lost is not None:
        require_named(context.output, left_out)
    _tell_unjudged(context, recipe, models, benchmarks)
    require_expressions(lambda: context.spark, recipe.rules, recipe.annotators)
    extract_inputs(context, inputs, recipe)
    if trains:
        train_stage(context, recipe)
        perplexity = context.folder(MODEL_DATASET)
    elif MODELS in left_out:  # models of an earlier run were not asked in this one
        storage.delete_tree(context.folder(MODELS))
    annotate_stage(context, recipe, perplexity, models.safety, benchmarks)
    decide_stage(context, recipe)
    match_stage(context, recipe, benchmarks)
    dedup_stage(context, recipe, against)
    if models.grader is not None:
        grade_stage(context, recipe, models.grader)
    else:  # grades of an earlier run must not decide in this one
        for dataset in GRADES:
            storage.delete_tree(context.folder(dataset))
    store_recipe(context.output, recipe)  # one that was refused on the way is not the run's
    publish_stage(context, recipe)
    if recipe.publish.json_lines:
        export_stage(context, (), recipe.run.driver_megabytes)
    if recipe.publish.partition_by:
        export_stage(context, recipe.publish.partition_by, recipe.run.driver_megabytes)
    tell_outdated(context)
    report = report_run(context, recipe)
    context.reporter.where_time_went()
    return report


def _left_out(
    context: RunContext, models: RunModels, benchmarks: GivenBenchmarks | None, *, trains: bool
) -> dict[str, str]:
    """Datasets that an earlier run may have left and this one has no use for, with what keeps them."""
    left_out = {}
    given = models.perplexity and storage.absolute(models.perplexity)
    if not trains and not (given and storage.is_below(given, context.folder(MODELS))):
        keeps = "no --perplexity-model" if given else "a recipe with a rule over perplexity"
        left_out[MODELS] = keeps
    if models.grader is None:
        left_out |= dict.fromkeys(GRADES, "--grader FOLDER")
    if benchmarks is None:
        left_out[MATCHES] = "--benchmarks [MAPPING=]PATH"
    return left_out


def _tell_unjudged(
    context: RunContext, recipe: Recipe, models: RunModels, benchmarks: GivenBenchmarks | None
) -> None:
    """Name the rules that this run will have no values for, before it begins."""
    function = annotator(recipe, None, models.safety, lists=None)
    absent = absent_signals(function, benchmarks)
    del absent["perplexity"], absent["shared_lines"]  # made by the run where a rule asks
    if models.grader is None:
        absent["quality"] = "no grader was given (--grader FOLDER)"
    unjudged: dict[str, list[str]] = {}
    for rule in recipe.rules:
        why = next(filter(None, (why_missing(name, absent) for name in sorted(rule.signals))), None)
        if why is not None:
            unjudged.setdefault(why, []).append(rule.reason)
    for why, reasons in unjudged.items():
        context.reporter.note(f"not judged: {', '.join(reasons)}: {why}")


def _require_possible(arguments: argparse.Namespace, recipe: Recipe, models: RunModels) -> None:
    """Find what would end the run in the middle: before Spark starts, and before dear stages.

    Raises:
        CorpusmillError: An input, an earlier run, a program or a recipe is not there; the folder of a
            dataset is somebody else's; or deduplication asks for a column that no document has.
    """
    require_inputs(arguments.inputs, arguments.output, recipe.ingest.paths_prefix)
    if models.perplexity is None and recipe.asks_for("perplexity"):
        load_recipe(recipe.trust)
        require_lmplz(recipe.perplexity.lmplz)
    require_columns([*CORPUS_COLUMNS, *signal_fields(recipe.annotators)], recipe.dedup)
    require_comparable(arguments.against, recipe.dedup)
    for dataset in MADE_BY:
        folder = storage.join(storage.absolute(arguments.output), dataset)
        if storage.exists(folder):
            require_claimable(folder)


def run_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill run` with the path of the report."""
    take_inputs(arguments)
    recipe = search_recipe(arguments)
    models = open_models(arguments, recipe)
    with fetched_tables(arguments) as tables:
        benchmarks = open_benchmarks(arguments, tables)
        _require_possible(arguments, recipe, models)
        require_partitions(recipe.publish.partition_by, recipe.ingest.carry)
        with open_run(arguments, arguments.output) as opened:
            most_lost = None if arguments.redo else recipe.run.redo_seconds
            context = replace(opened, most_lost=most_lost, refit=arguments.refit)
            return run_pipeline(
                context, arguments.inputs, recipe, models, arguments.against, benchmarks
            )


if __name__ == "__main__":  # spark-submit jobs/run_pipeline.py
    from jobs.run_pipeline import run_command  # what Spark ships must not belong to __main__

    sys.exit(run("run", run_command))

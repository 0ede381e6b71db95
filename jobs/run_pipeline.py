"""The whole pipeline in order; stages that are up to date are skipped, broken ones resume."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from jobs.annotate_text import annotate_stage
from jobs.command.opening import open_models, open_run
from jobs.command.running import run
from jobs.contamination.given_benchmarks import GivenBenchmarks, open_benchmarks
from jobs.decide_verdicts import decide_stage
from jobs.export_corpus import export_stage, tell_outdated
from jobs.extract_text import extract_inputs
from jobs.find_duplicates import dedup_stage, search_recipe
from jobs.grade_quality import DATASET as GRADES
from jobs.grade_quality import grade_stage
from jobs.match_benchmarks import DATASET as MATCHES
from jobs.match_benchmarks import match_stage
from jobs.models.run_models import RunModels
from jobs.publish_corpus import publish_stage
from jobs.recipes.recipe import Recipe
from jobs.recipes.stored_recipe import store_recipe
from jobs.report_run import report_run
from jobs.runtime.contract.paid_work import require_named
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.store import storage
from jobs.train_perplexity import DATASET as MODELS
from jobs.train_perplexity import MODEL_DATASET, train_stage


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
    perplexity = models.perplexity
    trains = perplexity is None and recipe.asks_for("perplexity")
    left_out = _left_out(context, models, benchmarks, trains=trains)
    if context.most_lost is not None:
        require_named(context.output, left_out)
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
        storage.delete_tree(context.folder(GRADES))
    store_recipe(context.output, recipe)  # one that was refused on the way is not the run's
    publish_stage(context, recipe)
    if recipe.publish.json_lines:
        export_stage(context)
    else:
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
        left_out[GRADES] = "--grader FOLDER"
    if benchmarks is None:
        left_out[MATCHES] = "--benchmarks [MAPPING=]PATH"
    return left_out


def run_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill run` with the path of the report."""
    recipe = search_recipe(arguments)
    models = open_models(arguments, recipe)
    benchmarks = open_benchmarks(arguments)
    with open_run(arguments, arguments.output) as opened:
        most_lost = None if arguments.redo else recipe.run.redo_seconds
        context = replace(opened, most_lost=most_lost)
        return run_pipeline(
            context, arguments.inputs, recipe, models, arguments.against, benchmarks
        )


if __name__ == "__main__":  # spark-submit jobs/run_pipeline.py
    from jobs.run_pipeline import run_command  # what Spark ships must not belong to __main__

    sys.exit(run("run", run_command))

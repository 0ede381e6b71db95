"""extracted/ → models/perplexity: KenLM models trained on the run's own trusted text, or on a given one."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.extract_text import extract_inputs
from jobs.ingest.source_files import require_inputs
from jobs.models.perplexity import GatheredSample, train_models, train_sampled
from jobs.models.perplexity.lmplz_training import require_lmplz
from jobs.models.perplexity.loss_table import perplexity_table
from jobs.recipes.loading import load_recipe
from jobs.recipes.recipe import Recipe
from jobs.recipes.rules import DOCUMENT_GROUP, ResolvedRule, Rule, is_grade_rule
from jobs.runtime.contract.chunks import files_by_chunk
from jobs.runtime.contract.driver_tables import batches, dataset_paths, flat
from jobs.runtime.contract.manifest import Manifest, PublishedFile, read_manifest, require_manifest
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, run_stage
from jobs.runtime.contract.table_parts import TablePart, each_part
from jobs.runtime.contract.user_tables import open_user_table
from jobs.runtime.errors import InputError
from jobs.runtime.spark.arrow_frames import map_batches
from jobs.runtime.spark.schemas import EXTRACTED
from jobs.runtime.store import storage
from jobs.verdicts.array_verdicts import NO_RULE, SignalTable
from jobs.verdicts.expressions import LANGUAGE, alive
from jobs.verdicts.thresholds import resolve_by
from udfs.annotate_batches import AnnotateBatches

DATASET = "models"
MODEL_DATASET = "models/perplexity"
Train = Callable[[str], dict[str, Any]]
"""Writes models into a folder and returns their card."""

NOT_YET = {"perplexity": "being trained", "safety.model_score": "not needed to train"}


def train_stage(context: RunContext, recipe: Recipe) -> Manifest:
    """Train on those documents of ``extracted/`` that pass the fixed rules of the trusted recipe.

    Gibberish must not teach the model that gibberish is usual.

    Raises:
        InputError: The extract stage has not run.
        StageError: Spark failed.
    """
    source = require_manifest(context.folder("extracted"), "extract")
    own = context.own_tasks(recipe.run.driver_megabytes)
    train = _train_by_spark(context, recipe, lambda: trusted_texts(context, recipe))
    if own is not None:
        train = functools.partial(_train_here, context, recipe, own)
    return _train(
        context,
        recipe,
        inputs={"extracted": source.fingerprint},
        train=train,
        rows=source.accounts.rows_out,
        own_tasks=own,
        fitted_on=[*files_by_chunk(source)],
    )


def train_from_arguments(
    context: RunContext, inputs: Sequence[str], text_column: str | None, recipe: Recipe
) -> str:
    """Train on a run folder (no inputs), on files, or on a Parquet column; return the model folder.

    Raises:
        InputError: There is nothing to train on.
        StageError: Spark failed.
    """
    if text_column is not None:
        _train_on_table(context, inputs, text_column, recipe)
    else:
        if inputs:
            extract_inputs(context, inputs, recipe)
        elif read_manifest(context.folder("extracted")) is None:
            raise InputError(
                f"{context.output} is no run folder. Give INPUT... OUTPUT, or a folder where "
                "`corpusmill extract` has run."
            )
        train_stage(replace(context, refit=True), recipe)
    return context.folder(MODEL_DATASET)


def trusted_texts(context: RunContext, recipe: Recipe) -> DataFrame:
    """Return ``text, language`` of the extracted documents that pass the trusted recipe's fixed rules."""
    extracted, _ = context.read("extracted", "extract", carries_documents=True)
    texts = extracted.where(F.col("status") == "ok").select("text")
    return _passing(texts, recipe)


def gathered_texts(context: RunContext, recipe: Recipe, own_tasks: OwnTasks) -> GatheredSample:
    """Return the sample of the same texts, read and judged by threads of this process."""
    rules, annotate = _resolved_trust(recipe), AnnotateBatches(recipe.clean)
    signals = sorted({LANGUAGE, *(signal for rule in rules for signal in rule.signals)})
    gathered = GatheredSample(recipe.perplexity, lambda: context.spark)

    def gather(part: TablePart) -> None:
        usable = part.rows.filter(pc.equal(part.rows.column("status"), "ok")).select(["text"])
        for annotated in annotate(batches(usable)):
            table = pa.Table.from_batches([annotated])
            passed = SignalTable(flat(table, signals)).judge(rules).first == NO_RULE
            trusted = flat(table, ["text", LANGUAGE]).rename_columns(["text", "language"])
            gathered.add(trusted.filter(pa.array(passed)))

    names = ["text", "status"]
    paths = dataset_paths(context, "extracted")
    each_part(own_tasks, paths, EXTRACTED, names, gather)
    return gathered


def _train_on_table(
    context: RunContext, inputs: Sequence[str], text_column: str, recipe: Recipe
) -> None:
    if len(inputs) != 1:
        raise InputError(
            f"--text-column takes one Parquet INPUT and an OUTPUT, given {len(inputs)}"
        )
    table = open_user_table(context.session, inputs[0], text_column, text_column)
    rows = table.read(context.spark).select(F.col(text_column).alias("text"))
    _train(
        context,
        recipe,
        inputs={"table": table.fingerprint},
        train=_train_by_spark(context, recipe, lambda: _passing(rows, recipe)),
        rows=rows.count(),
    )


def _passing(texts: DataFrame, recipe: Recipe) -> DataFrame:
    annotated = map_batches(texts, AnnotateBatches(recipe.clean))
    return annotated.where(alive(_resolved_trust(recipe))).select(
        "text", F.col("language.language").alias("language")
    )


def _resolved_trust(recipe: Recipe) -> list[ResolvedRule]:
    return resolve_by(_trust_rules(recipe), NOT_YET, lambda *_: {})[0]  # none is relative


def _trust_rules(recipe: Recipe) -> list[Rule]:
    rules = load_recipe(recipe.trust).rules
    return [rule for rule in rules if not rule.relative and _speaks_of_text(rule)]


def _speaks_of_text(rule: Rule) -> bool:
    """Whether a rule can be asked, in this process, of a text of which nothing else is known."""
    known_before = any(signal.startswith(DOCUMENT_GROUP) for signal in rule.signals)
    return not (is_grade_rule(rule) or known_before or rule.expression)


def _train_by_spark(context: RunContext, recipe: Recipe, texts: Callable[[], DataFrame]) -> Train:
    def train(target: str) -> dict[str, Any]:
        return train_models(texts(), recipe.perplexity, _work_folder(context), target)

    return train


def _train_here(
    context: RunContext, recipe: Recipe, own_tasks: OwnTasks, target: str
) -> dict[str, Any]:
    gathered = gathered_texts(context, recipe, own_tasks)
    return train_sampled(gathered, recipe.perplexity, _work_folder(context), target)


def _work_folder(context: RunContext) -> str:
    return storage.spark_path(context.folder("_work/perplexity"))


def _train(
    context: RunContext,
    recipe: Recipe,
    *,
    inputs: dict[str, str],
    train: Train,
    rows: int,
    own_tasks: OwnTasks | None = None,
    fitted_on: Sequence[str] | None = None,
) -> Manifest:
    summary: dict[str, Any] = {}

    def write(folder: str) -> None:
        summary.update(train(storage.join(folder, "perplexity")))

    return run_stage(
        context,
        Stage(
            name="train-perplexity",
            dataset=DATASET,
            module="jobs.train_perplexity",
            inputs=inputs,
            configuration={
                "trust": [rule.model_dump() for rule in _trust_rules(recipe)],
                "clean": asdict(recipe.clean),
                "perplexity": recipe.perplexity.model_dump(),
            },
            chunks=[write],
            account=functools.partial(_account, rows),
            details=lambda: summary,
            own_tasks=own_tasks,
            fitted_on=fitted_on,
        ),
    )


def _account(rows: int, _: Sequence[PublishedFile]) -> RowAccounts:
    # Training reads documents and passes all of them on.
    return RowAccounts(rows_in=rows, rows_out=rows)


def _require_models(context: RunContext, recipe: Recipe) -> None:
    """Refuse an empty answer of the command; a run does without models of its own."""
    if not require_manifest(context.folder(DATASET), "train-perplexity").details["languages"]:
        raise InputError(
            f"no model was trained: no language has {recipe.perplexity.min_training_tokens:,} tokens of text "
            "that passes the rules of `trust`. Give more text, or --set perplexity.min_training_tokens=N"
        )


def train_perplexity_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill train-perplexity` with the models' table and folder."""
    given = {"lmplz": arguments.lmplz, "max_tokens_per_language": arguments.max_tokens}
    arguments.overrides += [f"perplexity.{key}={value}" for key, value in given.items() if value]
    recipe = open_recipe(arguments)
    require_lmplz(recipe.perplexity.lmplz)
    *inputs, output = arguments.inputs
    if inputs and arguments.text_column is None:
        require_inputs(inputs, output, recipe.ingest.paths_prefix)
    with open_run(arguments, output, made=not inputs) as context:
        folder = train_from_arguments(context, inputs, arguments.text_column, recipe)
        _require_models(context, recipe)
    return f"{perplexity_table(folder)}\n{folder}"


if __name__ == "__main__":  # spark-submit jobs/train_perplexity.py
    from jobs.train_perplexity import (
        train_perplexity_command,  # what Spark ships must not belong to __main__
    )

    sys.exit(run("train-perplexity", train_perplexity_command))

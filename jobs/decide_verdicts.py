"""annotated/ → verdicts/: every document's verdict from the recipe's rules, numbers only."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.recipes.recipe import Recipe
from jobs.recipes.rules import AbsentRule, ResolvedRule, is_grade_rule
from jobs.recipes.stored_recipe import judged_rules, store_recipe
from jobs.runtime.contract.manifest import Manifest, PublishedFile, require_manifest
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, parquet_chunk, run_stage
from jobs.verdicts.expressions import LANGUAGE, alive, verdict_columns
from jobs.verdicts.perplexity_calibration import Calibration, bucket, calibrate
from jobs.verdicts.thresholds import resolve

DATASET = "verdicts"


def decide_stage(context: RunContext, recipe: Recipe) -> Manifest:
    """Judge ``annotated/`` by the recipe's rules; the manifest keeps the numbers that were used.

    Raises:
        InputError: There is no ``annotated/``.
        StageError: Spark failed.
    """
    source = require_manifest(context.folder("annotated"), "annotate")
    rules = [rule for rule in recipe.rules if not is_grade_rule(rule)]
    missing: Mapping[str, str] = source.details.get("absent_signals", {})

    @functools.cache
    def resolved() -> tuple[list[ResolvedRule], list[AbsentRule]]:
        signals, _ = context.read("annotated", "annotate")
        return resolve(rules, signals, missing)

    @functools.cache
    def calibration() -> Calibration:
        return calibrate(context.read("annotated", "annotate")[0])

    store_recipe(context.output, recipe)
    return run_stage(
        context,
        Stage(
            name="decide",
            dataset=DATASET,
            module="jobs.decide_verdicts",
            inputs={"annotated": source.fingerprint},
            configuration={"rules": [rule.model_dump() for rule in rules]},
            chunks=[parquet_chunk(lambda: _verdicts(context, resolved()[0], calibration()))],
            account=functools.partial(_account, context),
            details=lambda: {
                "rules": [rule.model_dump() for rule in resolved()[0]],
                "absent_rules": [rule.model_dump() for rule in resolved()[1]],
                "perplexity_calibration": calibration(),
            },
        ),
    )


def resolved_rules(context: RunContext) -> list[ResolvedRule]:
    """Return the rules with the numbers that the decide stage used."""
    manifest = require_manifest(context.folder(DATASET), "decide")
    return judged_rules(manifest)


def surviving(context: RunContext, files: Sequence[PublishedFile] | None = None) -> DataFrame:
    """Return the rows of ``annotated/``, or some of its files, that the verdicts let live.

    Text stays where it is.
    """
    annotated, manifest = context.read("annotated", "annotate", carries_documents=True)
    if files is not None and len(files) < len(manifest.files):
        annotated = context.read_files("annotated", files, carries_documents=True)
    return annotated.where(alive(resolved_rules(context)))


def _verdicts(
    context: RunContext, rules: Sequence[ResolvedRule], calibration: Calibration
) -> DataFrame:
    annotated, _ = context.read("annotated", "annotate")
    language = F.col(LANGUAGE).alias("language")
    columns = (*verdict_columns(rules), bucket(calibration))
    return annotated.select("id", "source", "url", language, *columns)


def _account(context: RunContext, files: Sequence[PublishedFile]) -> RowAccounts:
    verdicts = context.read_files(DATASET, files)
    rows_in = sum(file.rows for file in files)
    dropped = verdicts.where(F.col("reason").isNotNull()).count()
    return RowAccounts(rows_in=rows_in, rows_out=rows_in - dropped, rows_dropped=dropped)


def decide_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill decide`."""
    recipe = open_recipe(arguments, arguments.run)
    with open_run(arguments, arguments.run) as context:
        decide_stage(context, recipe)
    return None


if __name__ == "__main__":  # spark-submit jobs/decide_verdicts.py
    from jobs.decide_verdicts import decide_command  # what Spark ships must not belong to __main__

    sys.exit(run("decide", decide_command))

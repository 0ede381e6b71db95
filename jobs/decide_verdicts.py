"""annotated/ → verdicts/: every document's verdict from the recipe's rules, numbers only."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.recipes.exclusions import excluding_rules
from jobs.recipes.recipe import Recipe
from jobs.recipes.rules import EXCLUDED, Listed, ResolvedRule, Rule, is_grade_rule
from jobs.recipes.stored_recipe import judged_rules, store_recipe
from jobs.runtime.contract.chunks import files_by_chunk
from jobs.runtime.contract.document_ids import place_of
from jobs.runtime.contract.driver_tables import dataset_table, table_chunk, works_here
from jobs.runtime.contract.manifest import (
    Manifest,
    PublishedFile,
    published_files,
    require_manifest,
)
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, parquet_chunk, run_stage
from jobs.verdicts.array_verdicts import NO_RULE, SignalTable, asked_by_arrow, signal_columns
from jobs.verdicts.expressions import (
    BETWEEN,
    LANGUAGE,
    VERDICT_COLUMNS,
    alive,
    listed_names,
    record_name,
    verdict_columns,
)
from jobs.verdicts.perplexity_calibration import (
    SIGNAL,
    Calibration,
    bucket,
    bucket_array,
    calibrate,
    calibration_of,
)
from jobs.verdicts.sql_rules import require_expressions
from jobs.verdicts.thresholds import resolve, resolve_by

DATASET = "verdicts"
THRESHOLDS = "thresholds"
SHOWN_EXCLUSIONS = 100
ORIGIN = ("id", "source", "source_id", "url")


def decide_stage(context: RunContext, recipe: Recipe) -> Manifest:
    """Judge ``annotated/`` by the recipe's rules; the manifest keeps the numbers that were used.

    Raises:
        InputError: There is no ``annotated/``.
        StageError: Spark failed.
    """
    source = require_manifest(context.folder("annotated"), "annotate")
    rules = [rule for rule in recipe.rules if not is_grade_rule(rule)]
    excluded = excluding_rules(recipe.exclude)
    here = asked_by_arrow(rules) and works_here(context, recipe.run.driver_megabytes, source)

    signals = functools.cache(functools.partial(signal_table, context, rules))
    fitted = _fit_stage(context, source, rules, signals if here else None)
    resolved = [*excluded, *judged_rules(fitted)]
    usual: Calibration = fitted.details["perplexity_calibration"]
    if here:
        write = table_chunk(lambda: _verdict_table(signals(), resolved, usual))
    else:
        write = parquet_chunk(lambda: _verdicts(_annotated(context), resolved, usual))
    return run_stage(
        context,
        Stage(
            name="decide",
            dataset=DATASET,
            module="jobs.decide_verdicts",
            inputs={"annotated": source.fingerprint, THRESHOLDS: fitted.fingerprint},
            configuration={"rules": [rule.model_dump() for rule in (*excluded, *rules)]},
            chunks=[write],
            account=functools.partial(_account, context, here),
            details=lambda: {
                "rules": [rule.model_dump() for rule in resolved],
                "absent_rules": fitted.details["absent_rules"],
                "perplexity_calibration": usual,
                "named_nothing": _named_nothing(context, excluded, here),
            },
            in_driver=here,
        ),
    )


def _fit_stage(
    context: RunContext,
    source: Manifest,
    rules: Sequence[Rule],
    signals: Callable[[], SignalTable] | None,
) -> Manifest:
    """Publish the numbers in place of percentiles: no files, a manifest that keeps them.

    Args:
        context: The run.
        source: Manifest of ``annotated/``.
        rules: The recipe's.
        signals: What this process reads them from; None: Spark does.
    """
    missing: Mapping[str, str] = source.details.get("absent_signals", {})

    def numbers() -> dict[str, object]:
        if signals is not None:
            judged, absent = resolve_by(rules, missing, signals().count_bins)
            usual = calibration_of(signals().count_bins((), SIGNAL))
        else:
            judged, absent = resolve(rules, _annotated(context), missing)
            usual = calibrate(_annotated(context))
        return {
            "rules": [rule.model_dump() for rule in judged],
            "absent_rules": [rule.model_dump() for rule in absent],
            "perplexity_calibration": usual,
        }

    documents = source.accounts.rows_out
    return run_stage(
        context,
        Stage(
            name="fit-thresholds",
            dataset=THRESHOLDS,
            module="jobs.decide_verdicts",
            inputs={"annotated": source.fingerprint},
            configuration={"rules": [rule.model_dump() for rule in rules]},
            chunks=[lambda _: None],
            # Counting reads documents and passes all of them on.
            account=lambda _: RowAccounts(rows_in=documents, rows_out=documents),
            details=numbers,
            in_driver=signals is not None,
            fitted_on=[*files_by_chunk(source)],
        ),
    )


def _annotated(context: RunContext) -> DataFrame:
    return context.read("annotated", "annotate")[0]


def resolved_rules(context: RunContext) -> list[ResolvedRule]:
    """Return the rules with the numbers that the decide stage used."""
    manifest = require_manifest(context.folder(DATASET), "decide")
    return judged_rules(manifest)


def judged_by_arrow(context: RunContext) -> bool:
    """Say whether this process can tell, without Spark, whom the verdicts let live."""
    return asked_by_arrow(resolved_rules(context))


def surviving(context: RunContext, files: Sequence[PublishedFile] | None = None) -> DataFrame:
    """Return the rows of ``annotated/``, or some of its files, that the verdicts let live.

    Text stays where it is.
    """
    annotated, manifest = context.read("annotated", "annotate", carries_documents=True)
    if files is not None and len(files) < len(manifest.files):
        annotated = context.read_files("annotated", files, carries_documents=True)
    return annotated.where(alive(resolved_rules(context)))


def signal_table(
    context: RunContext,
    rules: Sequence[Rule | ResolvedRule],
    files: Sequence[PublishedFile] | None = None,
) -> SignalTable:
    """Return ids, origins and all that rules and calibration look at in ``annotated/``."""
    named = {signal for rule in rules for signal in rule.signals}
    columns = [*ORIGIN, *sorted({LANGUAGE, SIGNAL, *named})]
    read = functools.partial(dataset_table, context, "annotated", files=files)
    return SignalTable(signal_columns(read, columns))


def _verdict_table(
    signals: SignalTable, rules: Sequence[ResolvedRule], calibration: Calibration
) -> pa.Table:
    """The rows of :func:`_verdicts`, made in this process."""
    names = [*ORIGIN, "language"]
    table = signals.table.select([*ORIGIN, LANGUAGE]).rename_columns(names)
    for name, column in zip(VERDICT_COLUMNS, signals.verdicts(rules).columns, strict=True):
        table = table.append_column(name, column)
    return table.append_column("perplexity_bucket", bucket_array(calibration, signals))


def _verdicts(
    annotated: DataFrame, rules: Sequence[ResolvedRule], calibration: Calibration
) -> DataFrame:
    language = F.col(LANGUAGE).alias("language")
    columns = (*verdict_columns(rules), bucket(calibration))
    return annotated.select(*ORIGIN, language, *columns)


def surviving_table(
    context: RunContext, columns: Sequence[str], files: Sequence[PublishedFile] | None = None
) -> pa.Table:
    """Return columns of the rows of :func:`surviving`, read by this process."""
    rules = resolved_rules(context)
    living = signal_table(context, rules, files).judge(rules).first == NO_RULE
    return dataset_table(context, "annotated", columns, files).filter(pa.array(living))


def _account(context: RunContext, here: bool, files: Sequence[PublishedFile]) -> RowAccounts:
    rows_in = sum(file.rows for file in files)
    if here:
        reasons = dataset_table(context, DATASET, ["reason"], files).column("reason")
        dropped = len(reasons) - reasons.null_count
    else:
        verdicts = context.read_files(DATASET, files)
        dropped = verdicts.where(F.col("reason").isNotNull()).count()
    return RowAccounts(rows_in=rows_in, rows_out=rows_in - dropped, rows_dropped=dropped)


def _named_nothing(context: RunContext, excluded: Sequence[ResolvedRule], here: bool) -> list[str]:
    """Some of the entries of the recipe's list of exclusions that no document is named by; they are told."""
    (listed,) = [rule.listed for rule in excluded if rule.listed is not None] or [Listed()]
    wanted = {*(record_name(*record) for record in listed.records), *listed.urls}
    if not wanted:
        return []
    files = published_files(context.folder(DATASET))
    if here:
        columns = ["reason", "id", "source", "url"]
        rows = dataset_table(context, DATASET, columns, files)
        left = rows.filter(pc.equal(rows.column("reason"), EXCLUDED)).to_pylist()
        found = {record_name(row["source"], place_of(row["id"])[1]) for row in left}
        found |= {row["url"] for row in left}
    else:
        left = context.read_files(DATASET, files).where(F.col("reason") == EXCLUDED)
        pairs = left.select(*listed_names(listed)).distinct().collect()
        found = {name for pair in pairs for name in pair}
    missed = [" record ".join(name.split(BETWEEN)) for name in sorted(wanted - found)]
    if missed:
        context.reporter.note(
            f"exclude.file: {len(missed):,} of {len(wanted):,} entries name no document that was judged, the "
            f"first is {missed[0]}: a source is named as the ledger has it, a record counts from 0"
        )
    return missed[:SHOWN_EXCLUSIONS]


def decide_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill decide` with the folder of verdicts."""
    recipe = open_recipe(arguments, arguments.run)
    with open_run(arguments, arguments.run, made=True) as context:
        require_expressions(lambda: context.spark, recipe.rules, recipe.annotators)
        decide_stage(context, recipe)
        store_recipe(context.output, recipe)
    return context.folder(DATASET)


if __name__ == "__main__":  # spark-submit jobs/decide_verdicts.py
    from jobs.decide_verdicts import decide_command  # what Spark ships must not belong to __main__

    sys.exit(run("decide", decide_command))

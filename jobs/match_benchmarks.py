"""annotated/ → contamination/: which benchmark items the documents hold, and what would be found of others.

Matching itself is part of annotate, over the tokens that every signal shares. Before it this module counts
in a sample of the documents which phrases are boilerplate; after the verdicts it writes every match and
measures, with planted items, what the matcher finds.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Sequence
from dataclasses import asdict

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.command.opening import fetched_tables, open_recipe, open_run
from jobs.command.running import run
from jobs.contamination.given_benchmarks import GivenBenchmarks, open_benchmarks
from jobs.contamination.item_texts import with_item_texts
from jobs.contamination.match_tables import clean_texts, match_table
from jobs.contamination.own_table import OwnTable, open_table
from jobs.contamination.phrase_counting import DATASET as COUNTS
from jobs.contamination.phrase_counting import count_phrases
from jobs.contamination.published_index import DATASET as INDEX
from jobs.contamination.published_index import index_stage, open_index
from jobs.contamination.run_facts import benchmark_facts, contamination_text, validation_facts
from jobs.contamination.spark_table import (
    DATASET,
    SIGNALS,
    SparkTable,
    drawn_hosts,
    excised_match,
)
from jobs.decide_verdicts import resolved_rules
from jobs.recipes.recipe import Recipe
from jobs.recipes.rules import ResolvedRule
from jobs.runtime.contract.driver_tables import table_chunk, works_here
from jobs.runtime.contract.manifest import (
    Manifest,
    PublishedFile,
    published_files,
    require_manifest,
)
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, parquet_chunk, run_stage
from jobs.runtime.contract.user_tables import open_user_table, require_apart
from jobs.runtime.errors import SettingsError
from jobs.runtime.store import storage
from jobs.verdicts.thresholds import resolve_by
from udfs.contamination.benchmark_index import BenchmarkIndex
from udfs.contamination.signals import MATCHES


def match_stage(
    context: RunContext, recipe: Recipe, benchmarks: GivenBenchmarks | None
) -> Manifest | None:
    """Write every match of a run's documents, and measure what the matcher finds of planted items.

    Raises:
        InputError: The decide stage has not run.
        StageError: Spark failed.
    """
    if benchmarks is None:  # matches of an earlier run were not asked in this one
        for dataset in (DATASET, COUNTS, INDEX):
            storage.delete_tree(context.folder(dataset))
        return None
    annotated = require_manifest(context.folder("annotated"), "annotate")
    verdicts = require_manifest(context.folder("verdicts"), "decide")
    documents = annotated.rows
    here = works_here(context, recipe.run.driver_megabytes, annotated, verdicts)

    def clean() -> DataFrame:
        rows, _ = context.read("annotated", "annotate", carries_documents=True)
        return rows.where(F.size(f"{SIGNALS}.{MATCHES}") == 0).select("id", "text")

    def found_here() -> pa.Table:
        return match_table(context, resolved_rules(context), benchmarks)

    return run_stage(
        context,
        Stage(
            name="match-benchmarks",
            dataset=DATASET,
            module="jobs.match_benchmarks",
            inputs={"annotated": annotated.fingerprint, "verdicts": verdicts.fingerprint},
            configuration=asdict(recipe.contamination),
            chunks=[
                table_chunk(found_here) if here
                else parquet_chunk(lambda: _matches(context, benchmarks))
            ],
            # Which document leaves is said by the verdicts; here none does.
            account=lambda _: RowAccounts(rows_in=documents, rows_out=documents),
            details=lambda: _details(
                open_index(context)(), recipe, benchmarks, documents,
                clean_texts(context) if here else drawn_hosts(clean()),
            ),
            in_driver=here,
        ),
    )  # fmt: skip


def _matches(context: RunContext, benchmarks: GivenBenchmarks) -> DataFrame:
    """Every match of a run's documents, by Spark."""
    rows, _ = context.read("annotated", "annotate")
    judged, _ = context.read("verdicts", "decide")
    matches = rows.select("id", "url", "source", F.explode(f"{SIGNALS}.{MATCHES}").alias("match"))
    reasons = judged.select("id", "reason", "flags")
    named = matches.select("id", "url", "source", "match").join(reasons, "id")
    told = named.withColumn("excised", excised_match(resolved_rules(context))).drop("flags")
    return with_item_texts(told.select("*", "match.*").drop("match"), benchmarks)


def best_matches(matches: DataFrame) -> DataFrame:
    """Return of each document its strongest match: ``id``, the ledger's columns, and ``held``.

    ``held`` says that the document holds the item itself, no variant of it.
    """
    order = F.struct(~F.col("variant"), F.col("strength"), F.col("benchmark"), F.col("item"))
    held = (~F.col("variant") & (F.col("strength") >= 1)).alias("held")
    columns = ("benchmark", "item", "field", "share", "bits", "passage")
    chosen = F.max_by(F.struct(*columns, held), order).alias("best")
    return matches.groupBy("id").agg(chosen).select("id", "best.*")


def decontaminate_user_table(
    context: RunContext,
    given: str,
    id_column: str | None,
    text_column: str | None,
    recipe: Recipe,
    benchmarks: GivenBenchmarks,
) -> Manifest:
    """Write ``contamination`` (every match by the user's ids) and ``corpus`` (all columns of rows kept).

    Returns:
        The manifest of ``contamination``.

    Raises:
        InputError: The table cannot be used.
        StageError: Spark failed.
    """
    require_apart(given, context.output)
    table = open_user_table(context.session, given, id_column, text_column)
    rules = _rules(recipe)
    opened = open_table(SparkTable(context, table, benchmarks, rules))
    documents = opened.documents()
    lines, inputs = recipe.contamination, {"table": table.fingerprint}
    counted = count_phrases(context, lines, benchmarks, inputs, documents, opened.counting)
    index = index_stage(context, lines, benchmarks, counted)
    stage = functools.partial(
        Stage.of_work,
        module="jobs.match_benchmarks",
        inputs={**inputs, INDEX: index.fingerprint},
        configuration={**asdict(lines), "rules": [rule.model_dump() for rule in rules]},
    )
    matched = run_stage(
        context,
        stage(
            opened.matching(index),
            name="match-benchmarks",
            dataset=DATASET,
            account=functools.partial(_account_matches, opened, documents),
            details=lambda: _details(
                index(), recipe, benchmarks, documents,
                opened.hosts(published_files(context.folder(DATASET))),
            ),
        ),
    )  # fmt: skip
    run_stage(
        context,
        stage(
            opened.publishing(),
            name="publish",
            dataset="corpus",
            account=functools.partial(table.account_kept, documents, matched.accounts.rows_dropped),
        ),
    )
    return matched


def _details(
    index: BenchmarkIndex,
    recipe: Recipe,
    benchmarks: GivenBenchmarks,
    documents: int,
    hosts: Sequence[str],
) -> dict[str, object]:
    """Facts for the manifest; items are planted in some of the clean documents, in the driver's memory."""
    return {
        "documents": documents,
        **benchmark_facts(index),
        **validation_facts(benchmarks.items, index, hosts, recipe.contamination),
    }


def _rules(recipe: Recipe) -> list[ResolvedRule]:
    """The recipe's rules of contamination.

    Raises:
        SettingsError: There is none, or one asks for what only a run knows.
    """
    rules = [rule for rule in recipe.rules if rule.signal.startswith(f"{SIGNALS}.")]
    if not rules:
        raise SettingsError(
            f"recipe {recipe.name} has no rule over {SIGNALS}.strength: nothing would be decided. Add one, "
            "or take the recipe default."
        )
    for rule in rules:
        others = sorted(name for name in rule.signals if not name.startswith(f"{SIGNALS}."))
        asks = [
            *others,
            *(["its language"] if rule.languages else []),
            *(["a percentile"] if rule.relative else []),
        ]
        if asks:
            raise SettingsError(
                f"rule {rule.reason} asks for {', '.join(asks)}, which `corpusmill decontaminate` does not "
                "compute: leave that out, or use `corpusmill run`."
            )
    return resolve_by(rules, {}, lambda *_: {})[0]


def _account_matches(
    opened: SparkTable | OwnTable, documents: int, files: Sequence[PublishedFile]
) -> RowAccounts:
    dropped = opened.dropped(files)
    return RowAccounts(rows_in=documents, rows_out=documents - dropped, rows_dropped=dropped)


def decontaminate_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill decontaminate` with what was found and how far that can be trusted."""
    recipe = open_recipe(arguments)
    with fetched_tables(arguments) as tables:
        benchmarks = open_benchmarks(arguments, tables)
        if benchmarks is None:
            raise SettingsError(
                "decontaminate compares with benchmarks: give --benchmarks [MAPPING=]PATH at least once"
            )
        _rules(recipe)  # before Spark starts
        with open_run(arguments, arguments.output) as context:
            manifest = decontaminate_user_table(
                context,
                arguments.input,
                arguments.id_column,
                arguments.text_column,
                recipe,
                benchmarks,
            )
    return contamination_text(manifest)


if __name__ == "__main__":  # spark-submit jobs/match_benchmarks.py
    from jobs.match_benchmarks import (
        decontaminate_command,
    )  # what Spark ships must not belong to __main__

    sys.exit(run("decontaminate", decontaminate_command))

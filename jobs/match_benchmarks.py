"""annotated/ → contamination/: which benchmark items the documents hold, and what would be found of others.

Matching itself is part of annotate, over the tokens that every signal shares. Before it this module counts
in a sample of the documents which phrases are boilerplate; after the verdicts it writes every match and
measures, with planted items, what the matcher finds.
"""

from __future__ import annotations

import argparse
import functools
import operator
import sys
from collections.abc import Sequence
from dataclasses import asdict

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.contamination.given_benchmarks import GivenBenchmarks, open_benchmarks
from jobs.contamination.phrase_counting import DATASET as COUNTS
from jobs.contamination.phrase_counting import benchmark_index, benchmark_inputs, count_phrases
from jobs.contamination.run_facts import benchmark_facts, contamination_text, validation_facts
from jobs.decide_verdicts import resolved_rules
from jobs.dedup.file_bitmaps import quoted, without_rows
from jobs.recipes.recipe import Recipe
from jobs.recipes.rules import ResolvedRule
from jobs.runtime.contract.manifest import (
    Manifest,
    PublishedFile,
    published_files,
    require_manifest,
)
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, parquet_chunk, run_stage
from jobs.runtime.contract.user_tables import ROW_ID, UserTable, open_user_table, require_apart
from jobs.runtime.errors import SettingsError
from jobs.runtime.spark.arrow_frames import frame_of_table, map_batches
from jobs.runtime.store import storage
from jobs.verdicts.expressions import excised, verdict_columns, without_lines
from jobs.verdicts.thresholds import resolve_by
from udfs.contamination.benchmark_index import BenchmarkIndex
from udfs.contamination.planting import plain
from udfs.contamination.signals import MATCHES, ContaminationBatches

DATASET = "contamination"
HOSTS = 200  # clean documents that items are planted in
SIGNALS = "contamination"
ITEM_CHARACTERS = 600  # of an item beside its match


def match_stage(
    context: RunContext, recipe: Recipe, benchmarks: GivenBenchmarks | None
) -> Manifest | None:
    """Write every match of a run's documents, and measure what the matcher finds of planted items.

    Raises:
        InputError: The decide stage has not run.
        StageError: Spark failed.
    """
    if benchmarks is None:  # matches of an earlier run were not asked in this one
        for dataset in (DATASET, COUNTS):
            storage.delete_tree(context.folder(dataset))
        return None
    annotated = require_manifest(context.folder("annotated"), "annotate")
    verdicts = require_manifest(context.folder("verdicts"), "decide")
    documents = annotated.rows

    def found() -> DataFrame:
        rows, _ = context.read("annotated", "annotate")
        judged, _ = context.read("verdicts", "decide")
        matches = rows.select(
            "id", "url", "source", F.explode(f"{SIGNALS}.{MATCHES}").alias("match")
        )
        reasons = judged.select("id", "reason", "flags")
        named = matches.select("id", "url", "source", "match").join(reasons, "id")
        acting = resolved_rules(context)
        told = named.withColumn("excised", _excised(acting)).drop("flags")
        return _with_item_texts(context, told.select("*", "match.*").drop("match"), benchmarks)

    def clean() -> DataFrame:
        rows, _ = context.read("annotated", "annotate", carries_documents=True)
        return rows.where(F.col(f"{SIGNALS}.strength") == 0).select("id", "text")

    return run_stage(
        context,
        Stage(
            name="match-benchmarks",
            dataset=DATASET,
            module="jobs.match_benchmarks",
            inputs={"annotated": annotated.fingerprint, "verdicts": verdicts.fingerprint},
            configuration=asdict(recipe.contamination),
            chunks=[parquet_chunk(found)],
            # Which document leaves is said by the verdicts; here none does.
            account=lambda _: RowAccounts(rows_in=documents, rows_out=documents),
            details=lambda: _details(
                benchmark_index(context, recipe.contamination, benchmarks),
                recipe,
                benchmarks,
                documents,
                clean(),
            ),
        ),
    )


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
    texts = _texts(context, table)
    documents = texts.count()
    inputs = {"table": table.fingerprint}
    counted = count_phrases(
        context, recipe.contamination, benchmarks, inputs, documents, lambda: texts
    )
    rules = _rules(recipe)
    stage = functools.partial(
        Stage,
        module="jobs.match_benchmarks",
        inputs={**inputs, **benchmark_inputs(benchmarks, counted)},
        configuration={
            **asdict(recipe.contamination),
            "rules": [rule.model_dump() for rule in rules],
        },
    )
    # The same index finds the matches and is measured.
    index = functools.cache(lambda: benchmark_index(context, recipe.contamination, benchmarks))
    matched = run_stage(
        context,
        stage(
            name="match-benchmarks",
            dataset=DATASET,
            chunks=[
                parquet_chunk(lambda: _user_matches(context, index(), benchmarks, texts, rules))
            ],
            account=functools.partial(_account_matches, context, documents),
            details=lambda: _details(
                index(), recipe, benchmarks, documents, _clean_rows(context, texts)
            ),
        ),
    )
    run_stage(
        context,
        stage(
            name="publish",
            dataset="corpus",
            chunks=[parquet_chunk(lambda: _user_corpus(context, table, rules))],
            account=functools.partial(table.account_kept, documents, matched.accounts.rows_dropped),
        ),
    )
    return matched


def _texts(context: RunContext, table: UserTable) -> DataFrame:
    return table.read(context.spark).select(
        F.col(ROW_ID).alias("id"),
        F.col(quoted(table.id_column)).alias("given_id"),
        F.col(quoted(table.text_column)).alias("text"),
    )


def _user_matches(
    context: RunContext,
    index: BenchmarkIndex,
    benchmarks: GivenBenchmarks,
    texts: DataFrame,
    rules: Sequence[ResolvedRule],
) -> DataFrame:
    """Every match by the user's id, with the reason by which its row leaves."""
    sent = context.spark.sparkContext.broadcast(index)
    compared = map_batches(texts, ContaminationBatches(functools.partial(getattr, sent, "value")))
    judged = compared.select("id", "given_id", SIGNALS, *verdict_columns(rules))
    matches = judged.select(
        "id", "given_id", "reason", "flags", F.explode(f"{SIGNALS}.{MATCHES}").alias("match")
    )
    named = matches.select(
        F.col("given_id").alias("id"),
        "match.*",
        "reason",
        _excised(rules).alias("excised"),
        F.col("id").alias(ROW_ID),
    )
    return _with_item_texts(context, named, benchmarks)


def _excised(rules: Sequence[ResolvedRule]) -> Column:
    """Whether the lines of ``match`` are cut out of a document with ``reason`` and ``flags``."""
    cut = [
        F.array_contains("flags", rule.reason) & excised(rule, F.col("match"))
        for rule in rules
        if rule.action == "excise"
    ]
    return F.col("reason").isNull() & functools.reduce(operator.or_, cut, F.lit(False))


def _with_item_texts(
    context: RunContext, matches: DataFrame, benchmarks: GivenBenchmarks
) -> DataFrame:
    """Matches with what their items say beside what the documents do."""
    columns = {
        "benchmark": [item.benchmark for item in benchmarks.items],
        "item": [item.item for item in benchmarks.items],
        "item_text": [plain(item)[:ITEM_CHARACTERS] for item in benchmarks.items],
    }
    texts = frame_of_table(context.spark, pa.table(columns))
    return matches.join(F.broadcast(texts), ["benchmark", "item"], "left")


def _details(
    index: BenchmarkIndex,
    recipe: Recipe,
    benchmarks: GivenBenchmarks,
    documents: int,
    clean: DataFrame,
) -> dict[str, object]:
    """Facts for the manifest; items are planted in some of the clean documents, in the driver's memory."""
    drawn = clean.where(F.length("text") > 0).orderBy(F.xxhash64("id")).limit(HOSTS)
    hosts = [row["text"] for row in drawn.select("text").collect()]
    return {
        "documents": documents,
        **benchmark_facts(index),
        **validation_facts(benchmarks.items, index, hosts, recipe.contamination),
    }


def _clean_rows(context: RunContext, texts: DataFrame) -> DataFrame:
    files = [file for file in published_files(context.folder(DATASET)) if file.rows]
    if not files:
        return texts
    matched = context.read_files(DATASET, files).select(F.col(ROW_ID).alias("id"))
    return without_rows(texts, matched)


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
    context: RunContext, documents: int, files: Sequence[PublishedFile]
) -> RowAccounts:
    dropped = _dropped(context, files)
    return RowAccounts(rows_in=documents, rows_out=documents - dropped, rows_dropped=dropped)


def _dropped(context: RunContext, files: Sequence[PublishedFile]) -> int:
    held = [file for file in files if file.rows]
    if not held:
        return 0
    matches = context.read_files(DATASET, held)
    return matches.where(F.col("reason").isNotNull()).select(ROW_ID).distinct().count()


def _user_corpus(context: RunContext, table: UserTable, rules: Sequence[ResolvedRule]) -> DataFrame:
    matches, _ = context.read(DATASET, "decontaminate")
    dropped = matches.where(F.col("reason").isNotNull()).select(ROW_ID)
    kept = without_rows(table.read(context.spark), dropped, ROW_ID)
    if any(rule.action == "excise" for rule in rules):
        text = quoted(table.text_column)
        span = F.struct("first_line", "last_line")
        cuts = matches.where("excised").groupBy(ROW_ID).agg(F.collect_set(span).alias("spans"))
        cut = kept.join(F.broadcast(cuts), ROW_ID, "left")
        less = without_lines(F.col(text), F.col("spans"))
        kept = cut.withColumn(table.text_column, less).select(*map(quoted, kept.columns))
    return kept.drop(ROW_ID)


def decontaminate_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill decontaminate` with what was found and how far that can be trusted."""
    recipe = open_recipe(arguments)
    benchmarks = open_benchmarks(arguments)
    if benchmarks is None:
        raise SettingsError(
            "decontaminate compares with benchmarks: give --benchmarks [MAPPING=]PATH at least once"
        )
    _rules(recipe)  # before Spark starts
    with open_run(arguments, arguments.output) as context:
        manifest = decontaminate_user_table(
            context, arguments.input, arguments.id_column, arguments.text_column, recipe, benchmarks
        )
    return contamination_text(manifest)


if __name__ == "__main__":  # spark-submit jobs/match_benchmarks.py
    from jobs.match_benchmarks import (
        decontaminate_command,
    )  # what Spark ships must not belong to __main__

    sys.exit(run("decontaminate", decontaminate_command))

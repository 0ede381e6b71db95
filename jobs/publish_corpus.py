"""All stages → corpus/, dropped/ (the ledger) and quarantined/: where every document ended."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.command_line import main
from jobs.decide_verdicts import surviving
from jobs.grade_quality import grade_verdicts
from jobs.recipes.recipe import Recipe
from jobs.runtime.errors import AccountingError
from jobs.runtime.manifest import (
    Manifest,
    read_manifest,
    require_manifest,
)
from jobs.runtime.schemas import CORPUS_COLUMNS, DROPPED, QUARANTINED, spark_schema
from jobs.runtime.stage import RunContext, Stage, all_rows_out, parquet_chunk, run_stage
from jobs.verdicts.expressions import LANGUAGE

MEBIBYTE = 1 << 20
STAGES_BEFORE = {
    "documents": "ingest",
    "extracted": "extract",
    "annotated": "annotate",
    "verdicts": "decide",
    "duplicates": "dedup",
}


def publish_stage(context: RunContext, recipe: Recipe) -> Manifest:
    """Write the corpus, the ledger of what left and the quarantine; return the corpus's manifest.

    Raises:
        InputError: A stage before has not run.
        AccountingError: Corpus, ledger and quarantine together are not the input.
        StageError: Spark failed.
    """
    inputs = {
        dataset: require_manifest(context.folder(dataset), stage).fingerprint
        for dataset, stage in STAGES_BEFORE.items()
    }
    graded = read_manifest(context.folder("quality"))
    if graded is not None:
        inputs["quality"] = graded.fingerprint
    make = functools.partial(_publish, context, inputs)
    quarantined = make("quarantined", {}, lambda: _quarantined(context))
    dropped = make("dropped", {}, lambda: _ledger(context))
    corpus = make("corpus", recipe.publish.model_dump(), lambda: _corpus(context, recipe))
    _check_totals(context, corpus, dropped, quarantined)
    return corpus


def _publish(
    context: RunContext,
    inputs: dict[str, str],
    dataset: str,
    configuration: dict[str, object],
    build: Callable[[], DataFrame],
) -> Manifest:
    return run_stage(
        context,
        Stage(
            name="publish" if dataset == "corpus" else f"publish {dataset}",
            dataset=dataset,
            module="jobs.publish_corpus",
            inputs=inputs,
            configuration=configuration,
            chunks=[parquet_chunk(build)],
            account=all_rows_out,
        ),
    )


def _corpus(context: RunContext, recipe: Recipe) -> DataFrame:
    duplicates, _ = context.read("duplicates", "dedup")
    kept = surviving(context).withColumn("language", F.col(LANGUAGE))
    # Only ids travel; a sort-merge join would carry all text through the network.
    kept = kept.join(F.broadcast(duplicates.select("id")), "id", "left_anti")
    graded = grade_verdicts(context)
    if graded is not None:
        failed = graded.where(F.col("reason").isNotNull()).select("id")
        kept = kept.join(F.broadcast(failed), "id", "left_anti")
    annotated = require_manifest(context.folder("annotated"), "annotate")
    files = math.ceil(annotated.bytes / (recipe.publish.target_file_megabytes * MEBIBYTE))
    return kept.select(*CORPUS_COLUMNS).coalesce(max(1, files))


def _ledger(context: RunContext) -> DataFrame:
    verdicts, _ = context.read("verdicts", "decide")
    duplicates, _ = context.read("duplicates", "dedup")
    decided = _ledger_rows(verdicts.where(F.col("reason").isNotNull()), "decide")
    reason = F.concat("kind", F.lit("_duplicate"))
    removed = duplicates.join(verdicts.select("id", "source", "url", "language"), "id").select(
        "*",
        reason.alias("reason"),
        F.array(reason).alias("reasons"),
        F.lit("dedup.similarity").alias("signal"),
        F.col("similarity").alias("value"),
    )
    parts = [decided, _ledger_rows(removed, "dedup")]
    graded = grade_verdicts(context)
    if graded is not None:
        low = graded.where(F.col("reason").isNotNull())
        origin = verdicts.select("id", "source", "url", "language")
        parts.append(_ledger_rows(low.join(origin, "id"), "grade"))
    return functools.reduce(DataFrame.unionByName, parts).coalesce(_ledger_files(context))


def _ledger_rows(rows: DataFrame, stage: str) -> DataFrame:
    present = set(rows.columns)
    columns = [
        F.lit(stage).alias("stage")
        if field.name == "stage"
        else (F.col(field.name) if field.name in present else F.lit(None))
        .cast(field.dataType)
        .alias(field.name)
        for field in spark_schema(DROPPED)
    ]
    return rows.select(*columns)


def _ledger_files(context: RunContext) -> int:
    verdicts = require_manifest(context.folder("verdicts"), "decide")
    return max(1, math.ceil(verdicts.bytes / (128 * MEBIBYTE)))


def _quarantined(context: RunContext) -> DataFrame:
    parts = []
    for dataset, stage in (("documents", "ingest"), ("extracted", "extract")):
        rows, _ = context.read(dataset, stage)
        unusable = rows.where(F.col("status") != "ok").withColumn("stage", F.lit(stage))
        parts.append(unusable.select(*QUARANTINED.names))
    return functools.reduce(DataFrame.unionByName, parts).coalesce(_ledger_files(context))


def _check_totals(
    context: RunContext, corpus: Manifest, dropped: Manifest, quarantined: Manifest
) -> None:
    documents = require_manifest(context.folder("documents"), "ingest").rows
    accounted = corpus.rows + dropped.rows + quarantined.rows
    if accounted != documents:
        raise AccountingError(
            f"{documents} documents came in, but {corpus.rows} kept + {dropped.rows} dropped + "
            f"{quarantined.rows} quarantined = {accounted}. Please report this with the command you ran."
        )


if __name__ == "__main__":  # spark-submit jobs/publish_corpus.py
    sys.exit(main(["publish", *sys.argv[1:]]))

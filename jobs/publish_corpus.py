"""All stages → corpus/, dropped/ (the ledger) and quarantined/: where every document ended."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.command_line import main
from jobs.decide_verdicts import surviving
from jobs.dedup.cluster_columns import CLUSTER_ROW, cluster_rows, with_clusters
from jobs.dedup.file_bitmaps import without_rows
from jobs.grade_quality import grade_verdicts
from jobs.recipes.recipe import Recipe
from jobs.runtime.chunks import by_bytes
from jobs.runtime.errors import AccountingError
from jobs.runtime.manifest import (
    Manifest,
    PublishedFile,
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
    quarantined = make("quarantined", {}, [lambda: _quarantined(context)])
    dropped = make("dropped", {}, [lambda: _ledger(context)])
    corpus = make("corpus", recipe.publish.model_dump(), _corpus_parts(context, recipe))
    _check_totals(context, corpus, dropped, quarantined)
    return corpus


def _publish(
    context: RunContext,
    inputs: dict[str, str],
    dataset: str,
    configuration: dict[str, object],
    builds: Sequence[Callable[[], DataFrame]],
) -> Manifest:
    return run_stage(
        context,
        Stage(
            name="publish" if dataset == "corpus" else f"publish {dataset}",
            dataset=dataset,
            module="jobs.publish_corpus",
            inputs=inputs,
            configuration=configuration,
            chunks=[parquet_chunk(build) for build in builds],
            account=all_rows_out,
        ),
    )


def _corpus_parts(context: RunContext, recipe: Recipe) -> list[Callable[[], DataFrame]]:
    """One part of the corpus for each chunk of annotated files: what a killed run goes on from."""
    annotated = require_manifest(context.folder("annotated"), "annotate")
    chunks = by_bytes(annotated.files, lambda file: file.bytes, recipe.run.chunk_gigabytes)
    return [functools.partial(_corpus, context, recipe, chunk) for chunk in chunks]


def _corpus(context: RunContext, recipe: Recipe, files: Sequence[PublishedFile]) -> DataFrame:
    duplicates, manifest = context.read("duplicates", "dedup")
    # However large the corpus, a task holds what concerns this chunk's documents only.
    here = functools.partial(_among, _id_range(context, files))
    kept = surviving(context, files).withColumn("language", F.col(LANGUAGE))
    kept = kept.select(*CORPUS_COLUMNS)
    if manifest.details["mode"] == "remove":
        kept = without_rows(kept, here(duplicates.select("id")))
    else:
        kept = with_clusters(kept, here(cluster_rows(duplicates), CLUSTER_ROW))
    graded = grade_verdicts(context)
    if graded is not None:
        failed = graded.where(F.col("reason").isNotNull())
        kept = without_rows(kept, here(failed.select("id")))
    size = sum(file.bytes for file in files)
    parts = math.ceil(size / (recipe.publish.target_file_megabytes * MEBIBYTE))
    return kept.coalesce(max(1, parts))


def _among(bounds: tuple[int, int], rows: DataFrame, column: str = "id") -> DataFrame:
    return rows.where(F.col(column).between(*bounds))


def _id_range(context: RunContext, files: Sequence[PublishedFile]) -> tuple[int, int]:
    annotated = context.spark.read.parquet(*context.spark_paths("annotated", files))
    row = annotated.agg(F.min("id"), F.max("id")).first()
    assert row is not None  # an aggregate without groups always has one row
    return (0, 0) if row[0] is None else (int(row[0]), int(row[1]))


def _ledger(context: RunContext) -> DataFrame:
    verdicts, _ = context.read("verdicts", "decide")
    duplicates, dedup = context.read("duplicates", "dedup")
    decided = _ledger_rows(verdicts.where(F.col("reason").isNotNull()), "decide")
    reason = F.concat("kind", F.lit("_duplicate"))
    removed = duplicates.join(verdicts.select("id", "source", "url", "language"), "id").select(
        "*",
        reason.alias("reason"),
        F.array(reason).alias("reasons"),
        F.lit("dedup.similarity").alias("signal"),
        F.col("similarity").alias("value"),
    )
    parts = [decided]
    if dedup.details["mode"] == "remove":
        parts.append(_ledger_rows(removed, "dedup"))
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

"""All stages → corpus/, dropped/ (the ledger) and quarantined/: where every document ended."""

from __future__ import annotations

import argparse
import functools
import math
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.command.opening import open_recipe, open_run
from jobs.command.running import run
from jobs.contamination.match_tables import with_best_matches
from jobs.contamination.spark_table import DATASET as MATCHES
from jobs.decide_verdicts import judged_by_arrow, resolved_rules, surviving, surviving_table
from jobs.dedup.cluster_columns import CLUSTER_ROW, cluster_rows, with_clusters
from jobs.dedup.file_bitmaps import without_rows
from jobs.dedup.repeated_passages import find_repeated_passages, without_passages
from jobs.grade_quality import grade_verdict_table, grade_verdicts
from jobs.match_benchmarks import best_matches
from jobs.recipes.recipe import Recipe
from jobs.recipes.stored_recipe import judged_rules
from jobs.runtime.contract.chunks import by_bytes
from jobs.runtime.contract.document_ids import ROW_BITS, document_id
from jobs.runtime.contract.driver_tables import dataset_table, rows_without, table_chunk, works_here
from jobs.runtime.contract.manifest import (
    Manifest,
    PublishedFile,
    published_files,
    read_manifest,
    require_manifest,
)
from jobs.runtime.contract.stage import RunContext, Stage, all_rows_out, parquet_chunk, run_stage
from jobs.runtime.errors import AccountingError
from jobs.runtime.spark.arrow_frames import frame_of_table
from jobs.runtime.spark.schemas import CORPUS_COLUMNS, DROPPED, QUARANTINED, spark_schema
from jobs.runtime.store import storage
from jobs.verdicts.array_verdicts import asked_by_arrow
from jobs.verdicts.expressions import LANGUAGE, cut_out
from jobs.verdicts.ledger_tables import duplicate_rows, low_grade_rows
from udfs.columns.batch_columns import in_schema

MEBIBYTE = 1 << 20
PASSAGES = "repeated_passages"
_NUMBER = "corpusmill_file"
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
    matched = read_manifest(context.folder(MATCHES))
    if matched is not None:
        inputs["contamination"] = matched.fingerprint
    passages = _find_passages(context, recipe, inputs)
    if passages is not None:
        inputs["repeated_passages"] = passages.fingerprint
    here = _works_here(context, recipe)
    make = functools.partial(_publish, context, inputs, here)
    if here:
        unusable = [table_chunk(lambda: quarantine_table(context))]
        left = [table_chunk(lambda: ledger_table(context))]
    else:
        unusable = [parquet_chunk(lambda: _quarantined(context))]
        left = [parquet_chunk(lambda: _ledger(context))]
    quarantined = make("quarantined", {}, unusable)
    dropped = make("dropped", {}, left)
    files, most = context.manifest("annotated").files, recipe.run.chunk_gigabytes
    chunks = by_bytes(files, lambda file: file.bytes, most)
    parts = [_corpus_part(context, recipe, here, chunk) for chunk in chunks]
    corpus = make("corpus", _corpus_settings(recipe), parts, [len(chunk) for chunk in chunks])
    _check_totals(context, corpus, dropped, quarantined)
    return corpus


def _find_passages(context: RunContext, recipe: Recipe, inputs: dict[str, str]) -> Manifest | None:
    """Find what to cut out of the kept documents, if the recipe wants that."""
    settings = recipe.dedup.passages
    folder = context.folder(PASSAGES)
    if settings.unit == "none":
        storage.delete_tree(folder)
        return None

    def totals() -> dict[str, object]:
        files = [file for file in published_files(folder) if file.rows]
        if not files:
            return {"documents": 0, "passages": 0, "characters": 0}
        row = (
            context.read_files(PASSAGES, files)
            .agg(
                F.count(F.lit(1)).alias("documents"),
                F.sum("passages").alias("passages"),
                F.sum("characters").alias("characters"),
            )
            .first()
        )
        assert row is not None  # an aggregate without groups always has one row
        return row.asDict()

    def build() -> DataFrame:
        kept = _kept(context, None, None)
        return find_repeated_passages(kept.select("id", "text"), settings)

    return run_stage(
        context,
        Stage(
            name="publish passages",
            dataset=PASSAGES,
            module="jobs.publish_corpus",
            inputs=dict(inputs),
            configuration=settings.model_dump(),
            chunks=[parquet_chunk(build)],
            account=all_rows_out,
            details=totals,
        ),
    )


def _publish(
    context: RunContext,
    inputs: dict[str, str],
    here: bool,
    dataset: str,
    configuration: dict[str, object],
    chunks: Sequence[Callable[[str], None]],
    cut: Sequence[int] = (),
) -> Manifest:
    return run_stage(
        context,
        Stage(
            name="publish" if dataset == "corpus" else f"publish {dataset}",
            dataset=dataset,
            module="jobs.publish_corpus",
            inputs=inputs,
            configuration=configuration,
            chunks=chunks,
            account=all_rows_out,
            in_driver=here,
            cut=cut,
        ),
    )


def _works_here(context: RunContext, recipe: Recipe) -> bool:
    """Whether this process publishes: of a small run, with rules, removed duplicates and grades."""
    annotated = context.manifest("annotated")
    plain = recipe.dedup.passages.unit == "none" and recipe.dedup.mode == "remove"
    graded = read_manifest(context.folder("quality"))
    asked = graded is None or asked_by_arrow(judged_rules(graded))
    cut = any(rule.action == "excise" for rule in resolved_rules(context))
    one_file = annotated.bytes <= recipe.publish.target_file_megabytes * MEBIBYTE
    small = works_here(context, recipe.run.driver_megabytes, annotated)
    return plain and asked and not cut and one_file and small and judged_by_arrow(context)


def _corpus_part(
    context: RunContext, recipe: Recipe, here: bool, files: Sequence[PublishedFile]
) -> Callable[[str], None]:
    """Return what writes the corpus of some annotated files: a killed run goes on behind it."""
    if here:
        return table_chunk(functools.partial(corpus_table, context, files))
    return parquet_chunk(functools.partial(_corpus, context, recipe, files))


def quarantine_table(context: RunContext) -> pa.Table:
    """Return the rows of :func:`_quarantined`, made in this process."""
    rows = dataset_table(context, "extracted", QUARANTINED.names)
    return in_schema(rows.filter(pc.not_equal(rows.column("status"), "ok")), QUARANTINED)


def ledger_table(context: RunContext) -> pa.Table:
    """Return the rows of :func:`_ledger`, made in this process."""
    verdicts, duplicates = (
        dataset_table(context, name).combine_chunks() for name in ("verdicts", "duplicates")
    )
    decided = verdicts.filter(verdicts.column("reason").is_valid())
    if read_manifest(context.folder(MATCHES)) is not None:
        decided = with_best_matches(decided, dataset_table(context, MATCHES))
    parts = [
        in_schema(decided, DROPPED, stage="decide"),
        in_schema(duplicate_rows(verdicts, duplicates), DROPPED, stage="dedup"),
    ]
    graded = grade_verdict_table(context)
    if graded is not None:
        parts.append(in_schema(low_grade_rows(verdicts, graded), DROPPED, stage="grade"))
    return pa.concat_tables(parts)


def corpus_table(context: RunContext, files: Sequence[PublishedFile]) -> pa.Table:
    """Return the rows of :func:`_corpus`, made in this process."""
    columns = [LANGUAGE if name == "language" else name for name in CORPUS_COLUMNS]
    kept = surviving_table(context, columns, files).rename_columns(list(CORPUS_COLUMNS))
    kept = rows_without(kept, dataset_table(context, "duplicates", ["id"]).column("id"))
    graded = grade_verdict_table(context)
    if graded is None:
        return kept
    return rows_without(kept, graded.filter(graded.column("reason").is_valid()).column("id"))


def _corpus(context: RunContext, recipe: Recipe, files: Sequence[PublishedFile]) -> DataFrame:
    # However large the corpus, a task holds what concerns this chunk's documents only.
    part = _part(context, files)
    kept = _kept(context, files, part)
    if recipe.dedup.passages.unit != "none":
        cut = _among(part, context.read(PASSAGES, "publish")[0])
        kept = without_rows(kept, cut.where("emptied").select("id"))
        kept = without_passages(kept, cut, recipe.dedup.passages)
    size = sum(file.bytes for file in files)
    parts = math.ceil(size / (recipe.publish.target_file_megabytes * MEBIBYTE))
    return kept.coalesce(max(1, parts))


def _kept(
    context: RunContext, files: Sequence[PublishedFile] | None, part: _Part | None
) -> DataFrame:
    """The documents that neither rules nor deduplication nor grades take out.

    Args:
        context: The run.
        files: Of ``annotated/``; None: all.
        part: Of which their documents are; None: any.
    """
    here = functools.partial(_among, part)
    duplicates, manifest = context.read("duplicates", "dedup")
    kept = surviving(context, files).withColumn("language", F.col(LANGUAGE))
    text = cut_out(resolved_rules(context))
    if text is not None:
        kept = kept.withColumn("text", text)
    kept = kept.select(*CORPUS_COLUMNS)
    if manifest.details["mode"] == "remove":
        kept = without_rows(kept, here(duplicates.select("id")))
    else:
        kept = with_clusters(kept, here(cluster_rows(duplicates), CLUSTER_ROW))
    graded = grade_verdicts(context)
    if graded is not None:
        failed = graded.where(F.col("reason").isNotNull())
        kept = without_rows(kept, here(failed.select("id")))
    return kept


class _Part(NamedTuple):
    """Some source files: smallest and largest id of their documents, and their numbers, a column."""

    first: int
    last: int
    numbers: DataFrame


def _among(part: _Part | None, rows: DataFrame, column: str = "id") -> DataFrame:
    """The rows whose document is of the part; bounds spare reading the others where they lie apart."""
    if part is None:
        return rows
    near = rows.where(F.col(column).between(part.first, part.last))
    same = F.shiftright(F.col(column), ROW_BITS) == F.col(_NUMBER)
    return near.join(F.broadcast(part.numbers), same, "left_semi")


def _part(context: RunContext, files: Sequence[PublishedFile]) -> _Part:
    annotated = context.read_files("annotated", files)
    rows = annotated.select(F.shiftright("id", ROW_BITS)).distinct().collect()
    numbers = sorted(row[0] for row in rows) or [0]
    table = pa.table({_NUMBER: pa.array(numbers, pa.int64())})
    last = document_id(numbers[-1], (1 << ROW_BITS) - 1)
    return _Part(document_id(numbers[0], 0), last, frame_of_table(context.spark, table))


def _corpus_settings(recipe: Recipe) -> dict[str, object]:
    return recipe.publish.model_dump(exclude={"json_lines", "partition_by"})  # another stage's


def _ledger(context: RunContext) -> DataFrame:
    verdicts, _ = context.read("verdicts", "decide")
    duplicates, dedup = context.read("duplicates", "dedup")
    decided = _ledger_rows(
        _with_matches(context, verdicts.where(F.col("reason").isNotNull())), "decide"
    )
    reason = F.concat("kind", F.lit("_duplicate"))
    origin = verdicts.select("id", "source", "source_id", "url", "language")
    removed = (
        duplicates.drop("source_id")
        .join(origin, "id")
        .select(
            "*",
            reason.alias("reason"),
            F.array(reason).alias("reasons"),
            F.lit("dedup.similarity").alias("signal"),
            F.col("similarity").alias("value"),
        )
    )
    parts = [decided]
    if dedup.details["mode"] == "remove":
        parts.append(_ledger_rows(removed, "dedup"))
    if read_manifest(context.folder(PASSAGES)) is not None:
        cut, _ = context.read(PASSAGES, "publish")
        emptied = cut.where("emptied").join(origin, "id")
        parts.append(_ledger_rows(emptied.select("*", *_passage_reason()), "dedup"))
    graded = grade_verdicts(context)
    if graded is not None:
        low = graded.where(F.col("reason").isNotNull())
        parts.append(_ledger_rows(low.join(origin, "id"), "grade"))
    return functools.reduce(DataFrame.unionByName, parts).coalesce(_ledger_files(context))


def _with_matches(context: RunContext, dropped: DataFrame) -> DataFrame:
    """What left and holds a benchmark item, whatever it left for, with the item and the words of it."""
    if read_manifest(context.folder(MATCHES)) is None:
        return dropped
    matches, _ = context.read(MATCHES, "run")
    best = best_matches(matches)
    left = dropped.join(best, "id", "left")
    told = F.col("held") | F.col("signal").startswith("contamination.")
    names = [name for name in best.columns if name not in ("id", "held")]
    return left.withColumns({name: F.when(told, F.col(name)) for name in names})


def _passage_reason() -> list[Column]:
    reason = F.lit("repeated_passages")
    return [
        reason.alias("reason"),
        F.array(reason).alias("reasons"),
        F.lit("dedup.passages").alias("signal"),
        F.col("passages").cast("double").alias("value"),
    ]


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
    rows, _ = context.read("extracted", "extract")
    unusable = rows.where(F.col("status") != "ok").select(*QUARANTINED.names)
    return unusable.coalesce(_ledger_files(context))


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


def publish_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill publish` with the folder of the corpus."""
    recipe = open_recipe(arguments, arguments.run)
    with open_run(arguments, arguments.run, made=True) as context:
        publish_stage(context, recipe)
    return context.folder("corpus")


if __name__ == "__main__":  # spark-submit jobs/publish_corpus.py
    from jobs.publish_corpus import publish_command  # what Spark ships must not belong to __main__

    sys.exit(run("publish", publish_command))

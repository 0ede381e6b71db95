"""A segment of an index made by Spark: tasks read texts where they lie, postings are dealt out by hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.dedup.file_bitmaps import quoted, without_rows
from jobs.runtime.contract.manifest import read_manifest
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.contract.user_tables import UserTable, by_file
from jobs.runtime.spark.arrow_frames import frame_of_table, map_with_schema
from jobs.runtime.spark.connect import tasks_at_a_time
from jobs.runtime.spark.java_heap import tasks_within_heap
from jobs.runtime.spark.parquet_frames import read_parquet
from jobs.tracing.indexed_documents import ANNOTATED, CORPUS, EXTRACTED, GRADES, IndexedDocuments
from jobs.tracing.layout import (
    BLOCK_BITS,
    DROPPED,
    DUPLICATE,
    KEPT,
    QUARANTINED,
    Segment,
    TextFile,
    documents_schema,
)
from jobs.tracing.spark_tasks import (
    PACKED,
    TEXT_TASKS,
    WRITTEN,
    DocumentWriter,
    PostingBatches,
    PostingWriter,
    TextScan,
)
from udfs.tracing.posting_keys import PostingKeys

_NUMBER: Final = "document"
_TASK_BYTES: Final = 64 << 20  # of Parquet: a task's start is nothing beside it
_SMALL_TASK_BYTES: Final = 4 << 20
_TASKS_A_CORE: Final = 4


def build_with_spark(
    context: RunContext,
    source: IndexedDocuments,
    segment: Segment,
    han_variants: tuple[tuple[int, int], ...],
) -> None:
    """Write the files of a segment.

    Args:
        context: The run.
        source: The documents.
        segment: What is made.
        han_variants: Of ``fold_table``.
    """
    by_dataset: dict[str, list[TextFile]] = {}
    for file in segment.files:
        by_dataset.setdefault(file.dataset, []).append(file)
    rows = {
        dataset: _numbered(context, source, segment, files) for dataset, files in by_dataset.items()
    }
    facts = [
        _facts(context, source, name, _of_this_dataset(context, name, frame))
        for name, frame in rows.items()
    ]
    block = F.shiftright(_NUMBER, BLOCK_BITS)
    blocks = _union(facts).repartition(block).sortWithinPartitions(_NUMBER)
    writer = DocumentWriter(segment.folder, documents_schema(source.id_type))
    written = map_with_schema(blocks, writer, WRITTEN).collect()
    # Tasks see by what was written which texts are indexed from where; of the files they are told their own.
    told = replace(segment, files=(), names=frozenset(row["file"] for row in written))
    keys = PostingKeys(segment.hash_bits, segment.bits, segment.document_bits)
    if source.table is not None and source.table.arrow is None:  # only Spark can read it
        texts = _texts_by_java(context, source.table, rows[""])
        winnow = PostingBatches(han_variants, segment.text_bytes, keys)
    else:
        texts = _text_tasks(context, segment)
        winnow = PostingBatches(han_variants, segment.text_bytes, keys, TextScan(told))
    postings = map_with_schema(texts, winnow, PACKED)
    # By a key that names its file: no file is in two tasks.
    dealt = postings.repartition("bucket").sortWithinPartitions("bucket")
    map_with_schema(dealt, PostingWriter(segment.folder, keys), WRITTEN).collect()


def _text_tasks(context: RunContext, segment: Segment) -> DataFrame:
    """The text files as rows of ``TEXT_TASKS``, a large one several times, dealt out to tasks."""
    cores = tasks_at_a_time(context.spark)
    total = sum(file.bytes for file in segment.files)
    size = min(_TASK_BYTES, max(_SMALL_TASK_BYTES, total // (_TASKS_A_CORE * cores)))
    rows = []
    for file in segment.files:
        parts = -(-file.bytes // size)
        rows += [
            {
                "path": segment.path(file),
                "first": file.first,
                "whole": file.dataset in ("", CORPUS),
                "part": part,
                "parts": parts,
            }
            for part in range(parts)
        ]
    tasks = min(len(rows), max(1, -(-total // size)))
    table = pa.Table.from_pylist(rows, schema=TEXT_TASKS)
    return frame_of_table(context.spark, table).repartition(tasks)


def _texts_by_java(context: RunContext, table: UserTable, rows: DataFrame) -> DataFrame:
    """Numbers and texts of a table of which Arrow may read columns otherwise than Spark."""
    texts = rows.select(_NUMBER, "text")
    # Others write row groups of any size, of which a task must unpack a whole page at once.
    tasks = tasks_within_heap(context.spark, table.largest_row_group)
    return texts if tasks is None else texts.coalesce(tasks)


def _union(frames: Sequence[DataFrame]) -> DataFrame:
    first, *others = frames
    for other in others:
        first = first.unionByName(other)
    return first


def _numbered(
    context: RunContext, source: IndexedDocuments, segment: Segment, files: Sequence[TextFile]
) -> DataFrame:
    """The rows of files: their numbers, ``id`` and ``text``, of what was extracted status and stage."""
    paths = [segment.path(file) for file in files]
    if source.table is not None:
        rows = source.table.read_files(context.spark, paths)
    else:
        rows = read_parquet(context.spark, paths)
    firsts = dict(zip(paths, (file.first for file in files), strict=True))
    number = by_file(rows, [firsts[path] for path in sorted(paths)]) + F.col("_metadata.row_index")
    names = {"id": source.id_column, "text": source.text_column}
    if EXTRACTED in {file.dataset for file in files}:
        names |= {"status": "status", "stage": "stage"}
    columns = [F.col(quoted(name)).alias(role) for role, name in names.items()]
    return rows.select(number.cast("int").alias(_NUMBER), *columns)


def _of_this_dataset(context: RunContext, dataset: str, rows: DataFrame) -> DataFrame:
    """The rows whose text is indexed from there; texts are not shuffled."""
    if dataset == ANNOTATED:
        kept, _ = context.read(CORPUS, "publish")
        # However large the corpus, a task holds what concerns this chunk's documents only.
        bounds = rows.agg(F.min("id"), F.max("id")).first()
        assert bounds is not None  # an aggregate without groups always has one row
        return without_rows(rows, kept.select("id").where(F.col("id").between(*bounds)))
    return rows.where(F.col("status") != "ok") if dataset == EXTRACTED else rows


def _facts(
    context: RunContext, source: IndexedDocuments, dataset: str, rows: DataFrame
) -> DataFrame:
    """``documents_schema`` of some rows."""
    plain = rows.select(_NUMBER, "id", *_given(dataset))
    if dataset in (CORPUS, ANNOTATED) and read_manifest(context.folder(GRADES)) is not None:
        grades, _ = context.read(GRADES, "grade")
        grade = F.col("quality.grade").cast("double").alias("grade")
        plain = plain.join(grades.select("id", grade), "id", "left")
    if dataset == ANNOTATED:
        left, _ = context.read("dropped", "publish")
        fates = left.select("id", "stage", "reason", "keeper_id", "keeper_run")
        copied = F.col("keeper_id").isNotNull()
        plain = plain.join(fates, "id", "left")
        plain = plain.withColumn("status", F.when(copied, DUPLICATE).otherwise(DROPPED))
    known = set(plain.columns)
    types = {"keeper_id": "bigint", "keeper_run": "int", "grade": "double"}
    columns = [
        F.col(name) if name in known else F.lit(None).cast(types.get(name, "string")).alias(name)
        for name in documents_schema(source.id_type).names
    ]
    return plain.select(*columns)


def _given(dataset: str) -> list[Column]:
    if dataset == EXTRACTED:
        reason = F.col("status").alias("reason")
        return [F.lit(QUARANTINED).alias("status"), F.col("stage"), reason]
    return [] if dataset == ANNOTATED else [F.lit(KEPT).alias("status")]

"""A segment of an index made by Spark: texts stay where they are read, postings are dealt out by hash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.dedup.file_bitmaps import quoted, without_rows
from jobs.runtime.contract.manifest import read_manifest
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.contract.user_tables import by_file
from jobs.runtime.spark.arrow_frames import map_with_schema
from jobs.runtime.spark.java_heap import tasks_within_heap
from jobs.runtime.spark.parquet_frames import read_parquet
from jobs.tracing.indexed_documents import ANNOTATED, CORPUS, EXTRACTED, GRADES, IndexedDocuments
from jobs.tracing.layout import (
    BLOCK_BITS,
    DROPPED,
    DUPLICATE,
    KEPT,
    POSTINGS,
    QUARANTINED,
    Segment,
    TextFile,
    documents_schema,
)
from jobs.tracing.sorted_files import write_documents, write_postings
from udfs.text.folding import fold_table
from udfs.tracing.fingerprints import fingerprints, folded_texts

WRITTEN: Final = pa.schema([("file", pa.string()), ("rows", pa.int64())])
_NUMBER: Final = "document"


@dataclass(frozen=True)
class PostingBatches:
    """A function for mapInArrow: ``document, text`` to ``POSTINGS``.

    Attributes:
        han_variants: Of ``fold_table``.
        bits: Of a hash.
    """

    han_variants: tuple[tuple[int, int], ...]
    bits: int

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the fingerprints of each batch."""
        table = fold_table(self.han_variants)
        for batch in batches:
            texts = folded_texts(batch.column(1), table)
            found = fingerprints(texts.hashes, texts.offsets, self.bits)
            documents = batch.column(0).to_numpy()[found.texts]
            yield pa.record_batch([pa.array(found.hashes), pa.array(documents)], schema=POSTINGS)


@dataclass(frozen=True)
class FileWriter:
    """A function for mapInArrow: writes sorted rows into the files of a segment, yields their names.

    Two attempts of a task write the same bytes under the same names, so that either may win.

    Attributes:
        folder: Of the segment.
        kind: What the rows are.
        bucket_shift: Bits of a hash behind those that name its file.
        schema: Of the rows.
    """

    folder: str
    kind: Literal["postings", "documents"]
    bucket_shift: int
    schema: pa.Schema

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Write the rows of a task."""
        rows = (batch.cast(self.schema) for batch in batches)
        if self.kind == "postings":
            written = write_postings(self.folder, self.bucket_shift, rows)
        else:
            written = write_documents(self.folder, rows)
        for name, count in written:
            yield pa.RecordBatch.from_pylist([{"file": name, "rows": count}], schema=WRITTEN)


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
    texts, facts = [], []
    for dataset, files in by_dataset.items():
        rows = _numbered(context, source, segment, files)
        if source.table is None:
            rows = _of_this_dataset(context, dataset, rows)
        texts.append(rows.select(_NUMBER, "text"))
        facts.append(_facts(context, source, dataset, rows))
    postings = [
        map_with_schema(rows, PostingBatches(han_variants, segment.hash_bits), POSTINGS)
        for rows in texts
    ]
    shift = segment.hash_bits - segment.bits
    bucket = F.shiftright("hash", shift)
    _write(_union(postings), bucket, FileWriter(segment.folder, "postings", shift, POSTINGS))
    schema = documents_schema(source.id_type)
    block = F.shiftright(_NUMBER, BLOCK_BITS)
    _write(_union(facts), block, FileWriter(segment.folder, "documents", shift, schema))


def _write(rows: DataFrame, key: Column, writer: FileWriter) -> None:
    """Write rows by a key that names their file; no file is in two tasks."""
    order = rows.columns[:2] if writer.kind == "postings" else rows.columns[:1]
    dealt = rows.repartition(key).sortWithinPartitions(*order)
    map_with_schema(dealt, writer, WRITTEN).collect()


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
        rows = read_parquet(context.spark, paths, carries_documents=True)
    firsts = dict(zip(paths, (file.first for file in files), strict=True))
    number = by_file(rows, [firsts[path] for path in sorted(paths)]) + F.col("_metadata.row_index")
    names = {"id": source.id_column, "text": source.text_column}
    if EXTRACTED in {file.dataset for file in files}:
        names |= {"status": "status", "stage": "stage"}
    columns = [F.col(quoted(name)).alias(role) for role, name in names.items()]
    chosen = rows.select(number.cast("int").alias(_NUMBER), *columns)
    if source.table is None:
        return chosen
    # Others write row groups of any size, of which a task must unpack a whole page at once.
    tasks = tasks_within_heap(context.spark, source.table.largest_row_group)
    return chosen if tasks is None else chosen.coalesce(tasks)


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

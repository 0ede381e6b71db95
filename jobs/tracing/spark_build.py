"""A segment of an index made by Spark: texts stay where they are read, postings are dealt out by hash."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
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
PACKED: Final = pa.schema([("bucket", pa.int32()), ("keys", pa.binary())])
_NUMBER: Final = "document"
_SENT_TOGETHER: Final = 1 << 16  # postings: half a megabyte in the rows that Spark carries
_PIECE_ROWS: Final = 1 << 20
Hashes: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PostingKeys:
    """How postings of a bucket are packed into numbers of 64 bits, whose order is theirs.

    Attributes:
        bucket_shift: Bits of a hash behind those that name its bucket.
        document_bits: Bits of a document's number.
    """

    bucket_shift: int
    document_bits: int

    def packed(self, hashes: Hashes, documents: npt.NDArray[np.int32]) -> npt.NDArray[np.uint64]:
        """Return keys of postings, without the bits that name their buckets."""
        rest = (hashes & ((1 << self.bucket_shift) - 1)).astype(np.uint64)
        return (rest << np.uint64(self.document_bits)) | documents.astype(np.uint64)

    def postings(self, bucket: int, keys: npt.NDArray[np.uint64]) -> Iterator[pa.RecordBatch]:
        """Yield ``POSTINGS`` of keys of one bucket."""
        first = bucket << self.bucket_shift
        for place in range(0, len(keys), _PIECE_ROWS):
            piece = keys[place : place + _PIECE_ROWS]
            hashes = (piece >> np.uint64(self.document_bits)).astype(np.int64) + first
            documents = (piece & np.uint64((1 << self.document_bits) - 1)).astype(np.int32)
            yield pa.record_batch([pa.array(hashes), pa.array(documents)], schema=POSTINGS)


@dataclass(frozen=True)
class PostingBatches:
    """A function for mapInArrow: ``document, text`` to packed postings, many of a bucket in a row.

    A row a posting would cost Spark more than the text costs us.

    Attributes:
        han_variants: Of ``fold_table``.
        hash_bits: Of a hash.
        keys: How postings are packed.
    """

    han_variants: tuple[tuple[int, int], ...]
    hash_bits: int
    keys: PostingKeys

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the fingerprints of the batches."""
        table = fold_table(self.han_variants)
        hashes: list[Hashes] = []
        documents: list[npt.NDArray[np.int32]] = []
        for batch in batches:
            texts = folded_texts(batch.column(1), table)
            found = fingerprints(texts.hashes, texts.offsets, self.hash_bits)
            hashes.append(found.hashes)
            documents.append(batch.column(0).to_numpy()[found.texts])
            if sum(map(len, hashes)) >= _SENT_TOGETHER:
                yield self._rows(np.concatenate(hashes), np.concatenate(documents))
                hashes, documents = [], []
        if hashes:
            yield self._rows(np.concatenate(hashes), np.concatenate(documents))

    def _rows(self, hashes: Hashes, documents: npt.NDArray[np.int32]) -> pa.RecordBatch:
        buckets = hashes >> self.keys.bucket_shift
        order = np.argsort(buckets, kind="stable")
        buckets, keys = buckets[order], self.keys.packed(hashes[order], documents[order])
        borders = [0, *(np.flatnonzero(np.diff(buckets)) + 1).tolist(), len(keys)]
        spans = [(first, stop) for first, stop in itertools.pairwise(borders) if stop > first]
        columns = [
            pa.array([int(buckets[first]) for first, _ in spans], pa.int32()),
            pa.array([keys[first:stop].tobytes() for first, stop in spans], pa.binary()),
        ]
        return pa.record_batch(columns, schema=PACKED)


@dataclass(frozen=True)
class PostingWriter:
    """A function for mapInArrow: writes packed postings, by bucket, as files; yields their names.

    Two attempts of a task write the same bytes under the same names, so that either may win.

    Attributes:
        folder: Of the segment.
        keys: How postings are packed.
    """

    folder: str
    keys: PostingKeys

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Sort and write the buckets of a task, one at a time."""
        rows = (
            (bucket, np.frombuffer(keys.as_buffer(), np.uint64))
            for batch in batches
            for bucket, keys in zip(batch.column(0).to_pylist(), batch.column(1), strict=True)
        )
        for bucket, group in itertools.groupby(rows, lambda row: row[0]):
            keys = np.concatenate([packed for _, packed in group])
            keys.sort()
            pieces = self.keys.postings(bucket, keys)
            yield from _told(write_postings(self.folder, self.keys.bucket_shift, pieces))


@dataclass(frozen=True)
class DocumentWriter:
    """As :class:`PostingWriter`, of what became of documents, by number.

    Attributes:
        folder: Of the segment.
        schema: Of the rows.
    """

    folder: str
    schema: pa.Schema

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Write the rows of a task."""
        yield from _told(write_documents(self.folder, (one.cast(self.schema) for one in batches)))


def _told(written: Iterator[tuple[str, int]]) -> Iterator[pa.RecordBatch]:
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
    keys = PostingKeys(segment.hash_bits - segment.bits, segment.document_bits)
    winnow = PostingBatches(han_variants, segment.hash_bits, keys)
    postings = [map_with_schema(rows, winnow, PACKED) for rows in texts]
    # By a key that names its file: no file is in two tasks.
    dealt = _union(postings).repartition("bucket").sortWithinPartitions("bucket")
    map_with_schema(dealt, PostingWriter(segment.folder, keys), WRITTEN).collect()
    block = F.shiftright(_NUMBER, BLOCK_BITS)
    blocks = _union(facts).repartition(block).sortWithinPartitions(_NUMBER)
    writer = DocumentWriter(segment.folder, documents_schema(source.id_type))
    map_with_schema(blocks, writer, WRITTEN).collect()


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

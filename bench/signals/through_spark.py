"""Signals through Spark: `python -m bench.signals.through_spark [--quick]`.

One core (local[1]), English documents of 2.6 kB, Parquet in and Parquet out, session warm. Beside the
whole annotate batch (cleaning, language, all annotators, safety) stand the annotators alone, and the
same work without Spark: the difference is what Spark and Arrow transport cost.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from bench.measuring import measured, print_result
from bench.shared_folder import DATA
from jobs.runtime.spark.arrow_frames import BatchFunction, map_batches
from jobs.runtime.spark.session import start_session
from udfs.annotate_batches import AnnotateBatches
from udfs.cleaning.clean_texts import CleaningSettings
from udfs.columns.batch_columns import schema_with, with_columns
from udfs.extraction.charsets.decoding import decode
from udfs.lines.text_batch import TextBatch
from udfs.signals.annotate import ANNOTATORS, annotate, struct_type

ROWS_A_BATCH = 256
PIECE_CHARACTERS = 2_600


@dataclass(frozen=True)
class AnnotatorsOnly:
    """All text signals beside the id, without cleaning, language detection or keywords."""

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        rest = schema.remove(schema.get_field_index("text"))
        return schema_with(rest, {name: struct_type(name) for name in ANNOTATORS})

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            languages = pa.array(["en"] * batch.num_rows)
            signals = annotate(TextBatch(batch.column("text"), languages), tuple(ANNOTATORS))
            yield with_columns(batch.drop_columns(["text"]), signals)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="4,000 documents")
    count = 4_000 if parser.parse_args().quick else 40_000
    texts = pa.array(english_documents(count))
    count, size = len(texts), pc.sum(pc.binary_length(texts)).as_py()
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "texts.parquet")
        pq.write_table(pa.table({"id": range(count), "text": texts}), source, row_group_size=4_000)
        spark = start_session("bench signals", master="local[1]")
        for name, function in (
            ("annotators", AnnotatorsOnly()),
            ("whole annotate batch", AnnotateBatches(CleaningSettings())),
        ):
            in_process(name, function, texts, size)
            through_spark(name, function, spark, source, count, size)
        spark.stop()


def english_documents(count: int) -> list[str]:
    """Pieces of real books, cut to the length of the mean web page; repeated to the number wanted."""
    books = sorted((DATA / "text" / "books_en").glob("*.txt"))
    if not books:
        raise SystemExit(f"no books at {DATA}: set CORPUSMILL_SHARED_DATA to the shared folder")
    text = "".join(decode(book.read_bytes(), None)[0] for book in books)
    pieces = [text[at : at + PIECE_CHARACTERS] for at in range(0, len(text), PIECE_CHARACTERS)]
    return (pieces * (1 + count // len(pieces)))[:count]


def in_process(name: str, function: BatchFunction, texts: pa.Array, size: int) -> None:
    batches = pa.table({"id": range(len(texts)), "text": texts}).to_batches(ROWS_A_BATCH)
    list(function(iter(batches[:1])))  # compiled and loaded
    _, cost = measured(lambda: [None for _ in function(iter(batches))])
    rate = round(size / 1e6 / cost.cpu_s, 1)
    print_result(
        f"signals: {name}", "in process", len(texts), size, **cost.fields(), mb_per_cpu_s=rate
    )


def through_spark(
    name: str, function: BatchFunction, spark: SparkSession, source: Path, count: int, size: int
) -> None:
    def run() -> None:
        target = source.with_name("out.parquet")
        frame = spark.read.parquet(str(source))
        map_batches(frame, function).write.mode("overwrite").parquet(str(target))

    run()  # session, worker and kernels warm
    _, cost = measured(run)
    rate = round(size / 1e6 / cost.wall_s, 1)
    print_result(
        f"signals: {name}",
        "spark local[1]",
        count,
        size,
        wall_s=round(cost.wall_s, 3),
        mb_per_wall_s=rate,
    )


if __name__ == "__main__":
    main()

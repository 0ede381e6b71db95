"""Signatures through Spark: `python -m bench.dedup.signing [--quick]`.

One core (local[1]), generated documents of 2.6 kB, Parquet in, in a warm session: the second of two
passes is told, so the start of Java, the first compiling and the loading of kernels are not in it.
Processor time is that of all processes. Beside the signatures stand the same rows handed to Python and
back with nothing done, and the kernels without Spark: what is left between them is Spark's.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from bench.dedup.synthetic_families import generate
from bench.dedup.workloads import FOLDER, measure_kernels, write_corpus
from bench.measuring import print_result, tree_cpu_s
from jobs.dedup import DedupSettings
from jobs.dedup.signatures import SIGNATURE_OPTIONS, sign
from jobs.runtime.spark.parquet_frames import read_parquet
from jobs.runtime.spark.session import start_session

COPIES = 3  # of the corpus, read one after the other: a pass of a few seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 documents, not 100,000")
    count = 10_000 if parser.parse_args().quick else 100_000
    settings = DedupSettings()
    source = write_corpus(count)
    files = sorted(map(str, source.glob("*.parquet")))
    size = COPIES * sum(pq.read_table(file, columns=["text"]).nbytes for file in files)
    spark = start_session("bench signing", master="local[1]")
    documents = read_parquet(spark, files * COPIES)
    passed_on = documents.select("id", "text").mapInArrow(_ids_only, "id bigint")
    signed = sign(documents, settings)
    target = str(FOLDER / "signed")
    for name, work in (
        ("handed to Python and back", lambda: _discard(passed_on)),
        ("signed", lambda: _discard(signed)),
        ("signed and written", lambda: _write(signed, target)),
    ):
        through_spark(name, work, count * COPIES, size)
    spark.stop()
    measure_kernels(generate(count), min(count, 20_000))


def through_spark(name: str, work: Callable[[], None], count: int, size: int) -> None:
    """Print the cost of the second of two passes."""
    work()
    wall, cpu = time.perf_counter(), tree_cpu_s()
    work()
    wall, cpu = time.perf_counter() - wall, tree_cpu_s() - cpu
    print_result(
        "signing", f"Spark, {name}", count, size, wall_s=round(wall, 2), cpu_s=round(cpu, 2),
        docs_per_cpu_s=round(count / cpu), docs_per_wall_s=round(count / wall),
    )  # fmt: skip


def _ids_only(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch.select(["id"])


def _discard(frame: DataFrame) -> None:
    frame.write.format("noop").mode("overwrite").save()


def _write(frame: DataFrame, target: str) -> None:
    frame.write.options(**SIGNATURE_OPTIONS).mode("overwrite").parquet(target)


if __name__ == "__main__":
    main()

"""Signatures through Spark: `python -m bench.dedup.signing [--quick]`.

One core (local[1]), generated documents of 2.6 kB, Parquet in, in a warm session: the second of two
passes is told, so the start of Java, the first compiling and the loading of kernels are not in it.
Processor time is that of all processes. Beside the signatures stand the same rows handed to Python and
back with nothing done, and the kernels without Spark: what is left between them is Spark's. Last, what the
command does on one machine: threads that read the files themselves, one and two of them.
"""

from __future__ import annotations

import argparse
import functools
import time
from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from bench.dedup.synthetic_families import generate
from bench.dedup.workloads import FOLDER, measure_kernels, write_corpus
from bench.measuring import print_result, tree_cpu_s
from jobs.dedup import DedupSettings
from jobs.dedup.signatures import SIGNATURE_OPTIONS, sign, sign_rows
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.table_parts import TablePart, each_part, write_part
from jobs.runtime.spark.arrow_frames import map_with_schema
from jobs.runtime.spark.parquet_frames import arrow_schema, read_parquet
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
    passed_on = map_with_schema(
        documents.select("id", "text"), _ids_only, pa.schema([("id", pa.int64())])
    )
    signed = sign(documents, settings)
    target = str(FOLDER / "signed")
    for name, work in (
        ("Spark, handed to Python and back", lambda: _discard(passed_on)),
        ("Spark, signed", lambda: _discard(signed)),
        ("Spark, signed and written", lambda: _write(signed, target)),
    ):
        second_pass(name, work, count * COPIES, size)
    spark.stop()
    for threads in (1, 2):
        work = functools.partial(_sign_here, files * COPIES, settings, threads, target)
        second_pass(f"{threads} threads, signed and written", work, count * COPIES, size)
    measure_kernels(generate(count), min(count, 20_000))


def second_pass(name: str, work: Callable[[], None], count: int, size: int) -> None:
    """Print the cost of the second of two passes."""
    work()
    wall, cpu = time.perf_counter(), tree_cpu_s()
    work()
    wall, cpu = time.perf_counter() - wall, tree_cpu_s() - cpu
    print_result(
        "signing", name, count, size, wall_s=round(wall, 2), cpu_s=round(cpu, 2),
        docs_per_cpu_s=round(count / cpu), docs_per_wall_s=round(count / wall),
    )  # fmt: skip


def _ids_only(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch.select(["id"])


def _sign_here(files: list[str], settings: DedupSettings, threads: int, target: str) -> None:
    schema = arrow_schema(files)
    assert schema is not None  # generated: numbers and texts

    def sign_part(part: TablePart) -> None:
        signed = sign_rows(part.rows, part.ids, settings, "text", "id")
        write_part(target, part.number, signed, plain=signed.column_names)

    each_part(OwnTasks(threads), files, schema, ["id", "text"], sign_part)


def _discard(frame: DataFrame) -> None:
    frame.write.format("noop").mode("overwrite").save()


def _write(frame: DataFrame, target: str) -> None:
    frame.write.options(**SIGNATURE_OPTIONS).mode("overwrite").parquet(target)


if __name__ == "__main__":
    main()

"""What Spark adds to extraction: `python -m bench.extraction.through_spark [--quick]`.

The same development pages through one guarded child in this process and through the extract job's
transformation on local[1], Parquet in and Parquet out, session, Python worker and kernels warm. Processor
time of all processes is compared, so that other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from bench.extraction.page_sets import wcxb_pages
from bench.measuring import measured, print_result, tree_cpu_s
from jobs.extract_text import extracted_columns
from jobs.runtime.spark.session import start_session
from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.guard.parser_child import ParserChild

WARM_UP = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="200 pages, not all")
    quick = parser.parse_args().quick
    contents = [content for content, _ in wcxb_pages(200 if quick else None)]
    alone = in_process(contents)
    with tempfile.TemporaryDirectory() as scratch:
        spark = start_session("bench extraction", master="local[1]")
        through_spark(spark, contents[:WARM_UP], Path(scratch, "warm"))
        spent = through_spark(spark, contents, Path(scratch, "pages"))
        spark.stop()
    print_result(
        "extraction: Spark's extract against the guarded child alone",
        "corpusmill",
        len(contents),
        sum(map(len, contents)),
        cpu_s=round(spent, 2),
        cpu_s_without_spark=round(alone, 2),
        overhead=round(spent / alone - 1, 4),
    )


def in_process(contents: list[bytes]) -> float:
    """Return processor seconds of this process and the child, without the child's start."""
    with ParserChild() as child:
        for content in contents[:WARM_UP]:
            child.extract(content)
        before = child.processor_seconds
        _, cost = measured(lambda: [child.extract(content) for content in contents])
        return cost.cpu_s + child.processor_seconds - before


def through_spark(spark: SparkSession, contents: list[bytes], folder: Path) -> float:
    """Return processor seconds of the JVM, the Python worker and its child for one job."""
    folder.mkdir()
    table = pa.table({"id": range(len(contents)), "content": pa.array(contents, pa.binary())})
    pq.write_table(table, folder / "raw.parquet")
    before = tree_cpu_s()
    documents = spark.read.parquet(str(folder / "raw.parquet"))
    extracted_columns(documents, ExtractionOptions()).write.parquet(str(folder / "extracted"))
    return tree_cpu_s() - before


if __name__ == "__main__":
    main()

"""A user's table, decontaminated by a thread of this process and by a task of Spark: what each stage costs.

``python -m bench.contamination.table_speed --megabytes 500 --benchmarks gsm8k=test.jsonl ...``
"""

from __future__ import annotations

import argparse
import functools
import json
import shutil
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from bench.contamination.documents import documents
from bench.measuring import measured
from bench.shared_folder import OUTPUT, require_data
from bench.stage_cpu import StageCpu
from jobs.contamination.given_benchmarks import GivenBenchmarks
from jobs.match_benchmarks import decontaminate_user_table
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.spark.session import start_session

FOLDER = OUTPUT / "contamination-table"
OWN = "own"  # threads of this process


def main() -> None:
    """Print one JSON line a way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmarks", action="append", required=True, metavar="[MAPPING=]PATH")
    parser.add_argument("--megabytes", type=int, default=500)
    arguments = parser.parse_args()
    require_data()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    size = _write_table(arguments.megabytes)
    benchmarks = GivenBenchmarks.of(arguments.benchmarks)
    assert benchmarks is not None  # one at least is required
    _say(OWN, size, benchmarks, functools.partial(start_session, "bench"))
    session = start_session("bench", master="local[1]")  # what it costs to start is no stage's
    _say("spark local[1]", size, benchmarks, lambda: session)


def _write_table(megabytes: int) -> float:
    """Write real documents until there are enough; a copy says which one it is. Returns megabytes."""
    texts = [text for of in documents() for found in of.values() for _, text in found]
    written, number = 0, 0
    rows: list[str] = []
    while written < megabytes * 1_000_000:
        rows.append(f"{texts[number % len(texts)]}\n{number // len(texts)}")
        written += len(rows[-1].encode())
        number += 1
    table = pa.table({"id": range(len(rows)), "text": rows})
    pq.write_table(table, FOLDER / "table.parquet", row_group_size=5000)
    return written / 1e6


def _say(
    way: str, size: float, benchmarks: GivenBenchmarks, start: Callable[[], SparkSession]
) -> None:
    reporter, local = StageCpu(), way == OWN
    run = RunContext(start, str(FOLDER / way.split()[0]), reporter, local=local, threads=1)
    given, recipe = str(FOLDER / "table.parquet"), load_recipe("default")
    _, cost = measured(lambda: decontaminate_user_table(run, given, None, None, recipe, benchmarks))
    speed = round(size / reporter.seconds["contamination"], 1)
    facts = {"fact": "table", "way": way, "megabytes": round(size), "cpu_s_of": reporter.seconds}
    print(
        json.dumps({**facts, "match_mb_per_cpu_s": speed, "wall_s": round(cost.wall_s, 1)}),
        flush=True,
    )


if __name__ == "__main__":
    main()

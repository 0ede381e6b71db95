"""A table of the user's, decontaminated by threads of one process and through Spark, on one core each.

``python -m bench.contamination.table_speed --megabytes 500 --benchmarks gsm8k=test.jsonl ...``
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.contamination.documents import documents
from bench.measuring import measured, tree_cpu_s
from bench.shared_folder import OUTPUT, require_data
from jobs.contamination.given_benchmarks import GivenBenchmarks
from jobs.match_benchmarks import decontaminate_user_table
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.manifest import require_manifest
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.spark.session import start_session

FOLDER = OUTPUT / "contamination-table"
STAGES = ("benchmark-phrases", "benchmark-index", "contamination", "corpus")


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
    _say("this process", size, _own, benchmarks)
    _say("Spark, local[1]", size, _spark, benchmarks)


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
    way: str, size: float, context: Callable[[], RunContext], benchmarks: GivenBenchmarks
) -> None:
    run = context()
    given, recipe = str(FOLDER / "table.parquet"), load_recipe("default")
    before = tree_cpu_s()
    _, cost = measured(lambda: decontaminate_user_table(run, given, None, None, recipe, benchmarks))
    stages: dict[str, Any] = {}
    for name in STAGES:
        manifest = require_manifest(run.folder(name), "decontaminate")
        tasks = manifest.costs.task_seconds if manifest.costs else manifest.seconds
        stages[name] = {"wall_s": manifest.seconds, "task_s": tasks}
    speed = round(size / stages["contamination"]["task_s"], 1)
    facts = {"fact": "table", "way": way, "megabytes": round(size), "stages": stages}
    facts |= {"cpu_s": round(tree_cpu_s() - before, 1), "match_mb_per_task_s": speed}
    print(json.dumps({**facts, **cost.fields()}), flush=True)


def _own() -> RunContext:
    def refused() -> Any:
        raise AssertionError("Spark was started")

    return RunContext(refused, str(FOLDER / "own"), Reporter(quiet=True), local=True, threads=1)


def _spark() -> RunContext:
    session = start_session("bench", master="local[1]")
    return RunContext(session, str(FOLDER / "spark"), Reporter(quiet=True))


if __name__ == "__main__":
    main()

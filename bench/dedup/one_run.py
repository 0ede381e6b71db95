"""``python -m bench.dedup.one_run SOURCE WORK SETTINGS [MEMORY]``: one end-to-end run, for measuring it.

Writes what only Spark knows, the bytes shuffled, into WORK/cost.json.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.dedup import DedupSettings, find_duplicates
from jobs.runtime.spark.parquet_frames import read_parquet
from jobs.runtime.spark.session import start_session


def main() -> None:
    source, work, settings, *memory = sys.argv[1:]
    began = time.monotonic()
    given = {"spark.driver.memory": memory[0]} if memory else {}
    spark = start_session("bench-dedup", master="local[2]", settings=given)
    started = time.monotonic()
    documents = read_parquet(spark, sorted(map(str, Path(source).glob("*.parquet"))))
    find_duplicates(documents, DedupSettings.model_validate_json(settings), work)
    cost = {
        "session_s": round(started - began, 3),
        "search_s": round(time.monotonic() - started, 3),
        "shuffled_bytes": shuffled_bytes(spark),
    }
    spark.stop()
    Path(work, "cost.json").write_text(json.dumps(cost))


def shuffled_bytes(spark: SparkSession) -> int:
    """Bytes that all executors have written for shuffles."""
    executors = spark.sparkContext._jsc.sc().statusStore().executorList(False)
    return sum(int(executors.apply(place).totalShuffleWrite()) for place in range(executors.size()))


if __name__ == "__main__":
    main()

"""What the items of a match say, beside what the documents do."""

from __future__ import annotations

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.contamination.given_benchmarks import GivenBenchmarks
from jobs.runtime.spark.arrow_frames import frame_of_table
from udfs.contamination.planting.changes import plain

ITEM_CHARACTERS = 600  # of an item beside its match


def item_texts(benchmarks: GivenBenchmarks) -> pa.Table:
    """Return ``benchmark, item, item_text``."""
    return pa.table(
        {
            "benchmark": [item.benchmark for item in benchmarks.items],
            "item": [item.item for item in benchmarks.items],
            "item_text": [plain(item)[:ITEM_CHARACTERS] for item in benchmarks.items],
        }
    )


def with_item_texts(matches: DataFrame, benchmarks: GivenBenchmarks) -> DataFrame:
    """Return matches with the text of their items."""
    texts = frame_of_table(matches.sparkSession, item_texts(benchmarks))
    return matches.join(F.broadcast(texts), ["benchmark", "item"], "left")

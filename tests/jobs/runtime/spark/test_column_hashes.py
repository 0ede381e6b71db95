"""Draws by hash are those of Spark."""

import numpy as np
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.runtime.spark.column_hashes import xxhash64

IDS = [0, 1, -1, 5, 1 << 25, (3 << 25) + 7, 2**63 - 1, -(2**63)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # select xxhash64(0L), xxhash64(-1L), xxhash64(5L) of Spark 4.1
        (0, -5252525462095825812),
        (5, 6251837290343458373),
    ],
)
def test_known_hashes(given: int, expected: int) -> None:
    assert xxhash64(np.array([given])).tolist() == [expected]


@pytest.mark.spark
def test_every_hash_is_sparks(spark: SparkSession) -> None:
    rows = [(one, other) for one in IDS for other in IDS]
    frame = spark.createDataFrame(rows, "a bigint, b bigint")
    asked = frame.select(
        "a",
        "b",
        F.xxhash64("a").alias("one"),
        F.xxhash64("a", "b").alias("two"),
        F.xxhash64("a", F.lit("probe")).alias("text"),
        F.xxhash64("a", F.lit("abc")).alias("short"),
    ).collect()
    first, second = (np.array([row[name] for row in asked]) for name in ("a", "b"))
    assert xxhash64(first).tolist() == [row["one"] for row in asked]
    assert xxhash64(first, second).tolist() == [row["two"] for row in asked]
    assert xxhash64(first, b"probe").tolist() == [row["text"] for row in asked]
    assert xxhash64(first, b"abc").tolist() == [row["short"] for row in asked]

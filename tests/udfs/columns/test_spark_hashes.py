"""Draws by hash are those of Spark."""

import random

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from udfs.columns.spark_hashes import xxhash64
from udfs.columns.string_views import string_views

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


def test_known_hashes_of_texts() -> None:
    # select xxhash64(''), xxhash64('Spark'), xxhash64(repeat('0123456789', 10)) of Spark 4.1
    views = string_views(pa.array(["", "Spark", "0123456789" * 10, None]))
    assert xxhash64(views).tolist() == [
        -7444071767201028348, -4294468057691064905, 6379203369694145893, 42,
    ]  # fmt: skip


@pytest.mark.spark
def test_every_hash_of_texts_and_ints_is_sparks(spark: SparkSession) -> None:
    draw = random.Random(5)
    texts: list[str | None] = ["ab汉é"[: n % 5] + "x" * draw.randrange(90) for n in range(300)]
    texts += [None, "", "\x00", "日本語" * 50]
    copies = [draw.randrange(-5, 5) for _ in texts]
    frame = spark.createDataFrame(list(zip(texts, copies, strict=True)), "text string, copy int")
    asked = frame.select(
        F.xxhash64(F.lit("order"), F.lit(7), "text", "copy").alias("order"),
        F.xxhash64("text", F.lit(2**40)).alias("split"),
    ).collect()
    views, numbers = string_views(pa.array(texts)), np.array(copies, np.int32)
    seed = np.array([7], np.int32)
    assert xxhash64(b"order", seed, views, numbers).tolist() == [row["order"] for row in asked]
    assert xxhash64(views, np.array([2**40])).tolist() == [row["split"] for row in asked]

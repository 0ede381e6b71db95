"""Documents of earlier runs have numbers of their own, below zero, whatever ids the runs share."""

import pytest
from pyspark.sql import SparkSession

from jobs.dedup.known_documents import KnownIds

pytestmark = pytest.mark.spark

IDS = [(1, 0), (1, (1 << 63) - 1), (1, 7 << 25), (2, 0), (2, (1 << 62) + 5), (3, (1 << 25) - 1)]


def test_numbers_tell_run_and_id(spark: SparkSession) -> None:
    rows = spark.createDataFrame(IDS, "run int, id bigint")
    ids = KnownIds.of(rows)
    numbered = ids.numbered(rows, "id", "run").select("id").collect()
    numbers = [row["id"] for row in numbered]
    assert len(set(numbers)) == len(IDS)
    assert max(numbers) < 0
    ours = [0, 5 << 25, (1 << 63) - 1]
    found = ids.told(
        spark.createDataFrame([(n,) for n in [*numbers, *ours]], "keeper_id bigint"),
        "keeper_id",
        "keeper_run",
    )
    assert found.columns == ["keeper_id", "keeper_run"]
    told = {(row["keeper_run"], row["keeper_id"]) for row in found.collect()}
    assert told == {*IDS, *((0, number) for number in ours)}

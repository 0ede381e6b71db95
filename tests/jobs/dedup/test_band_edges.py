"""Candidate pairs of documents that share band keys: which ones, and that band rows travel once."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.dedup.band_edges import find_band_edges
from jobs.dedup.exact_duplicates import without_exact
from tests.jobs.query_plans import final_plan

pytestmark = pytest.mark.spark

ROWS = [(1, 10, [5, 6]), (2, 20, [5, 6]), (3, 30, [6, 7]), (4, 40, [8]), (5, 50, [])]


@pytest.fixture(scope="module")
def signatures(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("signatures")
    frame = spark.createDataFrame(ROWS, "id bigint, order_key bigint, band_keys array<bigint>")
    frame.write.mode("overwrite").parquet(str(path))
    return path


def test_each_member_of_a_bucket_is_linked_to_the_preferred_one(
    spark: SparkSession, signatures: Path
) -> None:
    edges = find_band_edges(spark.read.parquet(str(signatures)), 10)
    assert sorted(map(tuple, edges.collect())) == [(10, 20, 2), (10, 30, 1)]


@pytest.mark.parametrize("rows", [10, 100_000_000])
def test_band_rows_are_shuffled_once(spark: SparkSession, signatures: Path, rows: int) -> None:
    """As the job asks for them: exact copies taken out first, few partitions and many."""
    read = spark.read.parquet(str(signatures))
    exact = spark.createDataFrame([(4,)], "id bigint")
    plan = final_plan(find_band_edges(without_exact(read, exact), rows))
    assert plan.count("REPARTITION_BY") == 2
    assert plan.count("ReusedExchange") == 1

"""Rows are left out by bits, exactly those named, and nothing but bits is shuffled."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.dedup.cluster_columns import cluster_rows, with_clusters
from jobs.dedup.file_bitmaps import without_rows
from tests.jobs.query_plans import shuffled_columns

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

DUPLICATES = (
    "id bigint, keeper_id bigint, similarity double, kind string, "
    "keeper_run int, cluster_id bigint, cluster_size bigint, n_exact bigint"
)


def test_exactly_the_named_rows_leave(spark: SparkSession) -> None:
    chooser = random.Random(1)
    ids = [file << 25 | row for file in (0, 1, 7, (1 << 24) - 1) for row in range(0, 300, 3)]
    ids += [2**62 + 5, 2**63 - 1, 0x1FFFFFF]
    dropped = [*chooser.sample(ids, 150), 64, 65, 1 << 25 | 1]
    rows = spark.createDataFrame([(number,) for number in ids], "`a.id` bigint")
    gone = spark.createDataFrame([(number,) for number in dropped * 2], "`a.id` bigint")
    kept = [row[0] for row in without_rows(rows, gone, "a.id").collect()]
    assert sorted(kept) == sorted(set(ids) - set(dropped))


def test_text_is_never_shuffled(spark: SparkSession, tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [0, 1, 2], "text": ["a", "b", "c"]}), tmp_path / "rows.parquet")
    rows = spark.read.parquet((tmp_path / "rows.parquet").as_uri())
    duplicates = spark.createDataFrame([(1, 0, 1.0, "exact", 0, 0, 2, 2)], DUPLICATES)
    kept = without_rows(rows, duplicates.select("id"))
    marked = with_clusters(rows, cluster_rows(duplicates))
    assert sorted(row.text for row in kept.collect()) == ["a", "c"]
    assert sorted(tuple(row) for row in marked.collect()) == [
        (0, "a", 0, 2, 2, None, None),
        (1, "b", 0, 2, 2, 0, 1.0),
        (2, "c", 2, 1, 1, None, None),
    ]
    for frame in (kept, marked):
        assert "text" not in shuffled_columns(frame)
    assert "text" in shuffled_columns(rows.repartition(2, "id"))  # the check can fail

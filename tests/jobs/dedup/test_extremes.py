"""Duplicate removal at its limits: hot buckets, long chains, huge documents, tasks that die."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.dedup import DedupSettings, find_duplicates
from tests.conftest import REPOSITORY
from tests.jobs.dedup_documents import families, similarity, words
from tests.properties.test_dedup_properties import remove

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MILLION = 1_000_000
RETRIED = """
import json, sys
from jobs.dedup import DedupSettings, find_duplicates, signatures
from jobs.runtime.spark.session import start_session
from tests.jobs import failing_signatures

few = {"spark.sql.shuffle.partitions": "2"}
spark = start_session("retries", master="local[2,2]", settings=few, debug=True)
signatures.sign_documents = failing_signatures.sign_documents
documents = spark.read.parquet(sys.argv[1])
found = find_duplicates(documents, DedupSettings(), sys.argv[2])
print(json.dumps(sorted(map(list, found.collect()))))
"""


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.parametrize("most", [2 * MILLION, 0])
def test_a_hot_bucket_of_a_million_copies(spark: SparkSession, tmp_path: Path, most: int) -> None:
    text = " ".join(words(40, 1))
    documents = spark.range(0, MILLION, 1, 8).selectExpr("id", f"'{text}' AS text")
    settings = DedupSettings(max_driver_documents=most)
    found = find_duplicates(documents, settings, str(tmp_path))
    sizes = found.groupBy("keeper_id", "kind", "cluster_size", "n_exact").count().collect()
    assert [tuple(row) for row in sizes] == [(0, "exact", MILLION, MILLION, MILLION - 1)]


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.parametrize("most", [2 * MILLION, 0])
def test_a_hot_bucket_of_near_copies(spark: SparkSession, tmp_path: Path, most: int) -> None:
    """Each differs from all others in its last words: J is 0.95, and every band has one huge bucket."""
    count = 100_000
    text = " ".join(words(200, 2))
    documents = spark.range(0, count, 1, 8).selectExpr(
        "id", f"concat('{text} page', id, ' of', id) AS text"
    )
    settings = DedupSettings(max_driver_documents=most)
    found = find_duplicates(documents, settings, str(tmp_path))
    assert found.count() == count - 1
    assert found.select("keeper_id").distinct().count() == 1


@pytest.mark.slow
def test_a_long_chain_is_split() -> None:
    base = words(400 + 55 * 10_000, 6)
    chain = [" ".join(base[start : start + 400]) for start in range(0, 55 * 10_000, 55)]
    assert similarity(chain[0], chain[1]) == pytest.approx(0.75, abs=0.02)
    removed = remove(list(chain))
    assert 0.3 < len(removed) / len(chain) < 0.7
    for number, row in removed.items():
        assert row[0] not in removed
        assert similarity(chain[number], chain[row[0]]) >= 0.7
    # Neighbours that both stay: pairs at 0.75 that never met in a bucket (5.7 % by the S-curve).
    kept = np.array([number for number in range(len(chain)) if number not in removed])
    assert np.mean(np.diff(kept) == 1) < 0.06


@pytest.mark.slow
@pytest.mark.spark
def test_documents_of_50_megabytes(spark: SparkSession, tmp_path: Path) -> None:
    chooser = np.random.default_rng(1)
    numbers = chooser.integers(0, 10**6, 6_500_000).astype(str)
    huge = " ".join(numbers)
    numbers[::1000] = "other"
    texts = [huge, " ".join(numbers), "a short text of some words", "A short text, of some words"]
    assert len(huge) > 44_000_000
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"id": range(4), "text": texts}), path, row_group_size=1)
    documents = spark.read.parquet(path.as_uri())
    rows = find_duplicates(documents, DedupSettings(), str(tmp_path / "work")).collect()
    found = {frozenset((row.id, row.keeper_id)): row.kind for row in rows}
    assert found == {frozenset((0, 1)): "near", frozenset((2, 3)): "near"}


@pytest.mark.slow
@pytest.mark.spark
def test_failed_tasks_are_tried_again_and_leave_no_trace(
    spark: SparkSession, tmp_path: Path
) -> None:
    texts = families(10, seed=4)
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"id": range(len(texts)), "text": texts}), path)
    command = [sys.executable, "-c", RETRIED, path.as_uri(), str(tmp_path / "retried")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "the machine went away" in done.stderr
    plain = find_duplicates(
        spark.read.parquet(path.as_uri()), DedupSettings(), str(tmp_path / "plain")
    )
    expected = sorted(map(list, plain.collect()))
    assert json.loads(done.stdout.strip().splitlines()[-1]) == expected

"""Sub-stages: reused when nothing changed, done again when anything did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.dedup import DedupSettings, find_duplicates
from jobs.dedup.work_folder import RECORD_NAME, WorkFolder

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark


class Builder:
    """Makes three rows and counts how often it was asked to."""

    def __init__(self, spark: SparkSession) -> None:
        self.spark = spark
        self.calls = 0

    def __call__(self) -> DataFrame:
        self.calls += 1
        return self.spark.range(3)


@pytest.fixture
def build(spark: SparkSession) -> Builder:
    return Builder(spark)


def test_a_finished_sub_stage_is_reused(
    spark: SparkSession, tmp_path: Path, build: Builder
) -> None:
    for _ in range(2):
        work = WorkFolder(spark, f"file:{tmp_path}", "f1")
        assert work.sub_stage("numbers", build).count() == 3
    assert build.calls == 1


@pytest.mark.parametrize("fingerprint", ["f2", None])
def test_another_fingerprint_is_not(
    spark: SparkSession, tmp_path: Path, build: Builder, fingerprint: str | None
) -> None:
    WorkFolder(spark, str(tmp_path), "f1").sub_stage("numbers", build)
    WorkFolder(spark, str(tmp_path), fingerprint).sub_stage("numbers", build)
    assert build.calls == 2


@pytest.mark.parametrize("damage", ["record", "delete", "cut", "add"])
def test_a_damaged_sub_stage_is_made_anew(
    spark: SparkSession, tmp_path: Path, build: Builder, damage: str
) -> None:
    work = WorkFolder(spark, str(tmp_path), "f1")
    work.sub_stage("numbers", build)
    part = next((tmp_path / "numbers").glob("*.parquet"))
    if damage == "record":
        (tmp_path / "numbers" / RECORD_NAME).unlink()
    elif damage == "delete":
        part.unlink()
    elif damage == "cut":
        part.write_bytes(part.read_bytes()[:-1])
    else:
        part.with_name("part-9.parquet").write_bytes(part.read_bytes())
    assert work.sub_stage("numbers", build).count() == 3
    assert build.calls == 2


def records(folder: Path) -> dict[str, str]:
    return {path.parent.name: path.read_text() for path in folder.glob(f"*/{RECORD_NAME}")}


def test_find_duplicates_resumes_and_notices_changes(spark: SparkSession, tmp_path: Path) -> None:
    texts = ["some words of one text", "Some words of one text", "other words"]
    source, work = tmp_path / "in put.parquet", tmp_path / "work"
    pq.write_table(pa.table({"id": [0, 1, 2], "text": texts}), source)

    def removed(**settings: float) -> int:
        documents = spark.read.parquet(f"file:{source}")
        return find_duplicates(documents, DedupSettings(**settings), str(work)).count()

    assert removed() == 1
    first = records(work)
    (work / "duplicates" / RECORD_NAME).unlink()  # as if killed in the last sub-stage
    assert removed() == 1
    again = records(work)
    assert {name for name in first if first[name] != again[name]} <= {"duplicates"}
    assert removed(threshold=0.8) == 1
    assert all(text != first[name] for name, text in records(work).items())
    pq.write_table(pa.table({"id": [0, 1, 2, 3], "text": [*texts, texts[0]]}), source)
    assert removed() == 2


def test_what_was_filtered_before_counts(spark: SparkSession, tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"id": [0, 1, 2], "text": ["same text"] * 3}), source)
    documents = spark.read.parquet(f"file:{source}")
    work = str(tmp_path / "work")
    assert find_duplicates(documents, DedupSettings(), work).count() == 2
    assert find_duplicates(documents.where("id > 0"), DedupSettings(), work).count() == 1


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b"\xff", b"{}"])
def test_a_damaged_record_means_not_finished(
    spark: SparkSession, tmp_path: Path, build: Builder, damage: bytes
) -> None:
    work = WorkFolder(spark, str(tmp_path), "f1")
    work.sub_stage("numbers", build)
    next(tmp_path.rglob(RECORD_NAME)).write_bytes(damage)
    work.sub_stage("numbers", build)
    assert build.calls == 2

"""What killed a parser once is not parsed by later chunks and runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.extract_text import extracted_columns, known_failures, remember_failures
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.guard.quarantine import content_hash

pytestmark = pytest.mark.spark

OPTIONS = ExtractionOptions()
BOMB = b"<html><body><p>Stands for a page that kills parsers.</p></body></html>"
GOOD = b"<html><body><p>Stands for any other page of the same crawl.</p></body></html>"


def test_fatal_documents_are_known_to_the_next_chunk(spark: SparkSession, tmp_path: Path) -> None:
    context = RunContext(spark, str(tmp_path / "out"), Reporter(quiet=True))
    assert known_failures(context, OPTIONS) == {}
    documents = spark.createDataFrame([(1, BOMB), (2, GOOD), (3, BOMB)], "id long, content binary")
    known = {content_hash(BOMB): ("timeout", "15.0 s of processor time")}
    extracted = extracted_columns(documents, OPTIONS, known)
    folder = str(tmp_path / "chunk")
    extracted.write.parquet(folder)
    rows = {row["id"]: row for row in spark.read.parquet(folder).collect()}
    assert [rows[number]["status"] for number in (1, 2, 3)] == ["timeout", "ok", "timeout"]
    assert rows[1]["content_hash"] == content_hash(BOMB)
    assert rows[2]["content_hash"] is None
    remember_failures(context, OPTIONS, [row for row in rows.values() if row["status"] != "ok"])
    assert known_failures(context, OPTIONS) == known
    # Other limits may be enough: with them every document gets a new chance.
    assert known_failures(context, ExtractionOptions(profile="fast")) == {}

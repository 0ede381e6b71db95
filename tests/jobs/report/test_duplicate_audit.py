"""The audit of duplicate removal, on runs whose faults are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.dedup import DedupSettings, find_duplicates
from jobs.report.duplicate_audit import GONE, audit_duplicates, read_signatures, summarise
from jobs.report.report_model import DuplicateAudit
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from tests.jobs.dedup_documents import families, similarity

TEXTS = families(24, seed=5)
DEFAULT = DedupSettings()


def run(spark: SparkSession, folder: Path, settings: DedupSettings) -> tuple[DataFrame, DataFrame]:
    documents = spark.createDataFrame(list(enumerate(TEXTS)), "id bigint, text string")
    work = folder / "_work" / "dedup"
    found = find_duplicates(documents, settings, str(work), input_fingerprint="x")
    return documents, found.withColumn("keeper_run", F.lit(0))


def audited(
    spark: SparkSession,
    folder: Path,
    documents: DataFrame,
    found: DataFrame,
    settings: DedupSettings,
) -> DuplicateAudit:
    signatures = spark.read.parquet(str(folder / "_work" / "dedup" / "signatures"))
    return audit_duplicates(found, signatures, documents, settings, len(TEXTS) - found.count())


@pytest.mark.spark
def test_a_verified_run_has_no_wrong_removal_and_an_audit_is_repeatable(
    spark: SparkSession, tmp_path: Path
) -> None:
    documents, found = run(spark, tmp_path, DEFAULT)
    audit = audited(spark, tmp_path, documents, found, DEFAULT)
    near = [row for row in found.collect() if row["kind"] == "near"]
    truth = [similarity(TEXTS[row["id"]], TEXTS[row["keeper_id"]]) for row in near]
    assert audit.accepted.pairs == len(near) > 50
    assert audit.accepted.share == 1.0
    assert audit.accepted.lowest == pytest.approx(min(truth), abs=1e-6)
    assert audit.refused is not None
    assert audit.recall is not None
    assert audit.recall > 0.97
    assert audit == audited(spark, tmp_path, documents, found.orderBy("keeper_id"), DEFAULT)


@pytest.mark.spark
def test_wrong_removals_and_missed_pairs_are_counted_as_they_are(
    spark: SparkSession, tmp_path: Path
) -> None:
    documents, found = run(spark, tmp_path, DEFAULT)
    rows: list[Any] = found.collect()
    # Every other removal is taken back; ten documents are given to a stranger.
    kept_after_all = [row for number, row in enumerate(rows) if number % 2]
    wrong = [(TEXTS.index(text), 0, 1.0, "near") for text in TEXTS if len(text.split()) == 120][:10]
    spoiled = spark.createDataFrame(
        [(row["id"], row["keeper_id"], row["similarity"], row["kind"]) for row in kept_after_all]
        + wrong,
        "id bigint, keeper_id bigint, similarity double, kind string",
    ).withColumn("keeper_run", F.lit(0))
    audit = audited(spark, tmp_path, documents, spoiled, DEFAULT)
    near = sum(row["kind"] == "near" for row in kept_after_all)
    assert (audit.accepted.pairs, audit.accepted.similar) == (near + 10, near)
    gone = {row["id"] for row in kept_after_all} | {row[0] for row in wrong}
    stay = [number for number in range(len(TEXTS)) if number not in gone]
    missed = sum(
        similarity(TEXTS[one], TEXTS[other]) >= 0.7
        for place, one in enumerate(stay)
        for other in stay[:place]
    )
    assert audit.refused is not None
    assert audit.refused.similar / 2 == pytest.approx(missed, rel=0.05)  # seen from both sides
    assert audit.recall_low is not None
    assert audit.recall_high is not None
    assert audit.recall_low < (near / (near + missed)) < audit.recall_high


def test_without_signatures_the_audit_says_so() -> None:
    audit = summarise(DEFAULT, [0.9, 0.6], 2, None, 0.0)
    assert (audit.accepted.similar, audit.accepted.share) == (1, 0.5)
    assert (audit.refused, audit.recall, audit.note) == (None, None, GONE)


def test_an_empty_run_is_audited_without_shares() -> None:
    audit = summarise(DEFAULT, [], 0, [], 0.0)
    assert (audit.accepted.share, audit.recall, audit.refused_pairs) == (None, None, 0)


def test_theory_says_what_never_met() -> None:
    audit = summarise(DedupSettings(preset="six-permutations"), [], 0, [], 0.0)
    assert audit.never_meet == pytest.approx(1 - 0.7**6)


@pytest.mark.spark
def test_a_run_whose_signatures_are_gone_has_none(spark: SparkSession, tmp_path: Path) -> None:
    assert read_signatures(RunContext(spark, str(tmp_path), Reporter(quiet=True))) is None

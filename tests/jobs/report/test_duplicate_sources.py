"""Losses by source and by pair of sources, and the alarm."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from jobs.report.duplicate_sources import (
    ELSEWHERE,
    LossesBySource,
    alarm_sentence,
    losses_by_source,
)
from jobs.report.source_table import source_group

# Source by document: 40 of a.org, 40 of b.org, 10 of tiny.org
HOSTS = ["a.org"] * 40 + ["b.org"] * 40 + ["tiny.org"] * 10


@pytest.fixture(scope="module")
def losses(spark: SparkSession) -> LossesBySource:
    rows = [(number, f"https://{host}/{number}", "crawl.warc") for number, host in enumerate(HOSTS)]
    survivors = spark.createDataFrame(rows, "id bigint, url string, source string")
    removed = [(number, 0) for number in range(1, 6)]  # within a.org
    removed += [(number, 0) for number in range(40, 60)]  # b.org in favour of a.org
    removed += [(60, 999)]  # in favour of an earlier corpus
    removed += [(number, 80) for number in range(81, 90)]
    duplicates = spark.createDataFrame(removed, "id bigint, cluster_id bigint")
    return losses_by_source(survivors, duplicates, source_group(""), 0.5)


@pytest.mark.spark
def test_sources_lose_what_they_lose(losses: LossesBySource) -> None:
    counted = {loss.source: (loss.documents, loss.removed) for loss in losses.sources}
    assert counted == {"b.org": (40, 21), "tiny.org": (10, 9), "a.org": (40, 5)}
    assert [loss.source for loss in losses.sources] == ["b.org", "tiny.org", "a.org"]


@pytest.mark.spark
def test_pairs_add_up_to_all_removed_and_name_keepers_elsewhere(losses: LossesBySource) -> None:
    pairs = {(pair.source, pair.keeper_source): pair.removed for pair in losses.pairs}
    assert pairs == {
        ("b.org", "a.org"): 20,
        ("tiny.org", "tiny.org"): 9,
        ("a.org", "a.org"): 5,
        ("b.org", ELSEWHERE): 1,
    }


@pytest.mark.spark
def test_the_alarm_is_for_large_shares_of_sources_with_some_documents(
    losses: LossesBySource,
) -> None:
    assert [loss.source for loss in losses.alarms] == ["b.org"]
    assert "b.org: deduplication removed 21 of 40 documents (52.5%)" in alarm_sentence(
        losses.alarms[0]
    )

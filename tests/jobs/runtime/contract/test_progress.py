"""Progress for people and for log collectors, and the counters behind it."""

import json
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.runtime.contract.manifest import Manifest
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage_costs import StageCosts, stage_costs
from jobs.runtime.spark.job_groups import tasks_done


def manifest(**given: Any) -> Manifest:
    facts: dict[str, Any] = {
        "dataset": "corpus",
        "stage": "publish",
        "fingerprint": "f",
        "fingerprints": {},
        "accounts": RowAccounts(rows_in=10, rows_out=7, rows_dropped=2, rows_quarantined=1),
        "seconds": 2.0,
        "created_at": "2026-01-01",
        "files": [],
        "versions": {},
    }
    return Manifest(**{**facts, **given})


def costs(**given: Any) -> StageCosts:
    facts: dict[str, Any] = {
        "tasks": 4,
        "task_seconds": 100.0,
        "shuffled_bytes": 0,
        "spilled_bytes": 0,
        "longest_task_seconds": 60.0,
        "skew": 1.0,
    }
    return StageCosts(**{**facts, **given})


def test_every_json_line_is_one_object_with_time_and_event(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reporter = Reporter(log_format="json")
    reporter.note("a note with [brackets] and 中文 " + "x" * 300)
    reporter.skipped("decide", manifest())
    reporter.finished(manifest(costs=costs()), 2.0)
    reporter.where_time_went()
    captured = capsys.readouterr()
    lines = [json.loads(line) for line in captured.err.splitlines()]
    assert captured.out == ""
    assert [line["event"] for line in lines] == ["note", "skipped", "finished", "time"]
    assert all(line["time"].startswith("20") for line in lines)
    assert lines[2]["rows_dropped"] == 2
    assert lines[2]["costs"]["tasks"] == 4
    assert lines[3]["seconds"] == {"publish": 2.0}


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Reporter(quiet=True).finished(manifest(), 2.0)
    assert capsys.readouterr().err == ""


def test_shares_of_time_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter()
    reporter.finished(manifest(stage="extract", seconds=60.0), 6.0)
    reporter.finished(manifest(stage="publish", seconds=2.0), 2.0)
    reporter.where_time_went()
    assert "extract 75 %, publish 25 %; 8.0 s in all" in capsys.readouterr().err


def test_a_stage_of_no_time_is_not_named_and_one_row_is_one_row(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reporter = Reporter()
    reporter.finished(manifest(stage="extract"), 200.0)
    reporter.finished(manifest(stage="publish"), 0.5)
    reporter.where_time_went()
    assert "extract 100 %; 3 min 20 s in all" in capsys.readouterr().err
    reporter.skipped("publish", manifest(accounts=RowAccounts(rows_in=1, rows_out=1)))
    assert "unchanged, 1 row kept" in capsys.readouterr().err


def test_columns_stand_below_each_other_whatever_the_stage(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = ("sign", "count-benchmark-phrases", "publish quarantined")
    for name in names:
        Reporter().finished(manifest(stage=name), 2.0)
    lines = capsys.readouterr().err.splitlines()
    assert len({line.index(" in ") for line in lines}) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (costs(spilled_bytes=5_000), "5,000 bytes did not fit memory"),
        (costs(skew=9.0), "the longest task took 9 times the median one (60 s)"),
        (costs(skew=9.0, longest_task_seconds=2.0), None),
        (costs(), None),
    ],
)
def test_spill_and_skew_are_said_when_they_matter(
    capsys: pytest.CaptureFixture[str], given: StageCosts, said: str | None
) -> None:
    Reporter().finished(manifest(costs=given), 2.0)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == (1 if said is None else 2)
    assert said is None or said in lines[1]


@pytest.mark.spark
def test_counters_are_those_of_one_group(spark: SparkSession) -> None:
    reporter = Reporter(quiet=True)
    with reporter.stage(spark, "counted") as first:
        spark.range(1000, numPartitions=5).repartition(3).groupBy("id").count().collect()
    with reporter.stage(spark, "counted") as second:
        spark.range(10, numPartitions=2).collect()
    assert first != second
    found = stage_costs(spark, first)
    assert found is not None
    assert found.tasks >= 5 + 3
    assert found.shuffled_bytes > 0
    assert found.task_seconds >= found.longest_task_seconds
    assert stage_costs(spark, "never ran") is None
    done, total = tasks_done(spark, second)
    assert done == total == 2

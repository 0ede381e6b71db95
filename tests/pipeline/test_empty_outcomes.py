"""Runs of which nothing is left end as any other: an empty corpus, a full ledger, a report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.models.run_models import RunModels
from jobs.recipes.loading import load_recipe
from jobs.run_pipeline import run_pipeline
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext

pytestmark = pytest.mark.spark


@pytest.mark.parametrize(
    ("name", "content", "totals"),
    [
        ("a.bin", bytes(range(256)) * 16, {"kept": 0, "dropped": 0, "quarantined": 1}),
        ("a.txt", b"Too short.", {"kept": 0, "dropped": 1, "quarantined": 0}),
    ],
)
def test_a_run_of_which_nothing_is_left_is_finished_and_told(
    spark: SparkSession, tmp_path: Path, name: str, content: bytes, totals: dict[str, int]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(content)
    context = RunContext(spark, str(tmp_path / "out"), Reporter(quiet=True))
    run_pipeline(context, [str(tmp_path / "in")], load_recipe("default"), RunModels())
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["totals"] == {"documents_in": 1, **totals}
    assert (tmp_path / "out" / "report.html").stat().st_size > 0

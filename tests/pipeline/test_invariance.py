"""The same texts survive for the same reasons, however the work is cut and the files are ordered."""

import shutil
from collections import Counter
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.models.run_models import RunModels
from jobs.recipes.loading import load_recipe
from jobs.run_pipeline import run_pipeline
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from tests.sample_run import FinishedRun

pytestmark = [pytest.mark.spark, pytest.mark.slow]

WITHOUT_IDS = ("text", "url", "language", "title", "format")


def run(spark: SparkSession, inputs: list[str], output: Path, *overrides: str) -> FinishedRun:
    context = RunContext(spark, str(output), Reporter(quiet=True))
    run_pipeline(context, inputs, load_recipe("default", overrides), RunModels())
    return FinishedRun(context, inputs)


def survivors(run: FinishedRun) -> Counter[tuple[object, ...]]:
    return Counter(tuple(row[name] for name in WITHOUT_IDS) for row in run.rows("corpus"))


def ledger(run: FinishedRun) -> Counter[tuple[object, ...]]:
    return Counter(
        (row["url"], row["stage"], row["reason"], tuple(row["reasons"]), row["value"])
        for row in run.rows("dropped")
    )


@pytest.mark.parametrize("partitions", [1, 3, 17])
def test_partitions_do_not_matter(
    spark: SparkSession, finished_run: FinishedRun, tmp_path: Path, partitions: int
) -> None:
    overrides = [f"run.partitions={partitions}", "run.chunk_gigabytes=0.0002"]
    other = run(spark, finished_run.inputs, tmp_path / "run", *overrides)
    for dataset in ("corpus", "dropped", "quarantined", "duplicates"):
        rows = [Counter(map(repr, one.rows(dataset))) for one in (other, finished_run)]
        assert rows[0] == rows[1], dataset


def test_the_order_of_files_does_not_matter(
    spark: SparkSession, finished_run: FinishedRun, sample_crawl: Path, tmp_path: Path
) -> None:
    # Folders sort the other way round, so every id changes.
    turned = tmp_path / "turned"
    folders = sorted(path for path in sample_crawl.iterdir() if path.is_dir())
    for number, folder in enumerate(reversed(folders)):
        shutil.copytree(folder, turned / f"{number:02d}-{folder.name}")
    other = run(spark, [str(turned)], tmp_path / "run")
    assert survivors(other) == survivors(finished_run)
    assert ledger(other) == ledger(finished_run)
    assert {row["id"] for row in other.rows("corpus")} != {
        row["id"] for row in finished_run.rows("corpus")
    }

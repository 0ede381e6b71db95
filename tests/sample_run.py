"""One finished run on the sample crawl, shared by all tests that look at it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from pyspark.sql import SparkSession

from examples.sample.crawl import write_crawl
from jobs.models.run_models import RunModels
from jobs.recipes.loading import load_recipe
from jobs.run_pipeline import run_pipeline
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from tests.conftest import REPOSITORY


@dataclass(frozen=True)
class FinishedRun:
    """A run's folder, its input and the context it was made in."""

    context: RunContext
    inputs: list[str]

    @property
    def folder(self) -> Path:
        return Path(self.context.output)

    def rows(self, dataset: str, columns: list[str] | None = None) -> list[dict[str, Any]]:
        files = sorted((self.folder / dataset).rglob("*.parquet"))
        return [row for file in files for row in pq.read_table(file, columns=columns).to_pylist()]

    def run_again(self, *overrides: str) -> str:
        recipe = load_recipe("default", overrides)
        return run_pipeline(self.context, self.inputs, recipe, RunModels())


def expected_documents() -> list[dict[str, Any]]:
    path = REPOSITORY / "examples" / "expected_outcomes.yaml"
    return list(yaml.safe_load(path.read_text(encoding="utf-8"))["documents"])


@pytest.fixture(scope="session")
def sample_crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crawl") / "sample"
    write_crawl(folder)
    return folder


@pytest.fixture(scope="session")
def finished_run(
    spark: SparkSession, sample_crawl: Path, tmp_path_factory: pytest.TempPathFactory
) -> FinishedRun:
    output = tmp_path_factory.mktemp("run") / "output"
    context = RunContext(spark, str(output), Reporter(quiet=True))
    run = FinishedRun(context, [str(sample_crawl)])
    run.run_again()
    return run

"""Lines that the pages of one host share are counted in Spark and come back as signals and a rule."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.annotate_text import annotate_stage
from jobs.count_shared_lines import count_stage
from jobs.decide_verdicts import decide_stage
from jobs.extract_text import extract_inputs
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext

pytestmark = pytest.mark.spark

PAGES = 12
FURNITURE = "Home | Products | Contact\nWe use cookies to improve your visit."
RECIPE = """
name: shared
description: one rule on shared lines
clean: {collapse_repeats: 0, window_characters: 0, drop_letterless_lines: false,
  drop_uppercase_lines: false, drop_counter_lines: false, drop_furniture_lines: false,
  drop_long_word_lines: false, drop_repeated_lines: false}
rules:
  - {reason: shared_lines, signal: shared_lines.character_ratio, max: 0.8, source: a test}
"""


def page(host: str, number: int) -> dict[str, str]:
    # One page in three is nothing but furniture; the other host shows the same text on one page only.
    own = (
        ""
        if number % 3 == 0
        else f"\nStory {number} tells at length what happened on day {number}."
    )
    text = FURNITURE + own if host == "a.org" or number == 0 else f"Story {number} of {host}."
    return {"text": text, "url": f"https://www.{host}/{number}"}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "pages.jsonl"
    rows = [page(host, number) for number in range(PAGES) for host in ("a.org", "b.org")]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def annotated(
    spark: SparkSession, pages: Path, folder: Path, *overrides: str
) -> tuple[RunContext, dict[str, dict[str, Any]]]:
    (folder / "shared.yaml").write_text(RECIPE, encoding="utf-8")
    recipe = load_recipe(str(folder / "shared.yaml"), overrides)
    context = RunContext(spark, str(folder / "run"), Reporter(quiet=True))
    extract_inputs(context, [str(pages)], recipe)
    annotate_stage(context, recipe, None, None)
    decide_stage(context, recipe)
    return context, {row["url"]: row["shared_lines"] for row in rows(context, "annotated")}


def rows(context: RunContext, dataset: str) -> list[dict[str, Any]]:
    files = sorted(Path(context.folder(dataset)).rglob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


@pytest.fixture(scope="module")
def counted(
    spark: SparkSession, pages: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[RunContext, dict[str, dict[str, Any]]]:
    return annotated(spark, pages, tmp_path_factory.mktemp("counted"))


def test_lines_of_one_host_are_shared_and_judged(
    counted: tuple[RunContext, dict[str, dict[str, Any]]],
) -> None:
    context, found = counted
    assert [row["documents"] for row in rows(context, "shared-lines")] == [PAGES] * 2
    assert found["https://www.a.org/3"] == {"line_ratio": 1, "character_ratio": 1}
    assert found["https://www.a.org/1"]["line_ratio"] == pytest.approx(2 / 3)
    assert found["https://www.b.org/0"] == {"line_ratio": 0, "character_ratio": 0}
    dropped = {row["url"] for row in rows(context, "verdicts") if row["reason"] == "shared_lines"}
    assert dropped == {f"https://www.a.org/{number}" for number in range(0, PAGES, 3)}


def test_partitions_do_not_matter(
    counted: tuple[RunContext, dict[str, dict[str, Any]]],
    spark: SparkSession,
    pages: Path,
    tmp_path: Path,
) -> None:
    overrides = ("run.partitions=5", "shared_lines.min_documents=2")
    context, found = annotated(spark, pages, tmp_path, *overrides)
    assert found == counted[1]
    assert len(rows(context, "shared-lines")) == 2


def test_too_few_documents_and_no_rule_leave_nothing(
    counted: tuple[RunContext, dict[str, dict[str, Any]]], tmp_path: Path
) -> None:
    context, _ = counted
    (tmp_path / "shared.yaml").write_text(RECIPE, encoding="utf-8")
    rare = load_recipe(str(tmp_path / "shared.yaml"), [f"shared_lines.min_documents={PAGES + 1}"])
    assert count_stage(context, rare).accounts.rows_out == 2 * PAGES
    assert rows(context, "shared-lines") == []

    manifest = annotate_stage(context, load_recipe("gopher"), None, None)
    assert "shared_lines" in manifest.details["absent_signals"]
    assert not Path(context.folder("shared-lines")).exists()
    assert all(row["shared_lines"]["line_ratio"] is None for row in rows(context, "annotated"))

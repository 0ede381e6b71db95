"""What a user calls his documents is told wherever one of them is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.inspection.explain_document import explain_by_id, write_raw
from jobs.inspection.run_tables import RunTables
from jobs.models.run_models import RunModels
from jobs.recipes.loading import load_recipe
from jobs.run_pipeline import run_pipeline
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import InputError

pytestmark = pytest.mark.spark

SENTENCE = "On day {} the keeper of the ferry wrote that the wind kept everybody at home. "
TEXT = "".join(map(SENTENCE.format, range(9)))
RECIPE = """
name: posts
description: one rule, no models
rules: [{reason: too_few_words, signal: heuristics.word_count, min: 50, source: test}]
"""
POSTS = {
    "post-0": TEXT,
    "post-1": TEXT,
    "post-2": "Too short.",
    "7": "Too short, too.",
    "post-3": "",
}


@pytest.fixture(scope="module", params=["here", "spark"])
def run(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("posts")
    lines = [json.dumps({"id": name, "text": text}) for name, text in POSTS.items()]
    (folder / "posts.jsonl").write_text("\n".join(lines), encoding="utf-8")
    context = RunContext(spark, str(folder / "out"), Reporter(quiet=True), local=True)
    overrides = ["run.driver_megabytes=0"] if request.param == "spark" else []
    (folder / "posts.yaml").write_text(RECIPE, encoding="utf-8")
    recipe = load_recipe(str(folder / "posts.yaml"), overrides)
    run_pipeline(context, [str(folder / "posts.jsonl")], recipe, RunModels())
    return folder / "out"


def rows(run: Path, dataset: str) -> dict[str, dict[str, Any]]:
    files = sorted((run / dataset).rglob("*.parquet"))
    found = [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]
    return {row["source_id"]: row for row in found}


def test_every_dataset_names_documents_as_their_source_does(run: Path) -> None:
    (kept,) = rows(run, "corpus")
    (removed,) = {"post-0", "post-1"} - {kept}
    assert rows(run, "verdicts").keys() == {"post-0", "post-1", "post-2", "7"}
    assert rows(run, "quarantined").keys() == {"post-3"}
    duplicates = rows(run, "duplicates")
    assert {name: row["keeper_source_id"] for name, row in duplicates.items()} == {removed: kept}
    dropped = {
        name: (row["reason"], row["keeper_source_id"]) for name, row in rows(run, "dropped").items()
    }
    assert dropped == {
        removed: ("exact_duplicate", kept),
        "post-2": ("too_few_words", None),
        "7": ("too_few_words", None),
    }


def test_the_report_does_too(run: Path) -> None:
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    short = {example["source_id"] for example in report["examples"]["too_few_words"]}
    assert short == {"post-2", "7"}
    (copy,) = report["examples"]["exact_duplicate"]
    assert {copy["source_id"], copy["keeper_source_id"]} == {"post-0", "post-1"}
    (unusable,) = [one for found in report["quarantine_examples"].values() for one in found]
    assert unusable["source_id"] == "post-3"
    near = {example["source_id"] for example in report["borderline"]["too_few_words"]}
    assert near == {"post-0", "post-1", "post-2", "7"}
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "<bdi>post-2</bdi> in its source" in page


def test_explain_takes_either_id(run: Path) -> None:
    tables = RunTables(str(run))
    told = explain_by_id(tables, "post-2", every_signal=False)
    assert "dropped at decide: too_few_words" in told
    assert "post-2" in told
    number = str(rows(run, "dropped")["post-2"]["id"])
    assert explain_by_id(tables, number, every_signal=False) == told
    assert "post-3" in explain_by_id(tables, "post-3", every_signal=False)
    with pytest.raises(InputError, match="no document of this run has this id"):
        explain_by_id(tables, "post-9", every_signal=False)
    assert "source id" in explain_by_id(tables, "7", every_signal=False)


def test_the_original_is_written_by_the_users_id(run: Path, capfdbinary: Any) -> None:
    write_raw(RunTables(str(run)), "post-2")
    assert capfdbinary.readouterr().out == b"Too short."

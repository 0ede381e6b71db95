"""Signals of the user's in a run: rules, ledger, what-if and report, by threads and by Spark alike."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from pyspark.sql import SparkSession

from jobs.annotate_text import annotate_user_table
from jobs.inspection.explain import explain_documents
from jobs.inspection.judge_text import judge_text
from jobs.inspection.run_tables import RunTables
from jobs.inspection.what_if import ask_what_if
from jobs.models.run_models import RunModels
from jobs.recipes.loading import load_recipe
from jobs.recipes.stored_recipe import recipe_of_run
from jobs.run_pipeline import run_pipeline
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext

pytestmark = pytest.mark.spark

TEXTS = {
    "doses.txt": "Take 500 mg in the morning and 2 g at night, the keeper said on day {}. ",
    "ferry.txt": "The keeper of the ferry wrote on day {} that the wind came from the north. ",
    "bad.txt": "Nobody at the inn remembers what the {} guests of last winter paid, trouble aside. ",
}
MODULE = """
import pyarrow as pa
from own_word_list import UNITS
from udfs.extending import SignalField, annotator

@annotator(
    SignalField("doses", pa.int64(), "doses", ">= 0", "amounts of a drug", "test"),
    SignalField("drug", pa.string(), "text", "any text", "the first unit named", "test"),
)
def own_doses(batch):
    texts = batch.column("text").to_pylist()
    if any("trouble" in text for text in texts):
        raise ValueError("trouble")
    assert batch.column("language").field("language")[0].is_valid
    words = [[word for word in text.split() if word in UNITS] for text in texts]
    return {"doses": [len(found) for found in words], "drug": [next(iter(found), None) for found in words]}
"""
RULES = [
    {"reason": "list_of_doses", "signal": "doses.doses", "max": 5, "source": "test"},
    {
        "reason": "unit",
        "signal": "doses.drug",
        "one_of": ["mg"],
        "action": "flag",
        "source": "test",
    },
    {"reason": "unannotated", "expression": "doses.error is not null", "source": "test"},
]


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the user's modules lie: no worker of Spark's has this folder on its path."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "own_dose_signals.py").write_text(MODULE)
    (folder / "own_word_list.py").write_text("UNITS = ('mg', 'g')\n")
    sys.path.append(str(folder))
    importlib.invalidate_caches()
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def recipe_file(modules: Path) -> str:
    values = {
        "name": "own",
        "description": "signals of one's own",
        "annotators": {"doses": "own_dose_signals:own_doses"},
        "rules": RULES,
    }
    path = modules / "own.yaml"
    path.write_text(yaml.safe_dump(values))
    return str(path)


def finished(spark: SparkSession, folder: Path, recipe_file: str, *overrides: str) -> Path:
    (folder / "in").mkdir()
    for name, sentence in TEXTS.items():
        text = "".join(sentence.format(day) for day in range(9))
        (folder / "in" / name).write_text(text, encoding="utf-8")
    context = RunContext(spark, str(folder / "out"), Reporter(quiet=True), local=True)
    run_pipeline(context, [str(folder / "in")], load_recipe(recipe_file, overrides), RunModels())
    return folder / "out"


@pytest.fixture(scope="module")
def by_threads(
    spark: SparkSession, recipe_file: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return finished(spark, tmp_path_factory.mktemp("threads"), recipe_file)


def rows(run: Path, dataset: str, *columns: str) -> list[dict[str, Any]]:
    files = sorted((run / dataset).rglob("*.parquet"))
    found = [
        row
        for file in files
        for row in pq.ParquetFile(file).read(list(columns) or None).to_pylist()
    ]
    return sorted(found, key=lambda row: Path(row["source"]).name)


def test_threads_and_spark_write_the_same(
    spark: SparkSession, by_threads: Path, recipe_file: str, tmp_path: Path
) -> None:
    by_spark = finished(spark, tmp_path, recipe_file, "run.driver_megabytes=0")
    for columns in (("annotated", "source", "doses"), ("dropped", "source", "reason", "value")):
        mine, theirs = (rows(run, *columns) for run in (by_threads, by_spark))
        assert [{**row, "source": ""} for row in mine] == [{**row, "source": ""} for row in theirs]
    told = [
        json.loads((run / "annotated" / "_manifest.json").read_text())["details"]
        for run in (by_threads, by_spark)
    ]
    assert told[0] == told[1]


def test_the_ledger_the_flags_and_the_accounts_say_what_became_of_each(by_threads: Path) -> None:
    annotated = {Path(row["source"]).name: row["doses"] for row in rows(by_threads, "annotated")}
    assert annotated == {
        "doses.txt": {"doses": 18, "drug": "mg", "error": None},
        "ferry.txt": {"doses": 0, "drug": None, "error": None},
        "bad.txt": {"doses": None, "drug": None, "error": "ValueError: trouble"},
    }
    left = {
        Path(row["source"]).name: (row["reason"], row["signal"], row["value"], row["threshold"])
        for row in rows(by_threads, "dropped")
    }
    assert left == {
        "doses.txt": ("list_of_doses", "doses.doses", 18.0, 5.0),
        "bad.txt": ("unannotated", "doses.error is not null", None, None),
    }
    report = json.loads((by_threads / "report.json").read_text())
    totals = report["totals"]
    assert (totals["documents_in"], totals["kept"], totals["dropped"]) == (3, 1, 2)
    assert report["failed_annotators"] == {
        "doses": {"documents": 1, "reason": "ValueError: trouble"}
    }
    assert "doses.doses" in report["histograms"]
    page = (by_threads / "report.html").read_text(encoding="utf-8")
    assert "gave no values for 1 documents" in page


def test_what_if_and_explain_ask_them_like_ours(by_threads: Path) -> None:
    tables = RunTables(str(by_threads))
    recipe = recipe_of_run(str(by_threads), None, ["rules.list_of_doses.max=20"])
    assert ask_what_if(tables, recipe).then.reasons() == {"list_of_doses": 0, "unannotated": 1}
    (left,) = [row for row in rows(by_threads, "dropped") if row["reason"] == "list_of_doses"]
    (explained,) = explain_documents(tables, [left["id"]])
    assert "doses" in str(explained)
    document, _ = judge_text(tables, recipe, "Give 5 mg now.")
    assert document["doses"]["doses"] == 1


def test_a_changed_helper_of_the_annotator_annotates_anew(
    spark: SparkSession, modules: Path, recipe_file: str, tmp_path: Path
) -> None:
    run = finished(spark, tmp_path, recipe_file)
    made = (run / "annotated" / "_manifest.json").read_text()
    context = RunContext(spark, str(run), Reporter(quiet=True), local=True)
    again = (context, [str(tmp_path / "in")], load_recipe(recipe_file), RunModels())
    run_pipeline(*again)
    assert (run / "annotated" / "_manifest.json").read_text() == made
    helper = modules / "own_word_list.py"
    helper.write_text(helper.read_text() + "# another list\n")
    read = (run / "extracted" / "_manifest.json").read_text()
    run_pipeline(*again)
    assert (run / "annotated" / "_manifest.json").read_text() != made
    assert (run / "extracted" / "_manifest.json").read_text() == read


def test_a_table_of_the_users_keeps_a_column_of_that_name(
    spark: SparkSession, recipe_file: str, tmp_path: Path
) -> None:
    table = tmp_path / "table.parquet"
    spark.createDataFrame(
        [("a", "Take 5 mg now.", "x"), ("b", "More trouble.", "y")],
        "id string, text string, doses string",
    ).toPandas().to_parquet(table)
    context = RunContext(spark, str(tmp_path / "out"), Reporter(quiet=True))
    recipe = load_recipe(recipe_file)
    manifest = annotate_user_table(context, str(table), None, None, recipe, None, None)
    files = sorted((tmp_path / "out" / "annotated").rglob("*.parquet"))
    found = {row["id"]: row for file in files for row in pq.ParquetFile(file).read().to_pylist()}
    assert {name: row["given_doses"] for name, row in found.items()} == {"a": "x", "b": "y"}
    assert found["a"]["doses"]["doses"] == 1
    assert found["b"]["doses"]["error"] == "ValueError: trouble"
    assert manifest.details["failed_annotators"] == {"doses": (1, "ValueError: trouble")}

"""Documents named in a file leave with a reason of their own, and no copy leaves in their favour."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from jobs.decide_verdicts import decide_stage
from jobs.find_duplicates import dedup_stage
from jobs.inspection.explain import explain_documents
from jobs.inspection.explain_text import outcome
from jobs.inspection.run_tables import RunTables
from jobs.inspection.what_if import ask_what_if
from jobs.publish_corpus import publish_stage
from jobs.recipes.loading import load_recipe
from jobs.report_run import report_run
from jobs.runtime.contract.document_ids import place_of
from jobs.runtime.contract.manifest import require_manifest
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.serving.marks import Mark, exclusions_of, read_marks, set_mark
from tests.pipeline.test_small_runs import no_spark
from tests.sample_run import FinishedRun

pytestmark = pytest.mark.spark

NOBODY = ({"url": "https://nobody.example/"}, {"source": "nowhere.jsonl", "record": 3})
READ = ("documents", "extracted", "annotated", "models")


def rows(folder: Path, dataset: str) -> dict[int, dict[str, Any]]:
    files = sorted((folder / dataset).rglob("*.parquet"))
    return {row["id"]: row for file in files for row in pq.read_table(file).to_pylist()}


@pytest.fixture(scope="module")
def kept_with_copies(finished_run: FinishedRun) -> dict[str, Any]:
    """A document that was kept in favour of others, and has an address."""
    corpus = rows(finished_run.folder, "corpus")
    keepers = [row["keeper_id"] for row in finished_run.rows("duplicates")]
    return next(corpus[number] for number in keepers if number in corpus and corpus[number]["url"])


@pytest.fixture(scope="module")
def kept_alone(finished_run: FinishedRun, kept_with_copies: dict[str, Any]) -> dict[str, Any]:
    """Another kept document, from a file of several records."""
    corpus = rows(finished_run.folder, "corpus")
    return next(
        row for number, row in corpus.items()
        if place_of(number)[1] > 0 and row["url"] != kept_with_copies["url"]
    )  # fmt: skip


@pytest.fixture(scope="module", params=["in this process", "by Spark"])
def rerun(
    request: pytest.FixtureRequest,
    finished_run: FinishedRun,
    kept_with_copies: dict[str, Any],
    kept_alone: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The same run from its verdicts on, without the two."""
    folder = tmp_path_factory.mktemp("excluded") / "run"
    for dataset in READ:
        shutil.copytree(finished_run.folder / dataset, folder / dataset)
    record = {"source": kept_alone["source"], "record": place_of(kept_alone["id"])[1]}
    named = folder / "exclusions.yaml"
    entries = [{"url": kept_with_copies["url"]}, record, *NOBODY]
    named.write_text(yaml.safe_dump({"documents": entries}))
    if request.param == "by Spark":
        context = replace(finished_run.context, output=str(folder))
        overrides = ["run.driver_megabytes=0"]
    else:
        context = RunContext(no_spark, str(folder), Reporter(quiet=True), local=True)
        overrides = []
    recipe = load_recipe("default", [f"exclude.file={named}", *overrides])
    decide_stage(context, recipe)
    dedup_stage(context, recipe)
    publish_stage(context, recipe)
    report_run(context, recipe)
    return folder


def test_the_ledger_names_them(
    rerun: Path, kept_with_copies: dict[str, Any], kept_alone: dict[str, Any]
) -> None:
    left = {n: row for n, row in rows(rerun, "dropped").items() if row["reason"] == "excluded"}
    assert kept_alone["id"] in left
    assert kept_with_copies["id"] in left
    assert {row["url"] for n, row in left.items() if n != kept_alone["id"]} == {
        kept_with_copies["url"]
    }
    row = left[kept_alone["id"]]
    assert (row["stage"], row["signal"], row["value"], row["threshold"]) == (
        "decide", "exclude.file", 1.0, 0.0,
    )  # fmt: skip
    report = json.loads((rerun / "report.json").read_text())
    assert report["reasons"]["excluded"] == len(left)
    assert "excluded" in (rerun / "report.html").read_text()


def test_entries_that_name_no_document_are_told(rerun: Path) -> None:
    manifest = require_manifest(str(rerun / "verdicts"), "decide")
    told = ["https://nobody.example/", "nowhere.jsonl record 3"]
    assert manifest.details["named_nothing"] == told


def test_a_copy_of_an_excluded_document_stays_in_its_place(
    rerun: Path, finished_run: FinishedRun, kept_with_copies: dict[str, Any]
) -> None:
    copies = {
        row["id"]
        for row in finished_run.rows("duplicates")
        if row["keeper_id"] == kept_with_copies["id"]
    }
    corpus = rows(rerun, "corpus")
    assert copies & corpus.keys()
    assert kept_with_copies["id"] not in corpus


def test_questions_leave_them_out_too(rerun: Path, kept_alone: dict[str, Any]) -> None:
    tables = RunTables(str(rerun))
    (found,) = explain_documents(tables, [kept_alone["id"]])
    assert outcome(found) == "dropped at decide: excluded"
    assert not [answer for answer in found.answers if answer.fails]
    answer = ask_what_if(tables, load_recipe("default", ["rules.too_few_words.min=1"]))
    place = answer.ids.tolist().index(kept_alone["id"])
    assert answer.reason_then(place) == "excluded"


def test_a_document_marked_wrong_is_left_out_by_the_file_that_the_basket_writes(
    finished_run: FinishedRun, kept_alone: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished_run.folder, folder)
    tables = RunTables(str(folder))
    set_mark(tables, kept_alone["id"], Mark("wrong", "drug pair"))
    named = tmp_path / "exclusions.yaml"
    named.write_bytes(exclusions_of(read_marks(str(folder))))
    context = RunContext(no_spark, str(folder), Reporter(quiet=True), local=True)
    decide_stage(context, load_recipe("default", [f"exclude.file={named}"]))
    assert rows(folder, "verdicts")[kept_alone["id"]]["reason"] == "excluded"

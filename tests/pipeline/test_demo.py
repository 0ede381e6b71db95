"""What `make demo` does: two models trained, every rule judged, every row of the README's table at work."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from examples.make_sample import main as make_sample
from jobs.command.parser import build_parser
from jobs.command_line import main
from jobs.inspection.run_tables import RunTables
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.stage import RunContext
from jobs.serving.document_query import DocumentQuery
from jobs.serving.marks import Mark, set_mark
from jobs.serving.served_run import ServedRun
from tests.conftest import REPOSITORY
from tests.sample_run import expected_documents

BIN = "$(BIN)/"
GENERATOR = ["python", "-m", "examples.make_sample"]


def recipe_lines() -> list[str]:
    """The demo's lines of the Makefile, those that go on joined."""
    text = (REPOSITORY / "Makefile").read_text(encoding="utf-8").replace("\\\n", "")
    (block,) = re.findall(r"^demo:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    return [line.strip() for line in block.splitlines()]


def commands() -> list[list[str]]:
    return [
        shlex.split(line.removeprefix(BIN).partition(">")[0])
        for line in recipe_lines()
        if line.startswith(BIN)
    ]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which all commands of the demo have run, without Spark."""
    folder = tmp_path_factory.mktemp("demo")

    def no_spark(self: RunContext) -> None:
        raise AssertionError("the demo asked for Spark")

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(RunContext, "spark", property(no_spark))
        for words in commands():
            program = make_sample if words[:3] == GENERATOR else main
            given = words[3:] if words[:3] == GENERATOR else words[1:]
            assert program(given) == 0, words
    return folder / "demo-output"


@pytest.fixture(scope="module")
def report(demo: Path) -> dict[str, Any]:
    return dict(json.loads((demo / "run" / "report.json").read_text(encoding="utf-8")))


def rows(demo: Path, dataset: str) -> list[dict[str, Any]]:
    files = sorted((demo / "run" / dataset).glob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def test_every_rule_of_the_default_recipe_is_judged(report: dict[str, Any]) -> None:
    assert report["absent_rules"] == []
    judged = {rule["reason"] for rule in report["rules"]}
    assert {rule.reason for rule in load_recipe("default").rules} <= judged


def stage(report: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [facts for facts in report["stages"] if facts["stage"] == name]
    return dict(found)


EXERCISED: dict[str, Callable[[dict[str, Any]], object]] = {
    "ingest": lambda report: stage(report, "ingest")["rows_quarantined"],
    "extract": lambda report: stage(report, "extract")["rows_quarantined"],
    "train-perplexity": lambda report: {"en", "zh"} <= report["perplexity"]["perplexity.perplexity"].keys(),
    "annotate": lambda report: report["cleaning"]["collapsed_sentences"]["total"],
    "decide": lambda report: stage(report, "decide")["rows_dropped"],
    "match-benchmarks": lambda report: report["contamination"]["flagged"]
    and all(planted["planted"] for planted in report["contamination"]["recall"]),
    "dedup": lambda report: report["duplicates"]["exact"] and report["duplicates"]["near"],
    "grade": lambda report: stage(report, "judge-grades")["rows_dropped"],
    "publish, report": lambda report: all(
        report["totals"][name] for name in ("kept", "dropped", "quarantined")
    ),
}  # fmt: skip


def test_every_row_of_the_readmes_table_is_looked_at() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"^\| stage \|.*\n\| --- .*\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert [row.split("|")[1].strip() for row in table.splitlines()] == list(EXERCISED)


@pytest.mark.parametrize("name", EXERCISED)
def test_a_row_of_the_readmes_table_is_at_work(report: dict[str, Any], name: str) -> None:
    assert EXERCISED[name](report)


def test_both_formats_of_the_report_are_there(demo: Path) -> None:
    page = (demo / "run" / "report.html").read_text(encoding="utf-8")
    assert "Every rule of the recipe was judged." in page


def test_what_the_models_and_lists_are_given_for_leaves_by_them(demo: Path) -> None:
    reasons = {row["url"]: row["reason"] for row in rows(demo, "dropped")}
    planted = [document for document in expected_documents() if document.get("demo_reasons")]
    assert {document["case"] for document in planted} == {
        "shop_offers", "unsafe_page", "blocked_domain", "benchmark_question",
    }  # fmt: skip
    for document in planted:
        assert reasons.get(document["url"]) in document["demo_reasons"], document["url"]


def test_no_good_document_is_lost_to_them(demo: Path) -> None:
    run = demo / "run"
    kept = rows(demo, "corpus")
    known = {row["url"] for row in kept} | {row["source"].partition("sample/")[2] for row in kept}
    good = [
        document["url"] or document["file"]
        for document in expected_documents()
        if document["outcome"] in ("kept", "cleaned") and not document.get("demo_reasons")
    ]
    assert len(good) > 100
    assert [key for key in good if key not in known] == [], run


def test_a_grader_that_knows_no_german_grades_none_and_the_report_says_so(
    report: dict[str, Any],
) -> None:
    graded = report["graded"]
    assert graded["de"] == {
        "documents": graded["de"]["documents"],
        "without_grade": graded["de"]["documents"],
        "known": False,
    }
    assert (graded["zh"]["without_grade"], graded["zh"]["known"]) == (0, True)


def test_the_safety_model_marks_no_kept_document(report: dict[str, Any], demo: Path) -> None:
    flags = {row["id"]: row["flags"] for row in rows(demo, "verdicts")}
    kept = [row["id"] for row in rows(demo, "corpus")]
    assert [number for number in kept if "unsafe_model" in flags[number]] == []


def test_the_grader_tells_topics_it_has_not_seen(demo: Path) -> None:
    test = json.loads((demo / "grader" / "model.json").read_text(encoding="utf-8"))["training"][
        "test"
    ]
    assert test["documents"] >= 60
    assert test["f1"] > 0.9
    assert test["rmse"] < 0.6 * test["rmse_of_mean"]


def test_a_label_sample_asks_for_what_nobody_has_labelled(demo: Path) -> None:
    run = str(demo / "run")
    assert main(["label-sample", run, "--number", "8"]) == 0
    first = pq.read_table(demo / "run" / "label-sample.parquet")
    assert first.column("language").to_pylist()[:2] == ["en", "zh"]
    assert all(abs(grade - 1.5) <= 1 for grade in first.column("grade").to_pylist())
    served = ServedRun("run", run)
    listed = served.catalogue().ids[served.places(DocumentQuery(order="label"))]
    assert listed.tolist() == first.column("id").to_pylist()
    set_mark(RunTables(run), listed.tolist()[0], Mark("wrong", ""))
    assert main(["label-sample", run, "--number", "8"]) == 0
    assert (
        listed.tolist()[0]
        not in served.catalogue().ids[served.places(DocumentQuery(order="label"))]
    )


def test_the_last_lines_say_what_to_try_next() -> None:
    shown = [
        shlex.split(part.strip().removeprefix(BIN))[1:]
        for line in recipe_lines()
        if line.startswith("@echo '  ")
        for part in line.removeprefix("@echo '").rstrip("'").split("&&")
    ]
    assert len(shown) >= 3
    for words in shown:
        build_parser().parse_args(words)

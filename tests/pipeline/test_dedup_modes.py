"""What else duplicate removal can be asked for, from `corpusmill run` to its report."""

import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.find_duplicates import dedup_stage
from jobs.models.run_models import RunModels
from jobs.recipes.loading import load_recipe
from jobs.run_pipeline import run_pipeline
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from tests.pipeline.test_small_runs import no_spark
from tests.sample_run import FinishedRun

pytestmark = pytest.mark.spark


@pytest.fixture
def copy(finished_run: FinishedRun, tmp_path: Path) -> FinishedRun:
    """The finished run, so that a changed setting of deduplication repeats the last stages only."""
    shutil.copytree(finished_run.folder, tmp_path / "run")
    return replace(
        finished_run, context=replace(finished_run.context, output=str(tmp_path / "run"))
    )


def by_id(run: FinishedRun, dataset: str) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in run.rows(dataset)}


def report(run: FinishedRun) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((run.folder / "report.json").read_text(encoding="utf-8"))
    return facts


def test_annotate_keeps_every_duplicate_and_says_whose_it_is(
    finished_run: FinishedRun, copy: FinishedRun
) -> None:
    copy.run_again("dedup.mode=annotate")
    removed, before, after = (
        by_id(finished_run, "duplicates"),
        by_id(finished_run, "corpus"),
        by_id(copy, "corpus"),
    )
    assert removed
    assert set(after) == set(before) | set(removed)
    assert {number for number, row in after.items() if row["keeper_id"] is not None} == set(removed)
    for number, row in removed.items():
        assert after[number]["keeper_id"] == row["keeper_id"]
        assert after[number]["similarity"] == row["similarity"]
    members = Counter(row["cluster_id"] for row in after.values())
    assert all(members[row["cluster_id"]] == row["cluster_size"] for row in after.values())
    assert not [row for row in copy.rows("dropped") if row["stage"] == "dedup"]
    assert report(copy)["totals"]["kept"] == len(after)


def test_scope_and_repeated_lines_reach_corpus_and_report(
    finished_run: FinishedRun, copy: FinishedRun
) -> None:
    copy.run_again("dedup.scope=source", "dedup.passages.unit=lines")
    source = {row["id"]: row["source"] for row in copy.rows("documents", ["id", "source"])}
    crossing = [
        row["id"]
        for row in finished_run.rows("duplicates")
        if source[row["id"]] != source[row["keeper_id"]]
    ]
    assert crossing  # else nothing would be tested here
    assert all(source[row["id"]] == source[row["keeper_id"]] for row in copy.rows("duplicates"))

    texts = {row["id"]: row["text"] for row in copy.rows("annotated", ["id", "text"])}
    kept, cut = by_id(copy, "corpus"), by_id(copy, "repeated_passages")
    assert set(crossing) <= set(kept) | set(cut)
    lines = Counter(line for row in kept.values() for line in long_lines(row["text"]))
    assert lines
    assert max(lines.values()) == 1
    for number, row in kept.items():
        gone = set(cut[number]["places"]) if number in cut else set()
        left = [line for place, line in enumerate(texts[number].split("\n")) if place not in gone]
        assert row["text"] == "\n".join(left)
    emptied = {number for number, row in cut.items() if row["emptied"]}
    ledger = {row["id"] for row in copy.rows("dropped") if row["reason"] == "repeated_passages"}
    assert emptied == ledger
    assert report(copy)["cleaning"]["repeated_passages_cut"] == {
        "total": sum(row["passages"] for row in cut.values()),
        "documents": len(cut),
    }


def long_lines(text: str) -> list[str]:
    normal = (re.sub(r"[\W\d_]+", "", line.lower()) for line in text.split("\n"))
    return [line for line in normal if len(line) >= 20]


def test_against_itself_a_crawl_has_nothing_new(
    finished_run: FinishedRun, copy: FinishedRun, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = str(finished_run.folder)
    recipe = load_recipe("default")
    run_pipeline(copy.context, copy.inputs, recipe, RunModels(), against=[earlier])
    assert not copy.rows("corpus")
    duplicates = by_id(copy, "duplicates")
    assert set(duplicates) == set(by_id(finished_run, "corpus")) | set(
        by_id(finished_run, "duplicates")
    )
    assert {row["keeper_run"] for row in duplicates.values()} == {1}
    assert {row["keeper_id"] for row in duplicates.values()} == set(by_id(finished_run, "corpus"))
    facts = report(copy)
    assert facts["totals"]["kept"] == 0
    assert [stage["stage"] for stage in facts["stages"]].count("sign") == 1
    unchanged = RunContext(no_spark, str(copy.folder), Reporter(), local=True)
    capsys.readouterr()
    dedup_stage(unchanged, recipe, [earlier])
    told = capsys.readouterr().err.splitlines()
    assert [line.split()[:2] for line in told] == [["sign", "unchanged,"], ["dedup", "unchanged,"]]

"""A moved threshold changes verdicts and recomputes no signal."""

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql.classic.dataframe import DataFrame

from jobs.decide_verdicts import resolved_rules
from jobs.ingest.extract_sources import SourceExtractor
from jobs.inspection.run_tables import RunTables
from jobs.inspection.what_if import ask_what_if
from jobs.inspection.what_if_duplicates import search_again
from jobs.recipes.loading import load_recipe
from jobs.report.movable_bounds import CountPlaces
from jobs.runtime.contract.manifest import read_manifest
from jobs.verdicts.expressions import verdict_columns
from tests.sample_run import FinishedRun
from udfs.annotate_batches import AnnotateBatches

pytestmark = pytest.mark.spark

STRICTER = "rules.too_few_words.min=200"
SIGNALS = ("documents", "extracted", "models", "annotated")


@pytest.fixture
def copy(finished_run: FinishedRun, tmp_path: Path) -> FinishedRun:
    shutil.copytree(finished_run.folder, tmp_path / "run")
    return replace(
        finished_run, context=replace(finished_run.context, output=str(tmp_path / "run"))
    )


def state(run: FinishedRun, datasets: tuple[str, ...]) -> dict[str, object]:
    return {dataset: read_manifest(str(run.folder / dataset)) for dataset in datasets}


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Functions of batches by name; all of them go through mapInArrow."""
    counts: Counter[str] = Counter()
    plain = DataFrame.mapInArrow

    def counting(frame: DataFrame, function: Any, *given: Any, **named: Any) -> DataFrame:
        counts[type(getattr(function, "function", function)).__name__] += 1
        return plain(frame, function, *given, **named)

    monkeypatch.setattr(DataFrame, "mapInArrow", counting)
    return counts


def test_only_verdicts_and_what_follows_are_made_anew(
    finished_run: FinishedRun, copy: FinishedRun, called: Counter[str]
) -> None:
    before = state(copy, (*SIGNALS, "verdicts"))
    recipe = load_recipe("default", [STRICTER])
    answer = ask_what_if(RunTables(copy.context.output), recipe)
    answer = replace(answer, removed_then=search_again(copy.context, recipe, answer))
    called.clear()
    copy.run_again(STRICTER)
    assert answer.kept_ids().tolist() == sorted(row["id"] for row in copy.rows("corpus", ["id"]))
    after = state(copy, (*SIGNALS, "verdicts"))
    assert {name: after[name] for name in SIGNALS} == {name: before[name] for name in SIGNALS}
    assert after["verdicts"] != before["verdicts"]
    assert len(copy.rows("corpus", ["id"])) < len(finished_run.rows("corpus", ["id"]))
    assert called[AnnotateBatches.__name__] == called[SourceExtractor.__name__] == 0
    assert called[CountPlaces.__name__] > 0  # the report's own: so the counter counts


def test_verdicts_call_no_python(finished_run: FinishedRun) -> None:
    annotated, _ = finished_run.context.read("annotated", "annotate")
    judged = annotated.select("id", *verdict_columns(resolved_rules(finished_run.context)))
    plan = judged._jdf.queryExecution().executedPlan().toString()  # type: ignore[operator]
    assert "FileScan parquet" in plan or "Scan parquet" in plan
    assert not [word for word in ("Python", "MapInArrow", "MapInPandas") if word in plan]


def test_verdicts_do_not_read_the_text(finished_run: FinishedRun) -> None:
    annotated, _ = finished_run.context.read("annotated", "annotate")
    judged = annotated.select("id", *verdict_columns(resolved_rules(finished_run.context)))
    plan = judged._jdf.queryExecution().executedPlan().toString()  # type: ignore[operator]
    schema = plan.split("ReadSchema: ")[1]
    assert "text:string" not in schema

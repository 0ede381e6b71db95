"""What a moved slider shows is what a what-if question answers, at every place of every bound."""

import json
from typing import Any

import pytest

from jobs.inspection.run_tables import RunTables
from jobs.inspection.what_if import ask_what_if
from jobs.recipes.loading import load_recipe
from jobs.recipes.rules import Bounds, ResolvedRule
from jobs.verdicts.array_verdicts import SignalTable
from jobs.verdicts.expressions import LANGUAGE
from tests.sample_run import FinishedRun

pytestmark = pytest.mark.spark


@pytest.fixture
def movable(finished_run: FinishedRun) -> dict[str, list[dict[str, Any]]]:
    report = json.loads((finished_run.folder / "report.json").read_text(encoding="utf-8"))
    return {rule["reason"]: rule["movable"] for rule in report["rules"]}


def test_every_count_is_that_of_the_moved_rule(
    finished_run: FinishedRun, movable: dict[str, list[dict[str, Any]]]
) -> None:
    tables = RunTables(finished_run.context.output)
    details = tables.manifest("verdicts").details["rules"]
    rules = {rule["reason"]: ResolvedRule.model_validate(rule) for rule in details}
    names = sorted({name for rule in rules.values() for name in rule.signals} | {LANGUAGE})
    signals = SignalTable(tables.columns("annotated", names))
    compared = 0
    for reason, bounds in movable.items():
        for bound in bounds:
            for place, failing in zip(bound["places"], bound["failing"], strict=True):
                default = (rules[reason].default or Bounds()).model_copy(
                    update={bound["side"]: place}
                )
                moved = rules[reason].model_copy(update={"default": default})
                assert int(signals.judge([moved]).failed.sum()) == failing, (reason, place)
                compared += 1
    assert compared > 300


def test_a_slider_starts_where_the_run_judged(
    finished_run: FinishedRun, movable: dict[str, list[dict[str, Any]]]
) -> None:
    report = json.loads((finished_run.folder / "report.json").read_text(encoding="utf-8"))
    for rule in report["rules"]:
        for bound in rule["movable"]:
            assert bound["places"][bound["now"]] == rule["default"][bound["side"]]
            assert bound["failing"][bound["now"]] == rule["hits"]


def test_it_is_the_figure_that_whatif_gives(
    finished_run: FinishedRun, movable: dict[str, list[dict[str, Any]]]
) -> None:
    bound = movable["too_few_words"][0]
    tables = RunTables(finished_run.context.output)
    for place in (0, len(bound["places"]) // 2, len(bound["places"]) - 1):
        setting = f"rules.too_few_words.{bound['side']}={bound['places'][place]!r}"
        answer = ask_what_if(tables, load_recipe("default", [setting]))
        assert answer.then.hits["too_few_words"] == bound["failing"][place]

"""A what-if answer is what the run would do: verdict for verdict, for many settings."""

import json
import random

import pytest

from jobs.inspection.run_tables import RunTables
from jobs.inspection.what_if import WhatIf, ask_what_if
from jobs.inspection.what_if_duplicates import what_if
from jobs.inspection.what_if_text import what_if_text, what_if_values
from jobs.recipes.loading import load_recipe
from jobs.recipes.recipe import Recipe
from jobs.runtime.errors import InputError
from jobs.verdicts.expressions import verdict_columns
from jobs.verdicts.thresholds import resolve
from tests.sample_run import FinishedRun

pytestmark = pytest.mark.spark


def random_settings(number: int) -> list[list[str]]:
    """Changes of a few bounds of the default recipe, up and down; seeded."""
    chance = random.Random(17)
    rules = [rule for rule in load_recipe("default").rules if rule.min or rule.max]
    found = []
    for _ in range(number):
        changes = []
        for rule in chance.sample(rules, 3):
            side = "min" if rule.min else "max"
            value = getattr(rule, side) * chance.choice([0.2, 0.5, 0.8, 1.25, 2, 5])
            changes.append(f"rules.{rule.reason}.{side}={value}")
        changes.append(f"rules.perplexity_tail.max_percentile={chance.choice([80, 95, 99])}")
        found.append(changes)
    return found


def reasons(answer: WhatIf) -> dict[int, str | None]:
    return {int(number): answer.reason_then(place) for place, number in enumerate(answer.ids)}


def test_it_equals_the_decide_stage_for_ten_random_settings(finished_run: FinishedRun) -> None:
    annotated, manifest = finished_run.context.read("annotated", "annotate")
    annotated.cache()
    tables, changed = RunTables(finished_run.context.output), 0
    for overrides in random_settings(10):
        recipe = load_recipe("default", overrides)
        rules = [rule for rule in recipe.rules if not rule.signal.startswith("quality.")]
        resolved, _ = resolve(rules, annotated, manifest.details["absent_signals"])
        judged = annotated.select("id", *verdict_columns(resolved)).collect()
        answer = ask_what_if(tables, recipe)
        assert reasons(answer) == {row["id"]: row["reason"] for row in judged}
        changed += len(answer.gained) + len(answer.lost)
    annotated.unpersist()
    assert changed > 50  # or the settings did not try anything


def test_the_runs_own_recipe_changes_nothing(finished_run: FinishedRun) -> None:
    answer = ask_what_if(RunTables(finished_run.context.output), load_recipe("default"))
    facts = what_if_values(answer)
    assert facts["gained"] == facts["lost"] == 0
    kept = len(finished_run.rows("corpus", ["id"]))
    assert facts["kept"] == {"now": kept, "then": kept}
    now = [counts["now"] for counts in facts["reasons"].values()]
    dropped = len(finished_run.rows("dropped", ["id"]))
    assert sum(now) + facts["duplicates"]["now"] == dropped
    assert facts["documents_in"] == kept + dropped + facts["quarantined"]


def strict() -> Recipe:
    return load_recipe("default", ["rules.too_few_words.min=300"])


def test_documents_lost_are_counted_by_language_and_source(finished_run: FinishedRun) -> None:
    facts = what_if_values(ask_what_if(RunTables(finished_run.context.output), strict()))
    for name in ("languages", "sources"):
        assert sum(change["lost"] for change in facts[name]) == facts["lost"] > 20
    assert {"en", "de"} <= {change["name"] for change in facts["languages"]}
    assert "lamplight.example" in {change["name"] for change in facts["sources"]}


def test_a_freed_duplicate_is_counted_as_kept_and_said(finished_run: FinishedRun) -> None:
    tables = RunTables(finished_run.context.output)
    answer = ask_what_if(tables, strict())
    now, then = answer.duplicates()
    assert now > then
    text = what_if_text(answer, tables, samples=1)
    assert "of several copies" in text
    assert "lost, for example:" in text
    assert "then: too_few_words" in text


def test_the_answer_is_printed_as_json_too(finished_run: FinishedRun) -> None:
    facts = json.loads(what_if(RunTables(str(finished_run.folder)), strict(), 3, as_json=True))
    assert facts["reasons"]["too_few_words"]["then"] > facts["reasons"]["too_few_words"]["now"]


def test_an_unfinished_run_is_refused(tmp_path: pytest.TempPathFactory) -> None:
    with pytest.raises(InputError, match="corpusmill decide"):
        ask_what_if(RunTables(str(tmp_path)), load_recipe("default"))

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.report.published_run import PublishedRun, read_run, recipe_facts
from jobs.runtime.contract.manifest import MANIFEST_NAME, Manifest
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from tests.jobs.finished_run import FinishedRun, make_finished_run


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> FinishedRun:
    return make_finished_run(tmp_path_factory.mktemp("run") / "output", files=1)


@pytest.fixture(scope="module")
def run(finished) -> PublishedRun:
    return read_run(RunContext(None, finished.output, Reporter(quiet=True)))


def test_manifests_of_all_datasets_are_read_without_spark(run):
    assert set(run.manifests) == {
        "documents", "extracted", "models", "annotated", "verdicts", "duplicates",
        "corpus", "dropped", "quarantined",
    }  # fmt: skip
    assert not run.graded
    assert run.created_at == "2026-03-01T12:30:00+00:00"


def test_versions_of_a_mixed_run_are_all_shown(run, finished):
    path = Path(finished.output) / "documents" / MANIFEST_NAME
    manifest = Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    older = manifest.model_copy(update={"versions": {"spark": "3.5.7"}})
    mixed = PublishedRun({**run.manifests, "documents": older})
    assert mixed.versions()["spark"] == "3.5.7, 4.1.4"
    assert run.versions()["spark"] == "4.1.4"


def test_rule_that_the_run_never_saw_is_absent_too(run, finished):
    rule = finished.recipe.rules[0].model_copy(update={"reason": "added_later"})
    recipe = finished.recipe.model_copy(update={"rules": (*finished.recipe.rules, rule)})
    why = {absent.reason: absent.why for absent in run.absent_rules(recipe)}
    assert why["added_later"] == "the run was made without this rule"


def test_model_stages_carry_no_documents(run):
    assert [stage.stage for stage in run.stages() if not stage.carries_documents] == [
        "train-perplexity"
    ]


def test_rate_of_a_stage_without_any_time_is_unknown(run):
    instant = run.manifests["duplicates"].model_copy(update={"seconds": 0.0})
    stages = PublishedRun({**run.manifests, "duplicates": instant}).stages()
    rates = {stage.stage: stage.rows_per_second for stage in stages}
    assert rates["dedup"] is None
    assert rates["ingest"] == pytest.approx(408 / 4.2, abs=0.05)


def test_recipe_is_shown_without_its_rules(finished):
    facts = recipe_facts(finished.recipe)
    assert facts.name == "default"
    assert facts.settings["dedup"]["threshold"] == 0.7
    assert "rules" not in facts.settings


def test_signing_and_cut_passages_are_stages_of_their_own(run):
    cut = {"documents": 3, "passages": 7, "characters": 240}
    signed = run.manifests["duplicates"].model_copy(
        update={"dataset": "signatures", "stage": "sign", "seconds": 5.5}
    )
    passages = signed.model_copy(
        update={"dataset": "repeated_passages", "stage": "publish passages", "details": cut}
    )
    whole = PublishedRun({**run.manifests, "signatures": signed, "repeated_passages": passages})
    stages = {stage.stage: stage.seconds for stage in whole.stages()}
    names = list(stages)
    assert stages["sign"] == 5.5
    assert names[names.index("decide") :] == [
        "decide", "sign", "dedup", "publish passages", "publish"
    ]  # fmt: skip
    totals = {name: (row.total, row.documents) for name, row in whole.passages_cut().items()}
    assert totals == {"repeated_passages_cut": (7, 3), "characters_in_repeated_passages": (240, 3)}
    assert run.passages_cut() == {}

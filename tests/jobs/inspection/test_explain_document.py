"""Explanations of kept, dropped, duplicate, quarantined and unknown documents."""

from pathlib import Path
from typing import Any

import pytest

from jobs.inspection.explain import explain_documents
from jobs.inspection.explain_document import explain_by_id, explain_by_url, explain_text
from jobs.inspection.run_tables import RunTables
from jobs.recipes.loading import load_recipe
from jobs.runtime.errors import InputError
from tests.sample_run import FinishedRun

pytestmark = pytest.mark.spark


@pytest.fixture
def tables(finished_run: FinishedRun) -> RunTables:
    return RunTables(finished_run.context.output)


def explained(tables: RunTables, number: object) -> str:
    return explain_by_id(tables, str(number), every_signal=False)


def dropped(run: FinishedRun, reason: str) -> dict[str, Any]:
    return next(row for row in run.rows("dropped") if row["reason"] == reason)


def test_a_kept_document_passed_every_rule(finished_run: FinishedRun, tables: RunTables) -> None:
    text = explained(tables, finished_run.rows("corpus", ["id"])[0]["id"])
    assert ": kept" in text.splitlines()[0]
    assert "0 failed" in text


def test_a_dropped_document_names_value_bound_and_distance(
    finished_run: FinishedRun, tables: RunTables
) -> None:
    row = dropped(finished_run, "too_few_words")
    text = explained(tables, row["id"])
    assert "dropped at decide: too_few_words" in text
    assert f"heuristics.word_count is {row['value']:g}, allowed >= {row['threshold']:g}" in text
    assert "outside" in text


def test_the_answers_of_all_documents_are_the_verdicts(
    finished_run: FinishedRun, tables: RunTables
) -> None:
    verdicts = {row["id"]: row for row in finished_run.rows("verdicts")}
    for one in explain_documents(tables, verdicts):
        failed = [answer.rule.reason for answer in one.answers if answer.fails]
        row = verdicts[one.id]
        assert sorted(failed) == sorted([*row["reasons"], *row["flags"]])


def test_a_duplicate_shows_its_keeper(finished_run: FinishedRun, tables: RunTables) -> None:
    row = dropped(finished_run, "near_duplicate")
    text = explained(tables, row["id"])
    assert f"near duplicate of {row['keeper_id']}, similarity {row['similarity']:.3f}" in text
    assert "keeper" in text
    assert "kept for" in explained(tables, row["keeper_id"])


def test_a_quarantined_document_names_status_and_detail(
    finished_run: FinishedRun, tables: RunTables
) -> None:
    for row in finished_run.rows("quarantined"):
        text = explained(tables, row["id"])
        assert f"quarantined at {row['stage']}: {row['status']}" in text
        assert "rules" not in text


@pytest.mark.parametrize(
    ("given", "message"),
    [("5", "lie between"), ("x1", "nor has its source"), ("-3", "no document of this run")],
)
def test_an_unknown_id_is_refused(tables: RunTables, given: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        explained(tables, given)


def test_an_address_finds_its_document_or_near_ones(tables: RunTables) -> None:
    url = "https://lamplight.example/essay/sharing-one-washing-line"
    assert url in explain_by_url(tables, url, every_signal=False)
    with pytest.raises(InputError, match="Containing it: "):
        explain_by_url(tables, "lamplight", every_signal=False)
    with pytest.raises(InputError, match="no document of this run has this address"):
        explain_by_url(tables, "https://nowhere.example/", every_signal=False)


def test_an_input_file_finds_its_documents(finished_run: FinishedRun, tables: RunTables) -> None:
    source = finished_run.rows("quarantined")[0]["source"]
    assert "document " in explain_by_url(tables, source, every_signal=False)


def test_a_text_of_the_run_is_found_and_another_is_judged(
    finished_run: FinishedRun, tables: RunTables, tmp_path: Path
) -> None:
    known = next(row for row in finished_run.rows("extracted") if row["status"] == "ok")
    file = tmp_path / "known.txt"
    file.write_text(known["text"].replace("\n", "\r\n"), encoding="utf-8")
    recipe = load_recipe("default")
    assert f"document {known['id']}" in explain_text(tables, recipe, str(file), every_signal=False)
    file.write_text("Never seen before.", encoding="utf-8")
    text = explain_text(tables, recipe, str(file), every_signal=True)
    assert "no document of this run has this text" in text
    assert "too_few_words: heuristics.word_count is 3" in text
    assert "heuristics.word_count" in text.split("signals")[1]


@pytest.mark.parametrize(
    ("content", "message"), [(b"\xff\xfe\x00", "not UTF-8"), (None, "No such file")]
)
def test_a_text_file_that_cannot_be_read_is_named(
    tables: RunTables, tmp_path: Path, content: bytes | None, message: str
) -> None:
    file = tmp_path / "given.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=message):
        explain_text(tables, load_recipe("default"), str(file), every_signal=False)

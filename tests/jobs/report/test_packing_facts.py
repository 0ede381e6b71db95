"""The report tells how its corpus was packed, and whether it still is that corpus."""

import json
from pathlib import Path

import pytest

from jobs.report.assembly import tell_packing
from jobs.report.packing_facts import packing_facts
from jobs.report.page import render_page
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import Manifest
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import InputError
from tests.jobs.report.test_packing_page import details, facts
from tests.jobs.report.test_page import _empty_report


def manifest(dataset: str, inputs: object = None, **told: object) -> Manifest:
    return Manifest(
        dataset=dataset,
        stage=dataset,
        fingerprint=f"{dataset}-1",
        fingerprints={"inputs": digest(inputs)},
        accounts=RowAccounts(rows_in=6, rows_out=4, rows_dropped=1, rows_quarantined=1),
        seconds=1.0,
        created_at="2026-11-28T07:00:00+00:00",
        files=[],
        versions={},
        details=told,
    )


PACKED = manifest("packed", {"documents": "corpus-1", "tokenizer": "ab" * 32}, **details(facts()))
CORPUS = manifest("corpus")


def test_facts_and_page_tell_tokens_in_and_out() -> None:
    told = packing_facts(PACKED, CORPUS)
    assert list(told.splits) == ["train"]
    assert told.splits["train"].bytes_a_token == 3
    assert told.quarantined == 1
    assert told.is_current
    page = render_page(_empty_report().model_copy(update={"packing": told}))
    assert 'href="#packing"' in page
    assert '<a href="packed.html">' in page
    assert "7 documents were left out by their weight, 1 had no text" in page
    assert "of an earlier corpus" not in page
    assert 'id="packing"' not in render_page(_empty_report())


def test_rows_of_an_earlier_corpus_are_told_apart() -> None:
    told = packing_facts(PACKED, CORPUS.model_copy(update={"fingerprint": "corpus-2"}))
    assert not told.is_current
    page = render_page(_empty_report().model_copy(update={"packing": told}))
    assert "of an earlier corpus of this run: pack again" in page


def test_packing_puts_its_facts_into_the_reports_that_are_there(tmp_path: Path) -> None:
    context = RunContext(None, str(tmp_path), None)  # type: ignore[arg-type]
    for made in (PACKED, CORPUS):
        (tmp_path / made.dataset).mkdir()
        (tmp_path / made.dataset / "_manifest.json").write_text(made.model_dump_json())
    tell_packing(context)
    assert not (tmp_path / "report.json").exists()  # packed from another run's corpus
    report = _empty_report().model_dump_json(by_alias=True)
    (tmp_path / "report.json").write_text(report)
    tell_packing(context)
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["packing"]["splits"]["train"]["tokens"] == 21
    assert {**told, "packing": None} == json.loads(report)
    assert 'id="packing"' in (tmp_path / "report.html").read_text()
    (tmp_path / "report.json").write_text(report[:100])
    with pytest.raises(InputError, match=r"`corpusmill report .*` makes it anew"):
        tell_packing(context)

"""The whole report of a small finished run, against counts made without Spark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.report import write_report
from jobs.report.report_model import Report
from jobs.runtime.contract.manifest import MANIFEST_NAME
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import AccountingError, InputError
from jobs.verdicts.thresholds import MINIMUM_DOCUMENTS
from tests.jobs.finished_run import (
    HOSTILE_TEXT,
    HOSTILE_URL,
    FinishedRun,
    make_finished_run,
    signal_value,
    write_manifest,
)

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> FinishedRun:
    return make_finished_run(tmp_path_factory.mktemp("run") / "output")


@pytest.fixture(scope="module")
def facts(spark, run) -> dict[str, Any]:
    return write_report(RunContext(spark, run.output, Reporter(quiet=True)), run.recipe)


def test_totals_are_those_of_the_datasets_and_add_up(facts, run):
    assert facts["totals"] == {
        "documents_in": 408,
        "kept": run.kept,
        "dropped": run.dropped,
        "quarantined": 8,
    }
    assert run.kept + run.dropped + 8 == 408


def test_stages_stand_in_pipeline_order_with_accounts_that_add_up(facts):
    names = [stage["stage"] for stage in facts["stages"]]
    assert names == [
        "ingest", "extract", "train-perplexity", "annotate", "decide", "dedup", "publish"
    ]  # fmt: skip
    for stage in facts["stages"]:
        left = stage["rows_out"] + stage["rows_dropped"] + stage["rows_quarantined"]
        assert stage["rows_in"] == left
        assert set(stage) >= {"seconds", "bytes", "rows_per_second"}
    publish = facts["stages"][-1]
    assert publish["seconds"] == pytest.approx(2.2 + 1.1 + 0.7)


def test_reasons_are_the_first_reasons_of_the_ledger_most_frequent_first(facts, run):
    assert facts["reasons"] == run.reasons
    counts = list(facts["reasons"].values())
    assert counts == sorted(counts, reverse=True)
    assert facts["quarantine_statuses"] == {"encrypted": 3, "malformed": 3, "empty": 2}


def test_rules_count_first_hits_and_all_hits(facts):
    rules = {rule["reason"]: rule for rule in facts["rules"]}
    # Four of the nineteen left for their special characters before.
    assert rules["repeated_5grams"]["hits"] == 19
    assert rules["repeated_5grams"]["first_hits"] == facts["reasons"]["repeated_5grams"] < 19
    assert rules["long_read"]["action"] == "flag"
    assert (rules["long_read"]["first_hits"], rules["long_read"]["hits"] > 0) == (0, True)
    assert rules["high_perplexity"]["default"] is None
    assert rules["high_perplexity"]["languages"]["zh"] == {
        "min": None,
        "max": 905.25,
        "one_of": None,
    }
    assert rules["high_perplexity"]["asked"]["max_percentile"] == 99
    assert rules["too_few_words"]["languages"] == {
        "ja": None,
        "zh": {"min": 80, "max": None, "one_of": None},
    }
    assert rules["too_few_words"]["source"] == "Gopher, section A.1.1"


def test_silent_and_absent_rules_are_named(facts):
    assert facts["never_fired"] == ["few_stop_words", "few_letters"]
    absent = {rule["reason"]: rule["why"] for rule in facts["absent_rules"]}
    assert absent == {
        "unsafe_model": "no safety model was given",
        "low_grade": "no grader was given, so no document has a grade",
    }


def test_every_rule_of_the_recipe_is_judged_or_absent(facts, run):
    told = {rule["reason"] for rule in facts["rules"] + facts["absent_rules"]}
    assert told == {rule.reason for rule in run.recipe.rules}


def test_languages_formats_and_sources_account_for_every_document(facts):
    totals = facts["totals"]
    languages = facts["languages"].values()
    assert sum(flow["in"] for flow in languages) == 400
    assert all(flow["in"] == flow["kept"] + flow["dropped"] for flow in languages)
    formats = facts["formats"].values()
    assert sum(flow["in"] for flow in formats) == 406
    assert sum(flow["quarantined"] for flow in formats) == 6
    for key, total in (("in", "documents_in"), ("kept", "kept"), ("dropped", "dropped"),
                       ("quarantined", "quarantined")):  # fmt: skip
        assert sum(flow[key] for flow in facts["sources"]) == totals[total]
    assert {flow["source"] for flow in facts["sources"]} == {
        "news.example.com", "www.example.org", "forum.example.net", "html/blog", "pdf/manuals"
    }  # fmt: skip
    assert facts["other_sources"]["sources"] == 0


def test_volume_counts_bytes_and_characters(facts, run):
    texts = [row["text"] for row in run.annotated]
    volume = facts["volume"]
    assert volume["bytes_in"] == sum(len(text.encode()) + 900 for text in texts)
    assert volume["characters_in"] == sum(map(len, texts))
    assert volume["text_bytes_in"] == sum(len(text.encode()) for text in texts)
    assert 0 < volume["text_bytes_out"] < volume["text_bytes_in"]
    assert volume["estimated_tokens_out"] == volume["text_bytes_out"] // 4


def test_histograms_count_every_value_once(facts, run):
    assert set(facts["histograms"]) == {
        "heuristics.words", "heuristics.mean_word_length", "heuristics.special_character_ratio",
        "heuristics.stop_word_ratio", "repetition.duplicate_5grams", "lines.short_share",
        "perplexity.perplexity", "safety.keyword_density", "language.score",
    }  # fmt: skip
    for signal, histogram in facts["histograms"].items():
        values = [signal_value(row, signal) for row in run.annotated]
        known = [value for value in values if value is not None]
        assert histogram["documents"] == len(known)
        assert histogram["without_value"] == len(values) - len(known)
        assert sum(histogram["counts"]) + histogram["zeros"] == len(known)
        assert len(histogram["edges"]) == len(histogram["counts"]) + 1 <= 45
        if signal != "language.score":  # stored as a 32-bit float
            assert histogram["maximum"] == pytest.approx(max(known), rel=1e-12)


def test_thresholds_of_a_signal_come_from_all_its_rules_and_languages(facts):
    lines = facts["histograms"]["heuristics.words"]["thresholds"]
    assert [(line["reason"], line["side"], line["language"], line["value"]) for line in lines] == [
        ("too_few_words", "min", None, 50.0),
        ("too_few_words", "min", "zh", 80.0),
        ("few_letters", "max", None, 1_000_000.0),
        ("long_read", "max", None, 3_000.0),
    ]


def test_duplicates_are_clusters_with_the_keepers_text(facts, run):
    duplicates = facts["duplicates"]
    assert (duplicates["exact"], duplicates["near"], duplicates["clusters"]) == (7, 5, 3)
    assert duplicates["cluster_size_histogram"] == [
        {"smallest": 2, "largest": 2, "clusters": 1},
        {"smallest": 3, "largest": 4, "clusters": 1},
        {"smallest": 9, "largest": 16, "clusters": 1},
    ]
    texts = {row["id"]: row["text"] for row in run.annotated}
    assert [cluster["size"] for cluster in duplicates["largest"]] == [9, 4, 2]
    for cluster in duplicates["largest"]:
        assert cluster["sample"] == texts[cluster["keeper_id"]][:300]


def test_duplicates_are_counted_by_source_and_audited(facts, run):
    duplicates = facts["duplicates"]
    removed = duplicates["exact"] + duplicates["near"]
    assert sum(loss["removed"] for loss in duplicates["sources"]) == removed
    assert sum(pair["removed"] for pair in duplicates["source_pairs"]) == removed
    reached = sum(loss["documents"] for loss in duplicates["sources"])
    assert removed < reached <= run.kept + removed
    audit = duplicates["audit"]
    assert (audit["accepted"]["pairs"], audit["threshold"]) == (5, 0.7)
    # This run left no work folder, so nothing can be said of what was refused.
    assert audit["refused"] is None
    assert "signatures" in audit["note"]


def test_perplexity_percentiles_rise_and_need_enough_documents(facts, run):
    languages = facts["perplexity"]["perplexity.perplexity"]
    counts: dict[str, int] = {}
    for row in run.annotated:
        known = signal_value(row, "perplexity.perplexity") is not None
        language = row["language"]["language"]
        counts[language] = counts.get(language, 0) + known
    enough = {language: n for language, n in counts.items() if n >= MINIMUM_DOCUMENTS}
    assert {language: row["documents"] for language, row in languages.items()} == enough
    assert 0 < len(enough) < len(counts)
    for row in languages.values():
        values = [row[name] for name in ("p1", "p5", "p25", "p50", "p75", "p95", "p99")]
        assert values == sorted(values)


def test_cleaning_sums_every_counter(facts, run):
    for name in ("sentences_collapsed", "windows_excised", "lines_dropped"):
        values = [row["cleaning"][name] for row in run.annotated]
        assert facts["cleaning"][name] == {
            "total": sum(values),
            "documents": sum(value > 0 for value in values),
        }


def test_examples_show_up_to_three_documents_for_each_reason(facts, run):
    assert list(facts["examples"]) == list(facts["reasons"])
    rows = {row["id"]: row for row in run.annotated}
    for reason, documents in facts["examples"].items():
        assert len(documents) == min(3, facts["reasons"][reason])
        for document in documents:
            assert document["text"] == rows[document["id"]]["text"][:300]
            assert document["url"] == rows[document["id"]]["url"]
    hostile = facts["examples"]["negative_score"][0]
    assert (hostile["text"], hostile["url"]) == (HOSTILE_TEXT, HOSTILE_URL)
    assert all(pair["keeper_id"] for pair in facts["examples"]["near_duplicate"])
    assert set(facts["quarantine_examples"]) == {"empty", "encrypted", "malformed"}


def test_files_hold_the_facts_that_are_returned(facts, run):
    written = json.loads((Path(run.output) / "report.json").read_text(encoding="utf-8"))
    assert written == facts
    assert Report.model_validate(written).model_dump(mode="json", by_alias=True) == facts
    page = (Path(run.output) / "report.html").read_text(encoding="utf-8")
    assert "What left, and why" in page


def test_report_is_the_same_for_other_files_and_partitions(spark, facts, tmp_path):
    again = make_finished_run(tmp_path / "output", files=5)
    other = write_report(RunContext(spark, again.output, Reporter(quiet=True)), again.recipe)
    for stage in (*facts["stages"], *other["stages"]):
        stage.pop("bytes", None)  # five files have more footers than two
    assert other == facts


def test_lost_document_is_an_accounting_error_and_nothing_is_written(spark, tmp_path):
    lossy = make_finished_run(tmp_path / "output")
    place = Path(lossy.output) / "quarantined"
    next(place.glob("part-00000*")).unlink()
    accounts = RowAccounts(rows_in=4, rows_out=4)
    write_manifest(place, "quarantined", "publish quarantined", accounts, 1.0, {})
    with pytest.raises(AccountingError, match="408 documents came in, but 309 kept"):
        write_report(RunContext(spark, lossy.output, Reporter(quiet=True)), lossy.recipe)
    assert not (Path(lossy.output) / "report.json").exists()


def test_unfinished_run_names_the_missing_stage(spark, tmp_path):
    unfinished = make_finished_run(tmp_path / "output")
    (Path(unfinished.output) / "duplicates" / MANIFEST_NAME).unlink()
    with pytest.raises(InputError, match="corpusmill dedup"):
        write_report(RunContext(spark, unfinished.output, Reporter(quiet=True)), unfinished.recipe)


def test_grades_are_judged_by_their_own_stage(spark, tmp_path):
    graded = make_finished_run(tmp_path / "output")
    place = Path(graded.output) / "quality"
    place.mkdir()
    grades = pa.table(
        {
            "id": [1, 2, 3, 4, 5],
            "language": [{"language": code} for code in ("en", "en", "en", "en", "zh")],
            "quality": [{"grade": value} for value in (0.5, 2.0, 3.5, 4.0, None)],
        }
    )
    pq.write_table(grades, place / "part-0.parquet")
    rule = next(rule for rule in graded.recipe.rules if rule.reason == "low_grade")
    judged = {
        "reason": rule.reason, "signal": rule.signal, "action": rule.action, "when": [],
        "default": {"min": rule.min}, "languages": {},
    }  # fmt: skip
    accounts = RowAccounts(rows_in=5, rows_out=4, rows_dropped=1)
    told = {"rules": [judged], "languages": ["en"]}
    write_manifest(place, "quality", "grade", accounts, 3.0, told)
    facts = write_report(RunContext(spark, graded.output, Reporter(quiet=True)), graded.recipe)
    assert [stage["stage"] for stage in facts["stages"]][-2:] == ["grade", "publish"]
    assert facts["histograms"]["quality.grade"]["documents"] == 4
    assert facts["graded"] == {
        "en": {"documents": 4, "without_grade": 0, "known": True},
        "zh": {"documents": 1, "without_grade": 1, "known": False},
    }
    assert {rule["reason"] for rule in facts["absent_rules"]} == {"unsafe_model"}

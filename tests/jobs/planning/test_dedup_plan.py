"""`corpusmill dedup plan`: the choice of a banding, its figures, its faults, its text and drawing."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from jobs.command.parser import build_parser
from jobs.command_line import main
from jobs.dedup import DedupSettings
from jobs.dedup.presets import PRESETS
from jobs.planning import plan_search, plan_text, write_plan_drawing
from jobs.planning.dedup_plan import LARGEST_STANDARD_ERROR
from jobs.planning.dedup_plan_text import six_permutations_notice
from jobs.runtime.errors import SettingsError
from udfs.dedup.similarity import standard_error

WEB = {"documents": 1e9, "document_bytes": 2600.0}


def test_the_command_of_the_documentation_prints_a_plan(capsys: pytest.CaptureFixture[str]) -> None:
    words = "dedup plan --threshold 0.7 --recall 0.99 --documents 1e9"
    assert main(words.split()) == 0
    printed = capsys.readouterr().out
    for part in (
        "1,000,000,000 documents",
        "* meet in a bucket",
        "Finds",
        "Moves",
        "Keeps",
        "Takes",
        "Assumed",
    ):
        assert part in printed
    assert re.search(r"Run it:  corpusmill dedup INPUT OUTPUT --set dedup.bands=\d+", printed)


def test_what_a_plan_says_to_run_is_what_it_planned() -> None:
    plan = plan_search(threshold=0.8, recall=0.97, **WEB)
    words = plan_text(plan).rpartition("corpusmill ")[2].split()
    arguments = build_parser().parse_args(words)
    given = dict(word.removeprefix("dedup.").split("=") for word in arguments.overrides)
    if arguments.threshold is not None:
        given["threshold"] = arguments.threshold
    assert DedupSettings.model_validate(given) == plan.settings


def test_dedup_still_takes_an_input_and_even_a_folder_named_plan() -> None:
    assert build_parser().parse_args(["dedup", "run"]).command == "dedup"
    arguments = build_parser().parse_args(["dedup", "./plan"])
    assert (arguments.command, arguments.input) == ("dedup", "./plan")


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.85])
@pytest.mark.parametrize("recall", [0.9, 0.99])
@pytest.mark.parametrize("documents", [1e5, 1e9, 1e10])
def test_a_chosen_banding_keeps_its_promises(
    threshold: float, recall: float, documents: float
) -> None:
    plan = plan_search(threshold=threshold, recall=recall, documents=documents, document_bytes=2600)
    assert plan.recall_before_verification >= recall
    assert plan.strangers(0.03) <= 1
    assert standard_error(threshold, plan.settings.permutations) <= LARGEST_STANDARD_ERROR
    assert plan.verified


def test_larger_corpora_get_longer_bands_or_as_long_ones() -> None:
    rows = [
        plan_search(
            threshold=0.7, recall=0.99, documents=10.0**power, document_bytes=2600
        ).banding.rows
        for power in range(3, 13)
    ]
    assert rows == sorted(rows)
    assert rows[-1] > rows[0]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_described_as_it_is(name: str) -> None:
    plan = plan_search(preset=name, **WEB)
    assert plan.settings == DedupSettings(preset=name)
    assert PRESETS[name].threshold == plan.settings.threshold
    assert plan_text(plan)
    grid = np.linspace(0, 1, 21)
    assert (plan.found(grid) <= plan.meeting(grid) + 1e-9).all()
    assert plan.verified or (plan.found(grid) == plan.meeting(grid)).all()


def test_verification_refuses_nearly_all_that_is_below_the_threshold() -> None:
    plan = plan_search(**WEB)
    assert plan.found(np.array([0.6, 0.65]))[0] < 1e-4
    assert plan.meeting(np.array([0.6]))[0] > 0.4


def test_costs_grow_with_the_corpus_and_its_texts() -> None:
    small, large = plan_search(**WEB), plan_search(documents=1e10, document_bytes=2600)
    assert large.searching_hours == pytest.approx(10 * small.searching_hours)
    books = plan_search(documents=1e9, document_bytes=26_000)
    assert books.signing_hours == pytest.approx(10 * small.signing_hours)
    assert books.shuffled_bytes == small.shuffled_bytes


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--threshold 70", "--threshold 70 is no Jaccard similarity"),
        ("--threshold 70", "(0.70 for 70 %)"),
        ("--threshold 1", "above 0 and below 1; exact copies"),
        ("--threshold nan", "--threshold nan"),
        ("--recall 1.0", "--recall 1: hashing finds a pair with some probability"),
        ("--recall 99", "(0.99 for 99 %)"),
        ("--documents 0", "--documents 0: give a number from 2"),
        ("--documents nan", "--documents nan"),
        ("--document-bytes -1", "--document-bytes -1"),
        ("--preset finweb", "did you mean 'fineweb'?"),
        ("--threshold 0.05 --recall 0.99 --documents 1e12", "raise --threshold, or lower --recall"),
        ("--plot /proc/nothing/x.svg", "give a file in a folder that exists"),
    ],
)
def test_faults_name_the_value_and_the_next_step(
    words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dedup", "plan", *words.split()]) == 1
    assert message in capsys.readouterr().err


def test_six_permutations_are_told_what_they_miss_and_what_to_take() -> None:
    notice = six_permutations_notice(DedupSettings(preset="six-permutations"))
    assert notice is not None
    assert "11.6%" in notice  # at 0.7, measured
    assert "--preset default" in notice
    assert "let strangers meet" in str(six_permutations_notice(DedupSettings(bands=3, rows=2)))
    assert six_permutations_notice(DedupSettings()) is None
    assert notice in plan_text(plan_search(preset="six-permutations", **WEB))


def test_a_run_with_six_permutations_says_so_before_it_starts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise SettingsError("no session in this test")

    monkeypatch.setattr("jobs.runtime.spark.session.start_session", refuse)
    monkeypatch.chdir(tmp_path)
    assert main(["dedup", "table.parquet", "out", "--preset", "six-permutations"]) == 1
    assert "--preset default" in capsys.readouterr().err
    assert main(["dedup", "table.parquet", "out", "--preset", "fineweb"]) == 1
    assert "permutations" not in capsys.readouterr().err


def test_the_drawing_is_valid_svg_with_both_curves(tmp_path: Path) -> None:
    path = tmp_path / "curve.svg"
    write_plan_drawing(plan_search(**WEB), str(path))
    names = [
        node.text for node in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}title")
    ]
    assert names[1:] == ["meet in a bucket", "found, after verification"]

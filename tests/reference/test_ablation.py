"""Two corpora through the command: what was trained on a refrain says it again, what was not does not."""

import json
from pathlib import Path

import pytest

from jobs.ablate import FACTS_NAME, PAGE_NAME
from jobs.command_line import main
from tests.packed_folder import documents, packed_folder

pytestmark = pytest.mark.reference

REFRAIN = "gull gull storm. "
HELD_OUT = documents(30, 1000)


def test_an_ablation_tells_a_refrain_from_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = [text + " " + REFRAIN * 12 for text in documents(120)]
    packed_folder(tmp_path / "raw", raw, HELD_OUT)
    packed_folder(tmp_path / "cleaned", documents(120), HELD_OUT)
    words = ["ablate", f"raw={tmp_path / 'raw'}", f"cleaned={tmp_path / 'cleaned'}"]
    words += [
        str(tmp_path / "out"),
        "--steps",
        "25",
        "--batch-rows",
        "16",
        "--seeds",
        "2",
        "--quiet",
    ]
    words += ["--continuations", "5", "--prompt", REFRAIN, "--phrase", " " + REFRAIN.strip()]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert shown.endswith(f"{PAGE_NAME}\n")
    facts = json.loads((tmp_path / "out" / FACTS_NAME).read_text())
    phrases = facts["behaviour"][1]
    raw_count, cleaned_count = (arm["mean"] for arm in phrases["arms"])
    assert raw_count > 2
    assert cleaned_count < 0.5
    raw_bits, cleaned_bits = (arm["mean"] for arm in facts["behaviour"][2]["arms"])
    assert raw_bits < cleaned_bits / 2
    written = next(row for row in facts["behaviour"] if row["name"].startswith("written in runs"))
    raw_share, cleaned_share = (arm["mean"] for arm in written["arms"])
    assert raw_share > 0.3
    assert cleaned_share < raw_share / 2
    longest = facts["longest_runs"][0]
    assert REFRAIN.strip() in longest["text"]
    assert 0 <= longest["document"] < 120
    assert facts["held_out"]["kept"] > 0
    assert all(0 < arm["mean"] < 10 for row in facts["bits"] for arm in row["arms"])
    assert "cleaned less raw, bits a byte" in shown
    before = (tmp_path / "out" / "raw" / "seed-1" / "log.jsonl").read_text()
    assert main(words) == 0  # finished trainings are read again
    assert (tmp_path / "out" / "raw" / "seed-1" / "log.jsonl").read_text() == before
    again = json.loads((tmp_path / "out" / FACTS_NAME).read_text())
    assert {**again, "created_at": ""} == {**facts, "created_at": ""}


def test_a_phrase_that_does_not_fit_a_row_twice_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("raw", "cleaned"):
        packed_folder(tmp_path / name, documents(60), HELD_OUT)
    words = ["ablate", str(tmp_path / "raw"), str(tmp_path / "cleaned"), str(tmp_path / "out")]
    assert main([*words, "--phrase", REFRAIN * 12, "--quiet"]) == 1
    assert "twice a phrase must fit a row of 64" in capsys.readouterr().err


def test_one_seed_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ablate", "a", "b", str(tmp_path), "--seeds", "1"]) == 1
    assert "give 2 or more" in capsys.readouterr().err

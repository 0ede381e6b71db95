"""A run scored through the command: what the model makes of each document is what its rows would give."""

import json
import math
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs.command_line import main
from tests.packed_folder import documents, packed_folder
from tests.scored_run import scored_run

pytestmark = pytest.mark.reference


def test_a_run_is_scored_behind_the_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = packed_folder(tmp_path / "packed", documents(120), documents(10, 1000))
    texts = [*documents(30), *documents(30, 5000), "lamp " * 2000]
    perplexities = [*(20.0 + number for number in range(60)), 900.0]
    run = scored_run(tmp_path / "run", texts, perplexities, ["en"] * 61)
    model = tmp_path / "model"
    words = ["train-reference", str(packed), str(model), "--steps", "3", "--batch-rows", "4"]
    words += ["--score", str(run)]
    assert main(words) == 0
    shown = capsys.readouterr()
    assert "scored 61 of 61 documents" in shown.err
    assert shown.out.endswith("scores.html\n")
    table = pq.read_table(model / "scores.parquet")
    assert table.column("id").to_pylist() == [10 * number for number in range(61)]
    # Three steps teach little: a token costs about what it costs who knows nothing.
    nats = table.column("nats_a_token").to_pylist()
    assert all(0 < one < math.log(1000) for one in nats)
    assert table.column("whole").to_pylist() == [True] * 60 + [False]
    facts = json.loads((model / "scores.json").read_text())
    (english,) = facts["languages"]
    assert english["documents"] == 61
    assert english["groups"][-1]["name"] == "perplexity_tail"
    before = table.drop_columns(["excerpt"])
    assert main([*words, "--quiet"]) == 0  # the training is finished, and scores are the same
    assert pq.read_table(model / "scores.parquet").drop_columns(["excerpt"]).equals(before)


def test_a_run_that_cannot_be_scored_is_told_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = packed_folder(tmp_path / "packed", documents(60))
    words = ["train-reference", str(packed), str(tmp_path / "model"), "--score", str(tmp_path)]
    assert main([*words, "--quiet"]) == 1
    assert "annotat" in capsys.readouterr().err
    assert not (tmp_path / "model" / "log.jsonl").exists()

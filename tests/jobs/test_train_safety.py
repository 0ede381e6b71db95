"""`train-safety`: a model as `train-grader --kind safety` makes it, and thresholds of a clean run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from examples.sample.labelled_texts import labelled_table, labelled_texts
from jobs.command_line import main
from jobs.models.grader.clean_sample import CleanSample
from jobs.runtime.contract.manifest import Manifest, PublishedFile
from jobs.runtime.contract.row_accounts import RowAccounts
from udfs.learning.linear_model import load_model
from udfs.safety.signals import SafetyScreen

UNSAFE = "Play online casino games for real money, claim your bonus and bet now."


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("labelled") / "labelled.parquet"
    pq.write_table(labelled_table(), path)
    return path


@pytest.fixture(scope="module")
def clean_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's corpus: the safe English texts, and too few Chinese ones."""
    folder = tmp_path_factory.mktemp("clean") / "run"
    safe = [text for text in labelled_texts() if not text.unsafe]
    chosen = [text for text in safe if text.language == "en"]
    chosen += [text for text in safe if text.language == "zh"][:40]
    table = pa.table(
        {
            "id": pa.array(range(len(chosen)), pa.int64()),
            "language": [text.language for text in chosen],
            "text": [text.text for text in chosen],
        }
    )
    (folder / "corpus").mkdir(parents=True)
    path = folder / "corpus" / "part-00000.parquet"
    pq.write_table(table, path, row_group_size=50)
    manifest = Manifest(
        dataset="corpus",
        stage="publish",
        fingerprint="",
        fingerprints={},
        accounts=RowAccounts(rows_in=len(chosen), rows_out=len(chosen)),
        seconds=0,
        created_at="",
        files=[PublishedFile(path=path.name, bytes=path.stat().st_size, rows=len(chosen))],
        versions={},
    )
    (folder / "corpus" / "_manifest.json").write_text(manifest.model_dump_json())
    return folder


def train(labelled: Path, output: Path, *words: str) -> int:
    columns = ["--label-column", "unsafe", "--language-column", "language"]
    return main(["train-safety", str(labelled), str(output), *columns, *words])


def test_without_a_run_it_is_the_model_of_train_grader(labelled: Path, tmp_path: Path) -> None:
    assert train(labelled, tmp_path / "safety") == 0
    columns = ["--label-column", "unsafe", "--language-column", "language", "--kind", "safety"]
    assert main(["train-grader", str(labelled), str(tmp_path / "same"), *columns]) == 0
    for name in ("model.json", "weights.npz", "card.md"):
        assert (tmp_path / "safety" / name).read_bytes() == (tmp_path / "same" / name).read_bytes()


def test_thresholds_of_a_clean_run_are_kept_and_obeyed(
    labelled: Path, clean_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "safety"
    words = ["--calibrate-on", str(clean_run), "--false-alarms", "0.02"]
    assert train(labelled, output, *words) == 0
    page = capsys.readouterr().out
    assert "2.00% are expected to alarm" in page
    assert page.strip() == (output / "card.md").read_text().strip()
    model = load_model(output)
    assert set(model.card.alarm_margins) == {"en"}  # forty Chinese texts promise nothing at 2 %
    table = pq.read_table(clean_run / "corpus")
    scores = SafetyScreen.open(str(output)).annotate(
        table.column("text").combine_chunks(), table.column("language").combine_chunks()
    )
    english = np.array(table.column("language").to_pylist()) == "en"
    found = scores.field("model_score").to_numpy(zero_copy_only=False)
    alarms = int((found[english] > 0.5).sum())
    facts: dict[str, Any] = json.loads((output / "model.json").read_text())["training"]["alarms"]
    assert alarms == facts["languages"]["en"]["alarms"] < 0.02 * (english.sum() + 1)
    # the document that the threshold was found at lies on it, and does not alarm
    assert np.isclose(found[english], 0.5, atol=0).sum() >= 1
    both = SafetyScreen.open(str(output)).annotate(pa.array([UNSAFE]), pa.array(["en"]))
    assert both.field("model_score")[0].as_py() > 0.5


def test_of_a_large_run_row_groups_are_drawn_by_their_names(
    labelled: Path, clean_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert train(labelled, tmp_path / "safety") == 0
    model = load_model(tmp_path / "safety")
    monkeypatch.setattr("jobs.models.grader.clean_sample.MOST_DOCUMENTS", 60)
    drawn = CleanSample.scored(str(clean_run), model).table
    assert 60 <= len(drawn) < 60 + 50  # whole groups of fifty and fewer
    assert drawn.equals(CleanSample.scored(str(clean_run), model).table)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--false-alarms", "2"], "--false-alarms 2 is no share"),
        (["--calibrate-on", "absent"], "absent: no such folder"),
        (["--calibrate-on", "RUN"], "a rate of 0.005 needs at least 199 documents of a language"),
    ],
)
def test_what_cannot_be_calibrated_is_told_and_no_model_is_left(
    labelled: Path, clean_run: Path, tmp_path: Path, words: list[str], told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    given = [str(clean_run) if word == "RUN" else word for word in words]
    assert train(labelled, tmp_path / "safety", *given) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "safety").exists()

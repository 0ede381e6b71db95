from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from jobs.command_line import main
from jobs.models.perplexity.loss_table import perplexity_table
from jobs.models.perplexity.trained_model import train_in_memory, write_model_files
from jobs.runtime.contract.manifest import MANIFEST_NAME, Manifest
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.errors import InputError

HELD_OUT = {"tokens": 90, "perplexity": 64.0, "oov_share": 0.125, "events_per_character": 0.25}
CARD = {
    "languages": {
        "en": {"models": [{"held_out_fold": 0, "held_out": HELD_OUT}]},
        "zh": {"models": [{"held_out_fold": None, "held_out": None}]},
    }
}


def model_folder(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "model.json").write_text(json.dumps(CARD))
    return path


def run_folder(path: Path) -> Path:
    model_folder(path / "models" / "perplexity")
    bounds = {"min": None, "max": 512.0, "max_percentile": None, "max_fence": None}
    rule = {
        "reason": "perplexity_tail", "signal": "perplexity.perplexity", "action": "drop",
        "default": None, "languages": {"en": bounds},
    }  # fmt: skip
    details = {
        "rules": [rule, {**rule, "signal": "heuristics.words"}],
        "perplexity_calibration": {"en": {"documents": 1200, "p1": 8.0, "p30": 32.0, "p99": 512.0}},
    }
    manifest = Manifest(
        dataset="verdicts", stage="decide", fingerprint="f", fingerprints={},
        accounts=RowAccounts(rows_in=0, rows_out=0), seconds=0, created_at="", files=[],
        versions={}, details=details,
    )  # fmt: skip
    (path / "verdicts").mkdir()
    (path / "verdicts" / MANIFEST_NAME).write_text(manifest.model_dump_json())
    return path


def cells(text: str, label: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith(label)]
    return line.removeprefix(label).split()


def test_bare_table_pairs_loss_with_perplexity_and_bits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["perplexity", "table"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert ["20.1", "3.000", "4.328", "-"] in rows
    for _, loss, bits, _ in rows:
        assert float(bits) == pytest.approx(float(loss) / math.log(2), abs=1e-3)


def test_model_shows_its_held_out_text(tmp_path: Path) -> None:
    text = perplexity_table(str(model_folder(tmp_path / "m")))
    assert cells(text, "en fold 0, 12.50% unknown") == ["64.0", "4.159", "6.000", "1.500"]
    assert "zh" not in text


def test_run_shows_its_calibration_and_what_the_cut_does(tmp_path: Path) -> None:
    text = perplexity_table(str(run_folder(tmp_path / "run")))
    assert text.startswith("en: 1,200 scored documents; head <= P30 < middle <= P60 < tail")
    assert cells(text, "P30") == ["32.0", "3.466", "5.000", "1.250"]
    assert cells(text, "dropped by perplexity_tail: above") == ["512.0", "6.238", "9.000", "2.250"]
    assert text.count("perplexity_tail") == 1


def test_held_out_measure_counts_characters_without_white_space(tmp_path: Path) -> None:
    trained = train_in_memory([b"a b c\n" * 9], 2, (0, 0))
    files = write_model_files(
        tmp_path, "en.0", trained, [b"a b\n", "中 c\n".encode()], binary=False
    )
    assert files["held_out"]["tokens"] == 4
    assert files["held_out"]["events_per_character"] == 1.5
    assert files["held_out"]["oov_share"] == 0.25


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_other_folders_are_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "model.json").write_text(content)
    with pytest.raises(InputError, match=r"neither a folder of perplexity models|is damaged"):
        perplexity_table(str(tmp_path))

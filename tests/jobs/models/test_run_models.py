from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from jobs.command_line import main
from jobs.runtime.spark import session
from udfs.learning.linear_model import save_model
from udfs.learning.linear_training import TrainingSettings, train

GRADES = TrainingSettings("squared", 0.0, 5.0, bits=8, epochs=1)
SAFETY = TrainingSettings("logistic", 0.0, 1.0, bits=8, epochs=1)


@pytest.fixture
def no_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    def start_session(*_: object, **__: object) -> None:
        raise AssertionError("Spark was started before the models were opened")

    monkeypatch.setattr(session, "start_session", start_session)


def model(folder: Path, settings: TrainingSettings, languages: str = "en") -> Path:
    texts = pa.array([f"word {number}" for number in range(60)])
    labels = [settings.label_high * (number % 2) for number in range(60)]
    codes = pa.array([languages] * 60)
    save_model(train(texts, labels, settings, languages=codes), folder)
    return folder


def truncated(folder: Path, settings: TrainingSettings) -> Path:
    model(folder, settings)
    weights = folder / "weights.npz"
    weights.write_bytes(weights.read_bytes()[:100])
    return folder


def of_another_version(folder: Path, settings: TrainingSettings) -> Path:
    model(folder, settings)
    card = folder / "model.json"
    card.write_text(card.read_text().replace('"format": 1', '"format": 99'))
    return folder


@pytest.mark.usefixtures("no_spark")
@pytest.mark.parametrize(("option", "settings", "other"), [
    ("--grader", GRADES, SAFETY), ("--safety-model", SAFETY, GRADES),
])  # fmt: skip
def test_a_faulty_model_ends_a_run_before_spark_starts(
    option: str,
    settings: TrainingSettings,
    other: TrainingSettings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    faults = {
        tmp_path / "absent": "cannot be read",
        truncated(tmp_path / "truncated", settings): "is truncated or of another model",
        of_another_version(tmp_path / "version", settings): "has format 99",
        model(tmp_path / "other", other): "scores from",
    }
    for folder, message in faults.items():
        assert main(["run", str(tmp_path), str(tmp_path / "out"), option, str(folder)]) == 1
        assert message in capsys.readouterr().err


@pytest.mark.usefixtures("no_spark")
@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("grade.languages=[en, zh]", "was trained on en, wanted zh too"),
        ("safety.lexicons=[absent.yaml]", "keyword list absent.yaml cannot be read"),
        ("safety.blocked_domains=absent.txt", "list of domains absent.txt cannot be read"),
    ],
)
def test_a_wrong_language_or_list_ends_a_run_before_spark_starts(
    setting: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grader = str(model(tmp_path / "grader", GRADES))
    command = ["run", str(tmp_path), str(tmp_path / "out"), "--grader", grader, "--set", setting]
    assert main(command) == 1
    assert message in capsys.readouterr().err
    if setting.startswith("grade"):
        assert main(["grade", *command[1:]]) == 1
        assert message in capsys.readouterr().err

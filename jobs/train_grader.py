"""Labelled Parquet → a folder that --grader or --safety-model takes, with its card and its test."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from jobs.command_line import main
from jobs.grader.calibration_plot import calibration_plot
from jobs.grader.labelled_table import LabelledColumns, read_labelled
from jobs.grader.model_page import model_page
from jobs.runtime.errors import InputError
from udfs.labelled_texts import LabelledTexts
from udfs.linear_model import LinearModel, save_model
from udfs.linear_training import TrainingSettings, train_linear

SETTINGS: Final = {
    "grade": TrainingSettings("squared", 0.0, 5.0),
    "safety": TrainingSettings("logistic", 0.0, 1.0),
}


def train_grader(given: str, output: str, columns: LabelledColumns, kind: str) -> str:
    """Train a model on labelled documents and write its folder.

    Args:
        given: Parquet file, folder or glob.
        output: Local folder; must be empty or hold an older model.
        columns: Names of the columns.
        kind: ``grade`` or ``safety``.

    Returns:
        The card, as text for the terminal.

    Raises:
        InputError: The table cannot be trained on.
    """
    folder = _output_folder(output)
    labelled = read_labelled(given, columns, kind)
    try:
        model = train_linear(labelled, SETTINGS[kind])
    except ValueError as error:
        raise InputError(f"{given}: {error}") from error
    save_model(model, folder)
    return _write_card(folder, kind, labelled, {"linear": model})


def _output_folder(output: str) -> Path:
    if "://" in output:
        raise InputError(
            f"{output} is no local folder: models are written to a disk of this machine; copy the"
            " folder to where runs find it"
        )
    folder = Path(output)
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        if not (folder / "model.json").is_file():
            raise InputError(f"{output} is not empty and holds no model: give a new folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write_card(
    folder: Path, kind: str, labelled: LabelledTexts, models: dict[str, LinearModel]
) -> str:
    facts = {tier: model.card.training for tier, model in models.items()}
    test = next(reversed(facts.values()))["test"]
    high = SETTINGS[kind].label_high
    plot = calibration_plot(test["calibration_table"], high, test["cut"])
    (folder / "calibration.svg").write_text(plot, "utf-8")
    page = model_page(kind, facts, labelled.taught_languages)
    (folder / "card.md").write_text(page, "utf-8")
    return page


if __name__ == "__main__":  # python -m jobs.train_grader
    sys.exit(main(["train-grader", *sys.argv[1:]]))

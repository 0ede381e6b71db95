"""Labelled Parquet → a folder that --grader or --safety-model takes, with its card and its test."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from jobs.command.opening import fetched_tables
from jobs.command.running import run
from jobs.models.grader.calibration_plot import calibration_plot
from jobs.models.grader.labelled_table import LabelledColumns, read_labelled
from jobs.models.grader.model_page import model_page
from jobs.models.output_folder import checked_output, emptied
from jobs.runtime.errors import InputError, MissingRequirementError, SettingsError
from udfs.grading.cascade_band import choose_band
from udfs.grading.encoder_training import encoder_card, save_encoder, train_encoder
from udfs.grading.grader import write_cascade
from udfs.learning.labelled_texts import LabelledTexts
from udfs.learning.linear_model import LinearModel, save_model
from udfs.learning.linear_training import GRADE_CUT, TrainingSettings, train_linear, training_facts

SETTINGS: Final = {
    "grade": TrainingSettings("squared", 0.0, 5.0),
    "safety": TrainingSettings("logistic", 0.0, 1.0),
}


@dataclass(frozen=True)
class EncoderChoice:
    """Which encoder a cascade is made with.

    Attributes:
        folder: With ``model.onnx`` and ``tokenizer.json``.
        max_tokens: Length of a window with its special tokens.
    """

    folder: str
    max_tokens: int


def train_grader(
    given: str,
    output: str,
    columns: LabelledColumns,
    kind: str,
    encoder: EncoderChoice | None,
    table: str | None = None,
) -> str:
    """Train a model on labelled documents and write its folder.

    Args:
        given: Parquet file, folder or glob.
        output: Local folder; must be empty or hold an older model.
        columns: Names of the columns.
        kind: ``grade`` or ``safety``.
        encoder: Makes a cascade: the linear model, and this encoder for what that one doubts.
        table: State of a table of a lake that the Parquet is a copy of, for the card; None: of none.

    Returns:
        The card, as text for the terminal.

    Raises:
        SettingsError: An encoder was given for a safety model.
        InputError: The table cannot be trained on.
        MissingRequirementError: The encoder cannot be used.
    """
    if encoder is not None and kind != "grade":
        raise SettingsError("--encoder grades 0 to 5; a safety model is linear: leave it out")
    folder = emptied(checked_output(output))
    labelled, model = train_linear_model(given, columns, kind, table)
    facts: dict[str, Mapping[str, Any]] = {"linear": model.card.training}
    if encoder is None:
        save_model(model, folder)
    else:
        save_model(model, folder / "linear")
        facts |= _train_cascade(folder, labelled, model, encoder)
    return write_card(folder, kind, labelled, facts)


def train_linear_model(
    given: str, columns: LabelledColumns, kind: str, table: str | None
) -> tuple[LabelledTexts, LinearModel]:
    """Train the linear model of a kind, and return it with the documents.

    Raises:
        InputError: The table cannot be trained on.
    """
    labelled = read_labelled(given, columns, kind)
    try:
        model = train_linear(labelled, SETTINGS[kind])
    except ValueError as error:
        raise InputError(f"{given}: {error}") from error
    if table is None:
        return labelled, model
    card = replace(model.card, training={**model.card.training, "table": table})
    return labelled, replace(model, card=card)


def _train_cascade(
    folder: Path, labelled: LabelledTexts, linear: LinearModel, choice: EncoderChoice
) -> dict[str, Mapping[str, Any]]:
    source = Path(choice.folder)
    try:
        encoder, encoded = train_encoder(labelled, source, choice.max_tokens)
    except ValueError as error:
        raise MissingRequirementError(str(error)) from error
    cheap = linear.predict(labelled.texts).astype("float64")
    part = labelled.split.calibration
    band = choose_band(cheap[part], encoded[part], labelled.labels[part], GRADE_CUT)
    card = encoder_card(encoder, encoded, labelled)
    save_encoder(encoder, card, source, folder / "encoder")
    write_cascade(folder, band)
    doubtful = band.doubtful(cheap) & ~np.isnan(encoded)
    mixed = np.nan_to_num(np.where(doubtful, encoded, cheap))
    facts = training_facts(mixed, labelled, SETTINGS["grade"].label_high)
    share = float(doubtful[labelled.split.test].mean())
    facts["cascade"] = {
        "Doubtful grades of the linear model": f"{band.low:.2f} to {band.high:.2f}"
        if band.low <= band.high
        else "none; on these labels the encoder adds nothing",
        "Share of test documents that the encoder grades": f"{share:.3f}",
    }
    return {"encoder": card.training, "cascade": facts}


def write_card(
    folder: Path, kind: str, labelled: LabelledTexts, facts: Mapping[str, Mapping[str, Any]]
) -> str:
    """Write ``card.md`` and ``calibration.svg`` of a model, and return the card.

    Args:
        folder: Of the model.
        kind: ``grade`` or ``safety``.
        labelled: What it was trained on.
        facts: Of the training by tier, the one that decides last.
    """
    test = list(facts.values())[-1]["test"]
    high = SETTINGS[kind].label_high
    plot = calibration_plot(test["calibration_table"], high, test["cut"])
    (folder / "calibration.svg").write_text(plot, "utf-8")
    page = model_page(kind, facts, labelled.taught_languages)
    (folder / "card.md").write_text(page, "utf-8")
    return page


def train_grader_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill train-grader` with the model's card."""
    encoder = None
    if arguments.encoder:
        encoder = EncoderChoice(arguments.encoder, arguments.window_tokens)
    columns = LabelledColumns(
        arguments.text_column,
        arguments.label_column,
        arguments.group_column,
        arguments.language_column,
    )
    with fetched_tables(arguments) as tables:
        return train_grader(
            arguments.labelled, arguments.output, columns, arguments.kind, encoder, *tables
        )


if __name__ == "__main__":  # spark-submit jobs/train_grader.py
    from jobs.train_grader import (
        train_grader_command,  # what Spark ships must not belong to __main__
    )

    sys.exit(run("train-grader", train_grader_command))

"""Labelled Parquet → a folder that --safety-model takes; its thresholds from clean documents of a run."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from jobs.command.opening import fetched_tables
from jobs.command.running import run
from jobs.models.grader.clean_sample import CleanSample
from jobs.models.grader.labelled_table import LabelledColumns
from jobs.models.output_folder import checked_output, emptied
from jobs.runtime.errors import SettingsError
from jobs.train_grader import train_linear_model, write_card
from udfs.learning.labelled_texts import LabelledTexts
from udfs.learning.linear_model import LinearModel, save_model
from udfs.safety.alarm_rate import AlarmThreshold, alarm_offsets


def train_safety(
    given: str,
    output: str,
    columns: LabelledColumns,
    clean_run: str | None,
    rate: float,
    table: str | None = None,
) -> str:
    """Train a safety model on labelled documents and write its folder.

    Args:
        given: Parquet file, folder or glob; labels 0 (safe) and 1 (unsafe).
        output: Local folder; must be empty or hold an older model.
        columns: Names of the columns.
        clean_run: Folder of a finished run whose corpus is clean: thresholds are found on it. None
            leaves them at a probability of one half.
        rate: Share of clean documents that may be called unsafe, above 0 and below 1.
        table: State of a table of a lake that the Parquet is a copy of, for the card; None: of none.

    Returns:
        The card, as text for the terminal.

    Raises:
        SettingsError: The rate is no share.
        InputError: The table cannot be trained on, or the run not calibrated on.
    """
    if not 0.0 < rate < 1.0:
        raise SettingsError(f"--false-alarms {rate:g} is no share: give one such as 0.005")
    folder = checked_output(output)
    labelled, model = train_linear_model(given, columns, "safety", table)
    facts = dict(model.card.training)
    if clean_run is not None:
        sample = CleanSample.scored(clean_run, model)
        found = sample.thresholds(rate)
        margins = {code: threshold.margin for code, threshold in found.items()}
        facts["alarms"] = _alarm_facts(sample, found, rate, model, labelled)
        card = dataclasses.replace(model.card, alarm_margins=margins, training=facts)
        model = dataclasses.replace(model, card=card)
    save_model(model, emptied(folder))
    return write_card(folder, "safety", labelled, {"linear": facts})


def _alarm_facts(
    sample: CleanSample,
    found: Mapping[str, AlarmThreshold],
    rate: float,
    model: LinearModel,
    labelled: LabelledTexts,
) -> dict[str, Any]:
    """What the card says of the thresholds, with the recall that they leave on the test."""
    part, margins = labelled.split.test, model.margins(labelled.texts)
    offsets = {code: threshold.margin for code, threshold in found.items()}
    alarm = margins > alarm_offsets(offsets, labelled.languages)
    facts: dict[str, Any] = {"run": sample.run, "rate": rate, "languages": {}}
    for code, threshold in found.items():
        unsafe = part & (labelled.languages == code) & (labelled.labels >= 0.5)
        probability = model.from_margins(np.array([threshold.margin]))[0]
        facts["languages"][code] = {
            "documents": threshold.documents,
            "alarms": threshold.alarms,
            "probability": float(probability),
            "unsafe_tested": int(unsafe.sum()),
            "unsafe_found": int((unsafe & alarm).sum()),
            "highest": [
                {"id": row["id"], "beginning": row["beginning"]} for row in sample.highest(code)
            ],
        }
    return facts


def train_safety_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill train-safety` with the model's card."""
    columns = LabelledColumns(
        arguments.text_column,
        arguments.label_column,
        arguments.group_column,
        arguments.language_column,
    )
    with fetched_tables(arguments) as tables:
        return train_safety(
            arguments.labelled,
            arguments.output,
            columns,
            arguments.calibrate_on,
            arguments.false_alarms,
            *tables,
        )


if __name__ == "__main__":  # spark-submit jobs/train_safety.py
    from jobs.train_safety import (
        train_safety_command,  # what Spark ships must not belong to __main__
    )

    sys.exit(run("train-safety", train_safety_command))

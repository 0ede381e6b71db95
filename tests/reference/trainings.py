"""Trainings of seconds for tests: a model of a few thousand weights on some hundred short documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from jobs.ablation.packed_training import beginnings, held_out_rows, token_text
from jobs.models.reference.machine import Machine
from jobs.models.reference.row_stream import RowStream
from jobs.models.reference.run_log import LOG_NAME, read_log
from jobs.models.reference.settings import ModelShape, TrainingSettings
from jobs.models.reference.training import Pace, Trainer, TrainingData
from jobs.packing.opened_rows import open_rows

CPU = Machine(torch.device("cpu"), 0, 1, 1e9, "a test")
SETTINGS = TrainingSettings(ModelShape(32, 2, 2), steps=12, batch_rows=8, learning_rate=3e-3)
PACE = Pace(rows_at_once=8, evaluate_every=4, sample_every=6, checkpoint_every=4, sample_tokens=5)


def training_data(folder: Path) -> TrainingData:
    rows = open_rows(str(folder))
    stream = RowStream(rows.paths("train"))
    held_out = held_out_rows(rows, 1 << 20)
    text = token_text(rows.tokeniser(None), stream.facts["eos_id"])
    begun = beginnings(held_out)[:1]
    return TrainingData(stream, rows.manifest.fingerprint, held_out, text, begun)


def trainer(
    packed: Path, output: Path, *, pace: Pace = PACE, machine: Machine = CPU, **changed: Any
) -> Trainer:
    output.mkdir(exist_ok=True)
    settings = replace(SETTINGS, **changed)
    return Trainer(training_data(packed), settings, pace, output, machine, lambda _: None)


def losses(output: Path, key: str = "loss") -> list[float]:
    return [line[key] for line in read_log(output / LOG_NAME) if key in line]


def trained(packed: Path, output: Path, **given: Any) -> list[float]:
    trainer(packed, output, **given).run()
    return losses(output)


def greatest_difference(some: Sequence[float], others: Sequence[float]) -> float:
    return max(abs(one - other) for one, other in zip(some, others, strict=True))

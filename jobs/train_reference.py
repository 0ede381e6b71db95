"""packed/ → a small model: its log, curve, samples, a checkpoint; with --score a run as the model sees it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from jobs.ablation.packed_training import (
    output_folder,
    training_data,
    training_pace,
    training_settings,
)
from jobs.ablation.run_scoring import document_scorer, write_scores
from jobs.ablation.scored_documents import Sample, choose_documents
from jobs.command.running import run
from jobs.inspection.run_tables import RunTables
from jobs.models.reference.row_stream import RowStream
from jobs.models.reference.run_log import LOG_NAME, read_log
from jobs.models.reference.settings import SIZES
from jobs.models.reference.torch_requirement import require_torch
from jobs.packing.opened_rows import open_rows
from jobs.packing.row_files import TRAIN
from jobs.runtime.contract.progress import Reporter


def train_reference_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill train-reference` with the last losses; processes behind the first say nothing."""
    require_torch()
    from jobs.models.reference.machine import machine
    from jobs.models.reference.training import Trainer

    folder = output_folder(arguments.output)
    size = SIZES[arguments.size]
    rows = open_rows(arguments.packed)
    stream = RowStream(rows.paths(TRAIN))
    settings = training_settings(arguments, size, stream)
    data = training_data(rows, stream, size, arguments.tokenizer, arguments.prompt)
    pace = training_pace(arguments, settings, stream.length)
    # A run that cannot be scored is told before hours of training.
    sample = _sample(arguments)
    with machine(arguments.device) as here:
        reporter = Reporter(quiet=arguments.quiet or here.rank > 0)
        trainer = Trainer(data, settings, pace, folder, here, reporter.note)
        trainer.run()
        if here.rank > 0:
            return None
        told = [_summary(folder)]
        if sample is not None:
            scorer = document_scorer(trainer, data, rows, settings, here, reporter.note)
            told += write_scores(folder, arguments, scorer, settings, sample)
        return "\n".join(told)


def _sample(arguments: argparse.Namespace) -> Sample | None:
    if arguments.score is None:
        return None
    return choose_documents(RunTables(arguments.score), arguments.score_documents)


def _summary(folder: Path) -> str:
    lines = list(read_log(folder / LOG_NAME))
    steps = [line for line in lines if "loss" in line]
    last = steps[-1]
    text = f"{folder}: {last['step']:,} steps, {last['tokens']:,} tokens, loss {last['loss']:.3f}"
    measured = [line for line in lines if "bits_a_byte" in line]
    if measured:
        text += (
            f", held out {measured[-1]['held_out_loss']:.3f} nats a token, "
            f"{measured[-1]['bits_a_byte']:.3f} bits a byte"
        )
    return text


if __name__ == "__main__":  # torchrun jobs/train_reference.py
    sys.exit(run("train-reference", train_reference_command))

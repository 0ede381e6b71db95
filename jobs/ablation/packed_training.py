"""What a training takes from packed rows and from the command's words."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jobs.models.reference.row_stream import PackedRow, RowStream
from jobs.models.reference.settings import Size, TrainingSettings
from jobs.models.reference.token_text import TokenText
from jobs.packing.opened_rows import OpenedRows
from jobs.packing.row_files import VALIDATION
from jobs.runtime.errors import InputError, SettingsError
from udfs.trainer_files.tokenising.engines import EngineName, load_decoder, load_engine
from udfs.trainer_files.tokenising.token_bytes import token_byte_lengths
from udfs.trainer_files.tokenising.tokeniser_file import TokeniserFile

if TYPE_CHECKING:
    from jobs.models.reference.training import Pace, TrainingData

EVALUATED_BATCHES: Final = 8
PROMPTS, PROMPT_TOKENS = 3, 8
TOKENS_AT_ONCE: Final = 16_384
# How often a training tells, over its whole length.
EVALUATIONS, SAMPLINGS, CHECKPOINTS = 20, 5, 10


def output_folder(output: str) -> Path:
    """Return the folder of a training, made where it is missing.

    Raises:
        InputError: It is no local folder.
    """
    if "://" in output:
        raise InputError(f"{output} is no local folder: give one, and copy the files from there")
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def training_settings(
    arguments: argparse.Namespace, size: Size, stream: RowStream
) -> TrainingSettings:
    """Return the settings that the command's words ask for; by default a pass over all rows.

    Raises:
        SettingsError: One is out of its range.
    """
    rate = arguments.learning_rate
    batch = arguments.batch_rows or max(1, size.batch_tokens // stream.length)
    try:
        return TrainingSettings(
            shape=size.shape,
            steps=arguments.steps or max(1, stream.rows // batch),
            batch_rows=batch,
            learning_rate=size.learning_rate if rate is None else rate,
            schedule=arguments.schedule,
            mask=arguments.mask,
            bias=arguments.mask_bias,
            seed=arguments.seed,
        )
    except ValueError as error:
        raise SettingsError(str(error)) from error


def training_pace(arguments: argparse.Namespace, settings: TrainingSettings, length: int) -> Pace:
    """Return how often a training tells; micro-batches divide the batch."""
    from jobs.models.reference.training import Pace

    most = max(1, TOKENS_AT_ONCE // length)
    steps = settings.steps
    return Pace(
        rows_at_once=arguments.rows_at_once or dividing(settings.batch_rows, most),
        evaluate_every=arguments.evaluate_every or max(1, steps // EVALUATIONS),
        sample_every=arguments.sample_every or max(1, steps // SAMPLINGS),
        checkpoint_every=arguments.checkpoint_every or max(1, steps // CHECKPOINTS),
        compiled=arguments.compile,
    )


def dividing(number: int, most: int) -> int:
    """Return the largest divisor of a number that is at most another."""
    return next(part for part in range(min(number, most), 0, -1) if number % part == 0)


def training_data(
    rows: OpenedRows, stream: RowStream, size: Size, tokeniser: str | None, prompts: Sequence[str]
) -> TrainingData:
    """Return rows, held-out rows and prompts of a training.

    Args:
        rows: What was packed.
        stream: Its rows to train on.
        size: Of the model; eight of its batches are held out at most.
        tokeniser: File of the rows' tokeniser; None for the one that the rows name.
        prompts: Texts that samples begin with; none means beginnings of held-out documents.
    """
    from jobs.models.reference.training import TrainingData

    held_out = held_out_rows(rows, EVALUATED_BATCHES * size.batch_tokens)
    text = token_text(rows.tokeniser(tokeniser), stream.facts["eos_id"])
    begun = [text.encode(prompt) for prompt in prompts] or beginnings(held_out or stream.in_order())
    return TrainingData(stream, rows.manifest.fingerprint, held_out, text, begun)


def held_out_rows(rows: OpenedRows, tokens: int) -> list[PackedRow]:
    """Return rows that were kept apart, as many as have some tokens."""
    paths = rows.paths(VALIDATION)
    if not paths:
        return []
    stream = RowStream(paths)
    return list(itertools.islice(stream.in_order(), max(1, tokens // stream.length)))


def token_text(file: TokeniserFile, eos: int | None) -> TokenText:
    """Return a tokeniser as a training needs it."""
    name: EngineName = "sentencepiece" if file.kind == "sentencepiece" else "tokenizers"
    engine = load_engine(file, name, special_tokens_in_text=False)
    return TokenText(
        lambda text: engine.encode([text]).ids.tolist(),
        load_decoder(file),
        token_byte_lengths(file),
        eos,
    )


def beginnings(rows: Iterable[PackedRow]) -> list[list[int]]:
    """Return the first tokens of the first documents that have more of them."""
    found: list[list[int]] = []
    for row in rows:
        start = 0
        for length, continued in zip(row.segment_lengths, row.continued, strict=True):
            if not continued and length > PROMPT_TOKENS:
                found.append(row.ids[start : start + PROMPT_TOKENS].tolist())
            if len(found) == PROMPTS:
                return found
            start += length
    return found

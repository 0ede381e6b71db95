"""The same training on each arm and seed, and what its model makes of held-out text and of prompts."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.ablation.arms import Arm
from jobs.ablation.memorised_text import recited_shares
from jobs.ablation.packed_training import training_pace
from jobs.models.reference.row_stream import PackedRow, RowStream
from jobs.models.reference.settings import TrainingSettings
from jobs.models.reference.token_text import TokenText

if TYPE_CHECKING:
    from jobs.models.reference.evaluation import SegmentLosses
    from jobs.models.reference.machine import Machine
    from jobs.models.reference.training import Trainer

CONTINUATION_TOKENS: Final = 100


class Measured(NamedTuple):
    """What one training's model makes of texts.

    Attributes:
        nats: float64[segments]; of each held-out segment.
        continuations: What it wrote on from each prompt, once for each seed of a continuation.
        written: The same as ids, one behind the other.
        said_again: float64[phrases]; nats of each phrase right behind itself. The less, the sooner
            the model loops.
        recited: float64[segments]; how far it writes on each held-out segment word for word.
        recited_own: float64[segments]; the same of segments that it was trained on, as many rows of them.
    """

    nats: npt.NDArray[np.float64]
    continuations: list[list[str]]
    written: list[list[int]]
    said_again: npt.NDArray[np.float64]
    recited: npt.NDArray[np.float64]
    recited_own: npt.NDArray[np.float64]


@dataclass(frozen=True)
class ArmTrainings:
    """Trainings that differ in their corpus and seed alone.

    Attributes:
        settings: Of all of them; the seed is set for each.
        held_out: Rows to measure on.
        text: The tokeniser.
        prompts: Ids that models write on from.
        phrases: Ids of phrases that models may say again and again; twice each fits a row.
        arguments: The command's words: how often a training tells, seeds, continuations, device.
        folder: Of all trainings; each has its own below ARM/seed-N.
        note: Says how far a training is.
    """

    settings: TrainingSettings
    held_out: Sequence[PackedRow]
    text: TokenText
    prompts: Sequence[Sequence[int]]
    phrases: Sequence[Sequence[int]]
    arguments: argparse.Namespace
    folder: Path
    note: Callable[[str], None]

    def run(self, arms: Sequence[Arm]) -> dict[str, list[Measured]]:
        """Train each arm with each seed; finished trainings are read again.

        Returns:
            Arm's name → its models, by seed.
        """
        from jobs.models.reference.machine import machine

        measured: dict[str, list[Measured]] = {arm.name: [] for arm in arms}
        with machine(self.arguments.device) as here:
            for seed, arm in itertools.product(range(self.arguments.seeds), arms):
                trainer = self._trainer(arm, seed, here)
                trainer.run()
                measured[arm.name].append(self._measured(trainer, here, arm.stream))
        return measured

    def _trainer(self, arm: Arm, seed: int, here: Machine) -> Trainer:
        from jobs.models.reference.training import Trainer, TrainingData

        data = TrainingData(
            arm.stream, arm.rows.manifest.fingerprint, self.held_out, self.text, self.prompts
        )
        settings = replace(self.settings, seed=seed)
        pace = training_pace(self.arguments, settings, arm.stream.length)
        place = self.folder / arm.name / f"seed-{seed}"
        place.mkdir(parents=True, exist_ok=True)

        def note(line: str) -> None:
            self.note(f"{arm.name}, seed {seed}: {line}")

        return Trainer(data, settings, pace, place, here, note)

    def _measured(self, trainer: Trainer, here: Machine, stream: RowStream) -> Measured:
        from jobs.models.reference.evaluation import segment_losses
        from jobs.models.reference.sampling import continued

        length = stream.length
        at_once = training_pace(self.arguments, self.settings, length).rows_at_once

        def losses(rows: Sequence[PackedRow]) -> SegmentLosses:
            return segment_losses(trainer.model, rows, self.settings, here, length, at_once)

        held_out = losses(self.held_out)
        # The same rows of an arm for every seed.
        own = losses(list(itertools.islice(stream.shuffled(0), len(self.held_out))))
        seeds = range(self.arguments.continuations)
        written = []
        for prompt in self.prompts:
            tokens = min(CONTINUATION_TOKENS, length - len(prompt))
            written.append(
                continued(trainer.model, prompt, seeds, here, tokens=tokens, eos=self.text.eos)
            )
        # Once more less once: what the second time costs behind the first.
        rows = [row_of(ids, times) for ids in self.phrases for times in (2, 1)]
        said = losses(rows).nats if rows else np.empty(0)
        return Measured(
            held_out.nats,
            [[self.text.decode(ids) for ids in found] for found in written],
            [ids for found in written for ids in found],
            said[::2] - said[1::2],
            recited_shares(held_out.hits, length),
            recited_shares(own.hits, length),
        )


def row_of(ids: Sequence[int], times: int) -> PackedRow:
    """Return a row that holds some ids several times, as one document."""
    tokens = np.array([*ids] * times, np.int32)
    return PackedRow(tokens, np.array([len(tokens)], np.int32), 0, [0], np.zeros(1, np.bool_))

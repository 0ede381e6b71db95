"""The loop: rows in; a model, log, curve and samples out. After a kill it goes on from its checkpoint."""

from __future__ import annotations

import itertools
import json
import math
import os
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
import torch.distributed
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel

from jobs.models.reference.attention import segment_mask
from jobs.models.reference.decoder import Decoder
from jobs.models.reference.evaluation import segment_losses
from jobs.models.reference.loss_curve import loss_curve
from jobs.models.reference.machine import Machine
from jobs.models.reference.row_stream import PackedRow, RowStream
from jobs.models.reference.row_tensors import row_tensors
from jobs.models.reference.run_log import LOG_NAME, SAMPLES_NAME, StepLog, read_log
from jobs.models.reference.sampling import continued
from jobs.models.reference.schedules import learning_rate
from jobs.models.reference.settings import GPU_MASKS, TrainingSettings
from jobs.models.reference.token_text import TokenText, bits_a_byte, predicted_bytes
from jobs.runtime.errors import SettingsError
from udfs.trainer_files.packing.boundaries import IGNORED_LABEL

CARD_NAME: Final = "reference.json"
CHECKPOINT_NAME: Final = "checkpoint.pt"
CURVE_NAME: Final = "curve.svg"


@dataclass(frozen=True)
class Pace:
    """What changes how a training goes, and not what comes of it.

    Attributes:
        rows_at_once: Rows of a micro-batch in each process; gradients of a batch are added up.
        evaluate_every: Steps between losses on held-out rows; the last step has one, too.
        sample_every: Steps between samples; the last step has some, too.
        checkpoint_every: Steps between checkpoints; the last step has one, too.
        sample_tokens: Most tokens of a sample.
        compiled: The model is compiled, which pays on a GPU.
    """

    rows_at_once: int
    evaluate_every: int
    sample_every: int
    checkpoint_every: int
    sample_tokens: int = 100
    compiled: bool = False


@dataclass(frozen=True)
class TrainingData:
    """What is trained and measured on.

    Attributes:
        stream: Rows to train on.
        fingerprint: Of the packed rows.
        held_out: Rows to measure the loss on; none where nothing was kept apart.
        text: Their tokeniser.
        prompts: Ids that samples begin with.
    """

    stream: RowStream
    fingerprint: str
    held_out: Sequence[PackedRow]
    text: TokenText
    prompts: Sequence[Sequence[int]]


class Trainer:
    """One process of a training; the first one writes what the folder holds."""

    def __init__(
        self,
        data: TrainingData,
        settings: TrainingSettings,
        pace: Pace,
        folder: Path,
        machine: Machine,
        note: Callable[[str], None],
    ) -> None:
        """Make the model, or read where an earlier process left it.

        Raises:
            SettingsError: The batch does not divide among processes and micro-batches, the mask needs
                a GPU, or the folder holds a training of other rows or settings.
        """
        self._data, self._settings, self._pace = data, settings, pace
        self._folder, self._machine, self._note = folder, machine, note
        at_once = pace.rows_at_once * machine.processes
        if settings.batch_rows % at_once:
            raise SettingsError(
                f"a batch of {settings.batch_rows} rows does not divide into {machine.processes} processes "
                f"of {pace.rows_at_once} rows at once: give a multiple of {at_once}, or other --rows-at-once"
            )
        if settings.mask in GPU_MASKS and not machine.on_gpu:
            raise SettingsError(
                f"--mask {settings.mask} has no backward pass on a CPU: take boolean, or a GPU"
            )
        torch.manual_seed(settings.seed)
        vocabulary = data.stream.vocabulary
        self.model = Decoder(settings.shape, vocabulary).to(machine.device)
        self._optimiser = optimiser(self.model, settings, machine)
        self._flops = settings.shape.flops_a_token(vocabulary, data.stream.length)
        self.step = 0
        if machine.rank == 0:
            self._write_card()
        self._resume()
        self._parallel = DistributedDataParallel(self.model) if machine.processes > 1 else None
        forward = self._parallel or self.model
        self._forward: Any = torch.compile(forward) if pace.compiled else forward
        if machine.rank == 0:
            self._log = StepLog(folder / LOG_NAME, self.step)
            self._samples = StepLog(folder / SAMPLES_NAME, self.step)

    def run(self) -> None:
        """Train to the last step."""
        settings = self._settings
        rows = self._data.stream.shuffled(settings.seed, self.step * settings.batch_rows)
        while self.step < settings.steps:
            started = time.perf_counter()
            facts = self._update(list(itertools.islice(rows, settings.batch_rows)))
            self.step += 1
            if self._machine.rank == 0:
                seconds = time.perf_counter() - started
                self._tell(facts, settings.batch_rows * self._data.stream.length / seconds)

    def _update(self, rows: Sequence[PackedRow]) -> dict[str, float]:
        """One step over a batch, of which this process takes its share, micro-batch by micro-batch."""
        machine, at_once = self._machine, self._pace.rows_at_once
        rate = learning_rate(self.step, self._settings)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        # The mean is over all tokens of the batch: a mean of micro-batches' means would weigh a token
        # by how much padding it happens to lie beside.
        predicted = sum(row.predicted for row in rows)
        own = rows[machine.rank :: machine.processes]
        total = torch.zeros((), device=machine.device)
        for start in range(0, len(own), at_once):
            with self._synchronised(last=start + at_once >= len(own)):
                loss = self._loss(own[start : start + at_once])
                # Processes' gradients are averaged, and a sum is wanted.
                (loss * (machine.processes / max(1, predicted))).backward()
            total += loss.detach()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self._settings.clip)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        if machine.processes > 1:
            torch.distributed.all_reduce(total)
        return {
            "loss": float(total) / max(1, predicted),
            "learning_rate": rate,
            "gradient_norm": float(norm),
        }

    def _loss(self, rows: Sequence[PackedRow]) -> torch.Tensor:
        """Sum of the losses of all predicted tokens."""
        tensors = row_tensors(rows, self._data.stream.length, self._machine.device)
        mask = segment_mask(self._settings.mask, tensors.segments, self._settings.bias)
        with self._machine.computing():
            scores = self._forward(tensors.ids, tensors.positions, mask)
        return cross_entropy(
            scores.flatten(0, 1).float(),
            tensors.labels.flatten(),
            ignore_index=IGNORED_LABEL,
            reduction="sum",
        )

    def _synchronised(self, *, last: bool) -> AbstractContextManager[Any]:
        if last or self._parallel is None:
            return nullcontext()
        context: AbstractContextManager[Any] = self._parallel.no_sync()
        return context

    def _tell(self, facts: dict[str, float], speed: float) -> None:
        """Write what a step gave, and at its turn the held-out loss, samples and a checkpoint."""
        pace, settings = self._pace, self._settings
        self._log.write(
            step=self.step,
            tokens=self.step * settings.batch_rows * self._data.stream.length,
            tokens_a_second=round(speed, 1),
            share_of_peak=round(speed * self._flops / self._machine.peak_flops, 4),
            **facts,
        )
        last = self.step == settings.steps
        if self._data.held_out and (last or self.step % pace.evaluate_every == 0):
            self._evaluate(facts["loss"], speed)
        if last or self.step % pace.sample_every == 0:
            self._sample()
        if last or self.step % pace.checkpoint_every == 0:
            self._save()

    def _evaluate(self, loss: float, speed: float) -> None:
        found = held_out_loss(self.model, self._data, self._settings, self._machine, self._pace)
        self._log.write(step=self.step, **found)
        self._note(
            f"step {self.step:,} of {self._settings.steps:,}: loss {loss:.3f}, held out "
            f"{found['held_out_loss']:.3f} ({found['bits_a_byte']:.3f} bits a byte), {speed:,.0f} tokens/s"
        )

    def _sample(self) -> None:
        data = self._data
        for prompt in data.prompts:
            room = min(self._pace.sample_tokens, data.stream.length - len(prompt))
            (ids,) = continued(
                self.model, prompt, [self._settings.seed], self._machine,
                tokens=room, eos=data.text.eos,
            )  # fmt: skip
            self._samples.write(
                step=self.step, prompt=data.text.decode(prompt), text=data.text.decode(ids)
            )

    def _save(self) -> None:
        path = self._folder / CHECKPOINT_NAME
        state = {
            "step": self.step,
            "model": self.model.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }
        torch.save(state, path.with_suffix(".tmp"))
        os.replace(path.with_suffix(".tmp"), path)
        curve = loss_curve({"": list(read_log(self._folder / LOG_NAME))})
        (self._folder / CURVE_NAME).write_text(curve, "utf-8")

    def _resume(self) -> None:
        path = self._folder / CHECKPOINT_NAME
        if not path.exists():
            return
        state = torch.load(path, map_location=self._machine.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]
        self._note(f"goes on behind step {self.step:,}")

    def _write_card(self) -> None:
        settings = {key: _plain(value) for key, value in asdict(self._settings).items()}
        identity = {"rows": self._data.fingerprint, **self._data.stream.facts, **settings}
        path = self._folder / CARD_NAME
        if path.exists():
            former = json.loads(path.read_text("utf-8"))["identity"]
            for key, value in identity.items():
                if former.get(key) != value:
                    raise SettingsError(
                        f"{self._folder} holds a training with {key} {former.get(key)}, and {value} is "
                        "wanted: give a new folder, or the same settings to go on"
                    )
            return
        card = {
            "identity": identity,
            "parameters": self._settings.shape.parameters(self._data.stream.vocabulary),
            "flops_a_token": self._flops,
            "device": str(self._machine.device),
            "processes": self._machine.processes,
            "peak_flops": self._machine.peak_flops,
            "peak_from": self._machine.peak_from,
            "torch": torch.__version__,
        }
        path.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _plain(value: Any) -> Any:
    """As JSON gives it back: lists for tuples, a word for infinity, which JSON does not know."""
    if isinstance(value, tuple):
        return list(value)
    return "infinite" if value == math.inf else value


def optimiser(model: Decoder, settings: TrainingSettings, machine: Machine) -> torch.optim.AdamW:
    """Return AdamW with weight decay on matrices only."""
    weights = list(model.parameters())
    groups = [
        {
            "params": [one for one in weights if one.dim() > 1],
            "weight_decay": settings.weight_decay,
        },
        {"params": [one for one in weights if one.dim() == 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        groups, settings.learning_rate, betas=settings.betas, fused=machine.on_gpu
    )


def held_out_loss(
    model: Decoder, data: TrainingData, settings: TrainingSettings, machine: Machine, pace: Pace
) -> dict[str, float]:
    """Return ``held_out_loss`` (nats a predicted token) and ``bits_a_byte`` of the held-out rows."""
    losses = segment_losses(
        model, data.held_out, settings, machine, data.stream.length, pace.rows_at_once
    )
    nats = float(losses.nats.sum())
    size = sum(int(predicted_bytes(row, data.text.byte_lengths).sum()) for row in data.held_out)
    return {
        "held_out_loss": nats / max(1, int(losses.tokens.sum())),
        "bits_a_byte": bits_a_byte(nats, max(1, size)),
    }

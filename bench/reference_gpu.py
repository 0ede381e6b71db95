"""`python -m bench.reference_gpu`: the reference model's speed, the cost of packed rows, masks compared.

On a GPU 110 M weights, compiled, in some minutes; on a CPU, which it says, the tiny model by the same parts.
A plain loop (random ids that lie ready, causal attention) stands beside the trainer's own path: rows from
Parquet, positions, labels and masks. All ways take turns, so that a busy machine slows them alike.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.measuring import print_result
from jobs.models.reference.row_stream import RowStream
from jobs.models.reference.settings import SIZES, Size, TrainingSettings
from udfs.trainer_files.packing.document_pieces import place_documents
from udfs.trainer_files.packing.token_rows import METADATA_KEY, RowLayout, build_rows

VOCABULARY, EOS = 4_096, 0
MEDIAN_LENGTH, SIGMA = 400, 1.2  # tokens of a document, log-normal


class Work(NamedTuple):
    """What is measured on a kind of machine."""

    size: Size
    lengths: tuple[int, ...]
    tokens_at_once: int
    rounds: int
    masks: tuple[str, ...]
    vocabulary: int


CPU = Work(
    SIZES["tiny"], (256, 1_024, 2_048), 8_192, 5, ("causal", "boolean", "additive"), VOCABULARY
)
# One length: five ways to compile take most of the eight minutes that a borrowed GPU is given.
GPU = Work(SIZES["110m"], (2_048,), 32_768, 20, ("causal", "boolean", "flex", "varlen"), 32_768)


def packed_rows(folder: Path, length: int, tokens: int, vocabulary: int) -> RowStream:
    """Documents of log-normal lengths, packed by best fit and written as `corpusmill pack` writes them."""
    random = np.random.default_rng(0)
    lengths = np.maximum(2, random.lognormal(np.log(MEDIAN_LENGTH), SIGMA, tokens // MEDIAN_LENGTH))
    offsets = np.append(0, np.cumsum(lengths.astype(np.int64)))
    ids = random.integers(1, vocabulary, offsets[-1]).astype(np.int32)
    ids[offsets[1:] - 1] = EOS
    units = np.zeros(len(lengths), np.int64)
    pieces = place_documents("best-fit", offsets, units, length, 0)
    rows = build_rows(
        ids, offsets, pa.array(np.arange(len(lengths))), pieces, RowLayout(length, EOS)
    )
    facts = {"tokenizer_sha256": "", "vocabulary_size": vocabulary, "length": length, "eos_id": EOS}
    table = rows.replace_schema_metadata({METADATA_KEY: json.dumps(facts).encode()})
    path = folder / f"rows-{length}.parquet"
    pq.write_table(table, path, compression="zstd", use_dictionary=False)
    return RowStream([str(path)])


class Step:
    """A model and its optimiser, and one step of them over a batch that some way prepares."""

    def __init__(self, work: Work, length: int, machine: Any, *, compiled: bool) -> None:
        import torch

        from jobs.models.reference.decoder import Decoder
        from jobs.models.reference.training import optimiser

        torch.manual_seed(0)
        self._machine = machine
        self.rows = max(1, work.tokens_at_once // length)
        settings = TrainingSettings(work.size.shape, 1, self.rows, work.size.learning_rate)
        self._model = Decoder(work.size.shape, work.vocabulary).to(machine.device)
        self._optimiser = optimiser(self._model, settings, machine)
        self._forward = torch.compile(self._model) if compiled else self._model

    def __call__(self, ids: Any, positions: Any, labels: Any, mask: Any) -> float:
        """Train once; return the loss, for which the device is waited for."""
        import torch
        from torch.nn.functional import cross_entropy

        with self._machine.computing():
            scores = self._forward(ids, positions, mask)
        loss = cross_entropy(scores.flatten(0, 1).float(), labels.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), 1.0)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        return float(loss.detach())


def plain_batches(work: Work, rows: int, length: int, device: Any) -> Callable[[], tuple[Any, ...]]:
    """Random ids that lie ready, as loops of demonstrations have them."""
    import torch

    torch.manual_seed(1)
    ids = torch.randint(0, work.vocabulary, (rows, length), device=device)
    positions = torch.arange(length, device=device).expand_as(ids)
    return lambda: (ids, positions, ids.roll(-1, 1), None)


def own_batches(
    stream: RowStream, kind: str, rows: int, device: Any
) -> Callable[[], tuple[Any, ...]]:
    """The trainer's own: rows from Parquet, positions, labels, a mask."""
    from jobs.models.reference.attention import segment_mask
    from jobs.models.reference.row_tensors import row_tensors

    source = stream.shuffled(0)

    def batch() -> tuple[Any, ...]:
        tensors = row_tensors(list(itertools.islice(source, rows)), stream.length, device)
        mask = segment_mask(kind, tensors.segments)
        return tensors.ids, tensors.positions, tensors.labels, mask

    return batch


def measure(work: Work, machine: Any, folder: Path, *, compiled: bool) -> Iterator[dict[str, Any]]:
    """Yield tokens a second of each way at each length."""
    import torch

    for length in work.lengths:
        # Every way has a graph of its own, and behind the eighth the compiler gives up without a word.
        torch.compiler.reset()
        tokens = work.tokens_at_once * (work.rounds + 3) * 2
        stream = packed_rows(folder, length, tokens, work.vocabulary)
        step = Step(work, length, machine, compiled=compiled)
        ways = {"plain loop": plain_batches(work, step.rows, length, machine.device)}
        ways |= {
            f"packed rows, {kind}": own_batches(stream, kind, step.rows, machine.device)
            for kind in work.masks
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(work.rounds + 1):
            for name, batch in ways.items():
                started = time.perf_counter(), time.process_time()
                step(*batch())
                if turn:  # the first one compiles
                    took = time.perf_counter() - started[0], time.process_time() - started[1]
                    # A shared machine's clock tells of its other users; a GPU's work is on no CPU's clock.
                    seconds[name].append(took[0] if machine.on_gpu else took[1])
        plain = statistics.median(seconds["plain loop"])
        flops = work.size.shape.flops_a_token(work.vocabulary, length)
        for name, found in seconds.items():
            middle = statistics.median(found)
            speed = step.rows * length / middle
            yield {
                "workload": f"rows of {length}",
                "system": name,
                "tokens_a_second": round(speed),
                # Processor time says nothing of a peak that was measured by the clock.
                "share_of_peak": round(speed * flops / machine.peak_flops, 3)
                if machine.on_gpu
                else None,
                "of_the_plain_loops_time": round(middle / plain, 3),
            }


def main() -> None:
    from jobs.models.reference.machine import machine

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, metavar="N", help="steps of each way and length")
    parser.add_argument("--length", type=int, action="append", help="of rows; may be repeated")
    arguments = parser.parse_args()
    with machine() as here, tempfile.TemporaryDirectory() as folder:
        work = GPU if here.on_gpu else CPU
        if not here.on_gpu:
            print(
                "no GPU here: the tiny model by the same parts on the CPU, in processor time",
                flush=True,
            )
        work = work._replace(
            rounds=arguments.rounds or work.rounds,
            lengths=tuple(arguments.length or work.lengths),
        )
        for line in measure(work, here, Path(folder), compiled=here.on_gpu):
            tokens = work.tokens_at_once * work.rounds
            facts = {key: value for key, value in line.items() if key not in ("workload", "system")}
            print_result(
                line["workload"], line["system"], work.rounds, tokens,
                parameters=work.size.shape.parameters(work.vocabulary), peak_from=here.peak_from, **facts,
            )  # fmt: skip


if __name__ == "__main__":
    main()

"""What a model makes of rows that it was not trained on: loss by segment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cross_entropy

from jobs.models.reference.attention import segment_mask
from jobs.models.reference.decoder import Decoder
from jobs.models.reference.machine import Machine
from jobs.models.reference.row_stream import PackedRow
from jobs.models.reference.row_tensors import row_tensors
from jobs.models.reference.settings import TrainingSettings
from udfs.trainer_files.packing.boundaries import IGNORED_LABEL


class SegmentLosses(NamedTuple):
    """Losses of the segments of some rows, in their order.

    Attributes:
        nats: float64[segments]; minus the natural logarithm of the probability of what was predicted.
        tokens: int64[segments]; tokens predicted.
        hits: bool[tokens] of each segment; what was predicted was the likeliest.
    """

    nats: npt.NDArray[np.float64]
    tokens: npt.NDArray[np.int64]
    hits: list[npt.NDArray[np.bool_]]


def segment_losses(
    model: Decoder,
    rows: Sequence[PackedRow],
    settings: TrainingSettings,
    machine: Machine,
    length: int,
    rows_at_once: int,
) -> SegmentLosses:
    """Score rows; documents never see each other, however the model was trained."""
    kind = "boolean" if settings.mask == "causal" else settings.mask
    nats: list[npt.NDArray[np.float64]] = []
    hits: list[npt.NDArray[np.bool_]] = []
    with torch.no_grad():
        for start in range(0, len(rows), rows_at_once):
            part = rows[start : start + rows_at_once]
            tensors = row_tensors(part, length, machine.device)
            mask = segment_mask(kind, tensors.segments, settings.bias)
            with machine.computing():
                scores = model(tensors.ids, tensors.positions, mask)
            found = cross_entropy(
                scores.flatten(0, 1).float(),
                tensors.labels.flatten(),
                ignore_index=IGNORED_LABEL,
                reduction="none",
            ).view(tensors.ids.shape)
            nats += [
                np.add.reduceat(one[: row.segment_lengths.sum()], _starts(row))
                for one, row in zip(found.double().cpu().numpy(), part, strict=True)
            ]
            likeliest = (scores.argmax(-1) == tensors.labels).cpu().numpy()
            for one, row in zip(likeliest, part, strict=True):
                # Behind the last token of a segment nothing is predicted.
                pieces = np.split(
                    one[: row.segment_lengths.sum()], np.cumsum(row.segment_lengths)[:-1]
                )
                hits += [piece[:-1] for piece in pieces]
    lengths = np.concatenate([row.segment_lengths for row in rows])
    return SegmentLosses(np.concatenate(nats), lengths.astype(np.int64) - 1, hits)


def _starts(row: PackedRow) -> npt.NDArray[np.int64]:
    return np.cumsum(row.segment_lengths) - row.segment_lengths

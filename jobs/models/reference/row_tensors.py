"""Packed rows as the tensors that a model reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from jobs.models.reference.row_stream import PackedRow
from udfs.trainer_files.packing.boundaries import row_boundaries


class RowTensors(NamedTuple):
    """Rows of one length; each int64[rows, tokens], by the definitions of ``boundaries``."""

    ids: torch.Tensor
    positions: torch.Tensor
    labels: torch.Tensor
    segments: torch.Tensor


def row_tensors(rows: Sequence[PackedRow], length: int, device: torch.device) -> RowTensors:
    """Derive positions, labels and segments.

    Args:
        rows: 1 or more; those packed without padding get it here.
        length: Tokens of each row of the result.
        device: Where the tensors go.
    """
    parts = np.empty((4, len(rows), length), np.int64)
    for place, row in enumerate(rows):
        missing = length - len(row.ids)
        ids = np.append(row.ids, np.zeros(missing, np.int32)) if missing else row.ids
        found = row_boundaries(ids, row.segment_lengths, row.padding + missing)
        parts[:, place] = ids, found.position_ids, found.labels, found.segment_ids
    tensors = torch.from_numpy(parts)
    if device.type == "cuda":
        tensors = tensors.pin_memory().to(device, non_blocking=True)
    return RowTensors(*tensors)

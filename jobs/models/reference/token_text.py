"""A tokeniser as a training needs it: prompts to ids, ids to samples, the bytes that ids stand for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.models.reference.row_stream import PackedRow


class TokenText(NamedTuple):
    """One tokeniser.

    Attributes:
        encode: Text to ids, nothing put around it.
        decode: Ids to text.
        byte_lengths: int64[vocabulary]; bytes of text that each id stands for.
        eos: What ends a document; None where nothing does.
    """

    encode: Callable[[str], list[int]]
    decode: Callable[[Sequence[int]], str]
    byte_lengths: npt.NDArray[np.int64]
    eos: int | None


def predicted_bytes(row: PackedRow, byte_lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return int64[segments]: bytes of the tokens that are predicted, all of a segment but its first."""
    starts = np.cumsum(row.segment_lengths) - row.segment_lengths
    sizes = byte_lengths[row.ids[: row.segment_lengths.sum()]]
    sizes[starts] = 0
    found: npt.NDArray[np.int64] = np.add.reduceat(sizes, starts)
    return found


def bits_a_byte(nats: float, text_bytes: float) -> float:
    """Return a loss as bits a byte of text, which models of any tokeniser can be compared by.

    Args:
        nats: Sum over the predicted tokens, end-of-document tokens included.
        text_bytes: Bytes that those tokens stand for, above 0.
    """
    return nats / math.log(2) / text_bytes

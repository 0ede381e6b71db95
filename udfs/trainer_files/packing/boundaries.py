"""What a trainer derives from a packed row: the one place where positions, labels and masks are defined.

A segment is a document, or a piece of one. A token sees itself and what lies before it in its segment.
Positions restart at 0 in every segment, a piece that continues a document included. The label of a
token is its successor in the segment; the last token of a segment has none, so that no model learns to
guess the beginning of one document from the end of another. EOS is a label; the token behind it is not
predicted from it. Padding is a segment of its own without labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

IGNORED_LABEL: Final = -100
"""What torch's cross entropy leaves out (``ignore_index``) unless it is told otherwise."""


class RowBoundaries(NamedTuple):
    """One row as a model reads it.

    Attributes:
        position_ids: int64[tokens]; 0, 1, 2... anew in every segment and in the padding.
        labels: int64[tokens]; the id to predict from this token, -100 for none. They are shifted
            already: a library that shifts labels itself (transformers) takes ``unshifted_labels``.
        segment_ids: int64[tokens]; number of the segment in the row, the padding's is the last.
        cumulative_lengths: int32[segments + 1]; ``cu_seqlens``: 0 and the end of each segment, the
            padding's included, so that it covers the row.
        longest_segment: ``max_seqlen``.
    """

    position_ids: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    segment_ids: npt.NDArray[np.int64]
    cumulative_lengths: npt.NDArray[np.int32]
    longest_segment: int


def row_boundaries(
    input_ids: Sequence[int] | npt.NDArray[np.int32],
    segment_lengths: Sequence[int] | npt.NDArray[np.int32],
    padding: int,
) -> RowBoundaries:
    """Derive positions, labels and boundaries of one packed row.

    Args:
        input_ids: The row's tokens, padding last.
        segment_lengths: Tokens of each segment.
        padding: Padding tokens.

    Raises:
        ValueError: The lengths do not add up to the row.
    """
    ids = np.asarray(input_ids, np.int64)
    lengths = np.asarray([*segment_lengths, *([padding] if padding else [])], np.int64)
    if lengths.sum() != len(ids):
        raise ValueError(
            f"segments and padding have {lengths.sum()} tokens, but the row has {len(ids)}"
        )
    ends = np.cumsum(lengths)
    segment_ids = np.repeat(np.arange(len(lengths)), lengths)
    position_ids = np.arange(len(ids)) - np.repeat(ends - lengths, lengths)
    labels = np.append(ids[1:], IGNORED_LABEL)[: len(ids)]
    labels[ends - 1] = IGNORED_LABEL
    labels[len(ids) - padding :] = IGNORED_LABEL
    return RowBoundaries(
        position_ids,
        labels,
        segment_ids,
        np.append(0, ends).astype(np.int32),
        int(lengths.max(initial=0)),
    )


def unshifted_labels(boundaries: RowBoundaries) -> npt.NDArray[np.int64]:
    """Return int64[tokens] for libraries that predict token ``i`` from ``i - 1`` themselves.

    The first token of every segment, and all padding, is -100.
    """
    return np.append(IGNORED_LABEL, boundaries.labels[:-1])[: len(boundaries.labels)]

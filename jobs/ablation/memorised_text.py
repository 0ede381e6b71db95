"""What models say word for word of documents: runs in what they write, and how far they can write one on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.models.reference.held_out import GRAM
from jobs.models.reference.row_stream import PackedRow
from udfs.tracing.matching import phrase_places
from udfs.tracing.shared_spans import answer_grams, extend_spans

RECITED: Final = 50
"""Tokens of a document that are given, and of those that must follow (Carlini et al., arXiv 2202.07646)."""
_BEYOND_IDS: Final = 1 << 32


class SharedRuns(NamedTuple):
    """What texts share with rows.

    Attributes:
        shares: float64[texts]; of each text's tokens those in a run of 13 or more that a segment has.
        tokens: int64[texts].
        longest: Ids of the longest run; none where no run has 4.
        document: Id of a document that has it.
    """

    shares: npt.NDArray[np.float64]
    tokens: npt.NDArray[np.int64]
    longest: list[int]
    document: Any

    def share(self, texts: slice) -> float:
        """Return the share of some texts' tokens that lie in runs, 0 where they have no token."""
        covered = float((self.shares * self.tokens)[texts].sum())
        return covered / max(1, int(self.tokens[texts].sum()))


def shared_runs(texts: Sequence[Sequence[int]], rows: Iterable[PackedRow]) -> SharedRuns:
    """Compare texts with all segments of rows by the kernel of `corpusmill trace`, token for token.

    Args:
        texts: Ids of each; their runs are held in memory.
        rows: Read once.
    """
    # A number that no row has stands behind each text, so that no run goes on in the next one.
    parts = [
        np.append(np.asarray(ids, np.uint64), np.uint64(_BEYOND_IDS + number))
        for number, ids in enumerate(texts)
    ]
    joined = np.concatenate([*parts, np.empty(0, np.uint64)])
    answer, lengths = answer_grams(joined), np.zeros(len(joined), np.int64)
    longest, document = joined[:0], None
    for row in rows:
        ids = row.ids[: row.segment_lengths.sum()].astype(np.uint64)
        offsets = np.append(0, np.cumsum(row.segment_lengths)).astype(np.int64)
        extend_spans(answer, ids, offsets, lengths)
        most = int(lengths.max(initial=0))
        if most > len(longest):
            first = int(lengths.argmax())
            longest = joined[first : first + most]
            holders = np.flatnonzero(phrase_places(ids, offsets, longest) >= 0)
            document = row.documents[int(holders[0])]
    covered = _covered(lengths)
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    sizes = np.array([len(ids) for ids in texts], np.int64)
    counts = [
        int(covered[end - size - 1 : end - 1].sum()) for size, end in zip(sizes, ends, strict=True)
    ]
    return SharedRuns(counts / np.maximum(1, sizes), sizes, longest.tolist(), document)


def _covered(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """bool[tokens]: those in a run of 13 or more; only the first token of a run has its length."""
    change = np.zeros(len(lengths) + 1, np.int64)
    begins = np.flatnonzero(lengths >= GRAM)
    np.add.at(change, begins, 1)
    np.add.at(change, begins + lengths[begins], -1)
    return np.cumsum(change[:-1]) > 0


def recited_tokens(length: int) -> int:
    """Return how many tokens of a document are given, and how many wanted: 50, or half a short row."""
    return min(RECITED, length // 2)


def recited_shares(hits: Sequence[npt.NDArray[np.bool_]], length: int) -> npt.NDArray[np.float64]:
    """Return how far each segment is written on word for word by who always takes the likeliest token.

    As long as all tokens were right, the likeliest behind the true ones is the likeliest behind those
    written: one pass over the segment tells what writing it token by token would.

    Args:
        hits: Of each segment bool[tokens - 1]; the likeliest token was the right one.
        length: Of the rows.

    Returns:
        float64[segments], 0 to 1; NaN where a segment has fewer tokens than both.
    """
    part = recited_tokens(length)
    found = np.full(len(hits), np.nan)
    for number, own in enumerate(hits):
        wanted = own[part - 1 : 2 * part - 1]
        if len(wanted) == part:
            found[number] = (part if wanted.all() else int(wanted.argmin())) / part
    return found

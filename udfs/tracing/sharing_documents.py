"""Which documents may share a span with an answer, and how much of it each may hold at most.

A document that holds a span holds the fingerprint of each of its windows. So where it lacks one no span of it
goes over that window: its fingerprints bound its spans before it is read.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.sorted_integers import distinct_integers
from udfs.tracing.fingerprints import GUARANTEED

RARE: Final = 32


class SharingDocuments(NamedTuple):
    """Documents with the same fingerprints of an answer.

    Attributes:
        documents: int64[n], ascending.
        bounds: int64[stretches, 2]; first token, and the one after the last, of each stretch of the answer
            that they may hold: a span of theirs lies in one of them.
    """

    documents: npt.NDArray[np.int64]
    bounds: npt.NDArray[np.int64]

    @property
    def is_rare(self) -> bool:
        """Whether they are so few that they are better read than reasoned about."""
        return len(self.documents) < RARE

    def is_within(self, longest: npt.NDArray[np.int64]) -> bool:
        """Say whether what is known to be shared covers all that they may hold.

        Args:
            longest: int64[tokens of the answer]; of ``shared_spans.extend_spans``.
        """
        reached = np.maximum.accumulate(np.arange(len(longest)) + longest)
        return bool((reached[self.bounds[:, 0]] >= self.bounds[:, 1]).all())


def sharing_documents(
    windows: npt.NDArray[np.int64], postings: Sequence[npt.NDArray[np.int64]]
) -> list[SharingDocuments]:
    """Group documents by the fingerprints that they have of an answer.

    Args:
        windows: Of ``fingerprints.window_fingerprints`` of the answer.
        postings: The documents of each distinct fingerprint, int64 ascending, by fingerprint.

    Returns:
        The groups; no document is in two.
    """
    if not len(windows):
        return []
    numbers = np.searchsorted(distinct_integers(windows), windows)
    which = np.repeat(np.arange(len(postings)), [len(one) for one in postings])
    documents = np.concatenate(postings)
    order = np.argsort(documents, kind="stable")  # the fingerprints of each stay ascending
    documents, which = documents[order], which[order]
    firsts = np.flatnonzero(np.diff(documents, prepend=-1))
    borders = np.append(firsts, len(documents))
    groups: dict[bytes, list[int]] = {}
    for place, (first, stop) in enumerate(itertools.pairwise(borders.tolist())):
        groups.setdefault(which[first:stop].tobytes(), []).append(place)
    held = documents[firsts]
    return [
        SharingDocuments(held[places], _bounds(np.isin(numbers, np.frombuffer(key, which.dtype))))
        for key, places in groups.items()
    ]


def _bounds(has: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Stretches of tokens all of whose windows a document has, of which windows it has."""
    steps = np.diff(has.astype(np.int8), prepend=0, append=0)
    firsts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return np.stack([firsts, stops + GUARANTEED - 1], axis=1)

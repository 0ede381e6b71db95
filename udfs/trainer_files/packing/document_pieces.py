"""Documents cut into pieces, and pieces put into rows, by each strategy."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.trainer_files.packing.placement import best_fit_rows

Integers = npt.NDArray[np.int64]


class PlacedPieces(NamedTuple):
    """Pieces of documents in the order in which rows hold them: by row, and in a row by document.

    Attributes:
        document: int64[pieces]; place of the document among those given.
        start: int64[pieces]; its first token among the tokens of all documents.
        length: int64[pieces]; its tokens, 1 or more.
        row: int64[pieces]; 0, 1, 2... without gaps, ascending.
    """

    document: Integers
    start: Integers
    length: Integers
    row: Integers


def place_documents(
    strategy: str, offsets: Integers, units: Integers, capacity: int, seed: int
) -> PlacedPieces:
    """Put documents into rows; every token is in exactly one of them.

    Args:
        strategy: ``best-fit``, ``concat`` or ``documents``.
        offsets: int64[documents + 1]; document ``i`` has the tokens ``offsets[i]`` to
            ``offsets[i + 1] - 1``. Documents without tokens are in no row.
        units: int64[documents]; documents of one unit are put side by side and follow each other.
            Where all are one, all are.
        capacity: Tokens of a row.
        seed: Of the order of the rows that ``best-fit`` and ``documents`` make.

    Returns:
        The pieces. A document longer than a row is cut every ``capacity`` tokens by ``best-fit`` and
        ``documents``; ``concat`` cuts the stream of all of them there.
    """
    document, start, length = _PIECES[strategy](offsets, capacity)
    if strategy == "concat":
        return PlacedPieces(document, start, length, (start - offsets[0]) // capacity)
    if strategy == "documents":
        row = np.arange(len(length))
    else:
        row = _best_fit_by_unit(length, units[document], capacity)
    # Best fit fills rows from the longest pieces to the shortest: a trainer that reads rows as they
    # lie would see no short document before the end.
    row = _shuffled(int(row.max(initial=-1)) + 1, seed)[row]
    order = np.argsort(row, kind="stable")
    return PlacedPieces(document[order], start[order], length[order], row[order])


def _cut_by_document(offsets: Integers, capacity: int) -> tuple[Integers, Integers, Integers]:
    lengths = np.diff(offsets)
    pieces = -(-lengths // capacity)
    document = np.repeat(np.arange(len(lengths)), pieces)
    first = np.cumsum(pieces) - pieces
    start = offsets[document] + (np.arange(len(document)) - first[document]) * capacity
    return document, start, np.minimum(capacity, offsets[document + 1] - start)


def _cut_stream(offsets: Integers, capacity: int) -> tuple[Integers, Integers, Integers]:
    cuts = np.union1d(offsets, np.arange(offsets[0], offsets[-1], capacity))
    start = cuts[:-1]
    # The last document that begins there: those before it at the same place are empty.
    document = np.searchsorted(offsets, start, side="right") - 1
    return document, start, np.diff(cuts)


_PIECES: dict[str, Callable[[Integers, int], tuple[Integers, Integers, Integers]]] = {
    "best-fit": _cut_by_document,
    "documents": _cut_by_document,
    "concat": _cut_stream,
}


def _best_fit_by_unit(length: Integers, units: Integers, capacity: int) -> Integers:
    """Rows of each unit of its own first; then the rows that are not full are put together likewise."""
    starts = np.flatnonzero(np.diff(units, prepend=units[:1] - 1)) if len(units) else units
    if len(starts) <= 1:
        return best_fit_rows(length.astype(np.int32), capacity)
    row = np.empty(len(length), np.int64)
    used = 0
    for start, stop in zip(starts, [*starts[1:], len(length)], strict=True):
        own = best_fit_rows(length[start:stop].astype(np.int32), capacity)
        row[start:stop] = used + own
        used += int(own.max()) + 1
    filled = np.bincount(row, weights=length, minlength=used).astype(np.int32)
    return best_fit_rows(filled, capacity)[row]


def _shuffled(rows: int, seed: int) -> Integers:
    """A permutation that depends on the number of rows and the seed only, whatever numpy's version."""
    keys = np.arange(rows, dtype=np.uint64) + np.uint64(seed)
    keys *= np.uint64(0x9E3779B97F4A7C15)  # splitmix64 (Steele et al., OOPSLA 2014)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    places = np.empty(rows, np.int64)
    places[np.argsort(keys ^ (keys >> np.uint64(31)), kind="stable")] = np.arange(rows)
    return places

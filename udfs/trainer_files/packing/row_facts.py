"""Counts of what a file of packed rows holds, kept in the file, so that they are told from data at rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.trainer_files.packing.document_pieces import PlacedPieces

COUNTS: Final = ("documents", "copies", "rows", "tokens", "padding", "cut_documents", "segments")
"""Documents; times that one is there once more; rows; tokens without padding; padding tokens;
documents and copies that are in more than one piece; pieces."""
PER_LABEL: Final = ("documents", "copies", "text_bytes", "tokens")
UNKNOWN: Final = "unknown"
LENGTH_BINS: Final = 32


def file_facts(
    rows: pa.Table,
    lengths: npt.NDArray[np.int64],
    pieces: PlacedPieces,
    text_bytes: npt.NDArray[np.int64],
    labels: Mapping[str, Sequence[Any]],
) -> dict[str, Any]:
    """Count a table of packed rows.

    Args:
        rows: The table.
        lengths: int64[documents]; tokens of each document, BOS and EOS included.
        pieces: Its segments.
        text_bytes: int64[documents]; UTF-8 bytes.
        labels: ``copy`` (0 for a document's first time) and columns to count by.

    Returns:
        ``COUNTS``; ``text_bytes``; ``document_lengths`` and ``segment_lengths``: 32 counts, the n-th of
        lengths from 2**n tokens on; ``by``: column → value → numbers of ``PER_LABEL``.
    """
    first = np.array([not copy for copy in labels.get("copy", ())], np.bool_)
    per_document = np.bincount(pieces.document, minlength=len(lengths))
    return {
        "documents": int(first.sum()),
        "copies": int((~first).sum()),
        "rows": rows.num_rows,
        "tokens": int(lengths.sum()),
        "padding": int(rows.column("padding").to_numpy().sum()),
        "cut_documents": int((per_document > 1).sum()),
        "segments": len(pieces.length),
        "text_bytes": int(text_bytes.sum()),
        "document_lengths": _histogram(lengths),
        "segment_lengths": _histogram(pieces.length),
        "by": {
            name: _by_value(values, first, text_bytes, lengths)
            for name, values in labels.items()
            if name != "copy"
        },
    }


def _histogram(lengths: npt.NDArray[np.int64]) -> list[int]:
    bins = np.log2(np.maximum(lengths, 1)).astype(np.int64)
    return [int(count) for count in np.bincount(bins, minlength=LENGTH_BINS)]


def _by_value(
    values: Sequence[Any],
    first: npt.NDArray[np.bool_],
    text_bytes: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
) -> dict[str, list[int]]:
    names = [UNKNOWN if value is None else str(value) for value in values]
    known, places = np.unique(np.array(names, object), return_inverse=True)
    counted = [
        np.bincount(places, weights=weights, minlength=len(known)).astype(np.int64).tolist()
        for weights in (first, ~first, text_bytes, lengths)
    ]
    return {str(name): list(row) for name, *row in zip(known, *counted, strict=True)}


def added_facts(facts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Add up the facts of files."""
    total: dict[str, Any] = {}
    for one in facts:
        _add(total, one)
    return total


def _add(total: dict[str, Any], one: Mapping[str, Any]) -> None:
    for key, value in one.items():
        if isinstance(value, Mapping):
            _add(total.setdefault(key, {}), value)
        elif isinstance(value, list):
            held = total.setdefault(key, [0] * len(value))
            total[key] = [a + b for a, b in zip(held, value, strict=True)]
        else:
            total[key] = total.get(key, 0) + value

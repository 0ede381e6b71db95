"""How common each token is, from a sample of the texts: what tells a rare phrase from a set one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.contract.driver_tables import opened
from jobs.runtime.store import storage
from jobs.tracing.layout import COUNTS_NAME, Segment
from udfs.tracing.fingerprints import folded_texts

COUNTERS: Final = 1 << 16
"""Tokens share counters: a rare one looks as common as the commonest it shares with, 65,536 to a counter."""
SAMPLED_FILES: Final = 32
SAMPLED_BYTES: Final = 8 << 20
_BATCH_ROWS: Final = 64


def write_counts(segment: Segment, table: npt.NDArray[np.int32]) -> None:
    """Count the tokens of a sample of a segment's texts and write the counts beside it.

    Args:
        segment: What is indexed.
        table: Of ``fold_table``.
    """
    counts = np.zeros(COUNTERS, np.int64)
    for texts in _sample([segment.path(file) for file in segment.files], segment.columns[1]):
        counts += np.bincount(_counters(folded_texts(texts, table).hashes), minlength=COUNTERS)
    with storage.open_output(storage.join(segment.folder, COUNTS_NAME)) as file:
        pq.write_table(pa.table({"count": counts}), file, compression="zstd")


def information(
    hashes: npt.NDArray[np.uint64], segments: Sequence[Segment]
) -> npt.NDArray[np.float64]:
    """Return the information of tokens, in bits: -log2 of each one's share of the sampled tokens.

    Args:
        hashes: uint64[tokens].
        segments: Of the index; their samples are added up.
    """
    counts = np.ones(COUNTERS, np.int64)  # as if each had been seen once
    for segment in segments:
        with opened(storage.join(segment.folder, COUNTS_NAME)) as file:
            counts += file.read().column("count").to_numpy()
    shares = counts[_counters(hashes)] / counts.sum()
    bits: npt.NDArray[np.float64] = -np.log2(shares)
    return bits


def _counters(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    return (hashes >> np.uint64(48)).astype(np.int64)


def _sample(paths: Sequence[str], column: str) -> Iterator[pa.ChunkedArray | pa.Array]:
    """Texts from the beginnings of some files, evenly spread over all."""
    chosen = paths[:: max(1, len(paths) // SAMPLED_FILES)]
    share = SAMPLED_BYTES // max(1, len(chosen))
    for path in chosen:
        held = 0
        with opened(path) as file:
            for batch in file.iter_batches(_BATCH_ROWS, columns=[column], use_threads=False):
                yield batch.column(0)
                held += batch.nbytes
                if held >= share:
                    break

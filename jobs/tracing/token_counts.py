"""The counts of tokens beside a segment, written and asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.contract.driver_tables import opened
from jobs.runtime.store import storage
from jobs.tracing.layout import COUNTS_NAME, Segment
from udfs.tracing.token_counts import COUNTERS, counters_of


def write_counts(folder: str, counts: npt.NDArray[np.int64]) -> None:
    """Write the counts of a segment, int64[COUNTERS], into its folder."""
    with storage.open_output(storage.join(folder, COUNTS_NAME)) as file:
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
    shares = counts[counters_of(hashes)] / counts.sum()
    bits: npt.NDArray[np.float64] = -np.log2(shares)
    return bits

"""Candidate pairs against their sketches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.string_views import string_views
from udfs.dedup.similarity import compare_sketches

EDGE_SCHEMA: Final = pa.schema([("hub", pa.int64()), ("node", pa.int64())])


def similar_edges(batches: Iterable[pa.RecordBatch], least_equal: int) -> Iterator[pa.RecordBatch]:
    """Keep the pairs with at least ``least_equal`` equal sketch bytes (for ``mapInArrow``).

    Args:
        batches: hub int64, node int64, hub_sketch binary, node_sketch binary of equal lengths.
        least_equal: Number of equal bytes.

    Yields:
        Batches of ``EDGE_SCHEMA``.
    """
    for batch in batches:
        equal = compare_sketches(_rows(batch, "hub_sketch"), _rows(batch, "node_sketch"))
        similar = batch.filter(pa.array(equal >= least_equal))
        yield similar.select(EDGE_SCHEMA.names)


def _rows(batch: pa.RecordBatch, name: str) -> npt.NDArray[np.uint8]:
    data = string_views(batch.column(name)).data
    return data.reshape(len(batch), -1) if len(batch) else data.reshape(0, 1)

"""An annotator whose numbers have more digits than a double holds."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from udfs.extending import SignalField, annotator

NUMBER = 2**62 + 1


@annotator(
    SignalField("number", pa.int64(), "hash", "any", "null for a text without words", "tests")
)
def numbered(batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
    """Give every text the same number, and an empty one none."""
    texts = batch.column("text").to_pylist()
    return {"number": pa.array([NUMBER if text else None for text in texts], pa.int64())}

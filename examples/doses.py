"""Signals of one's own: how many doses of drugs a text names (docs/annotators.md)."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from udfs.extending import SignalField, annotator

DOSE = r"\b[0-9][0-9.,]* ?(?:mcg|mg|g|ml|IU)\b"


@annotator(
    SignalField("count", pa.int64(), "doses", ">= 0", "amounts such as 500 mg", "examples"),
    SignalField(
        "per_1000_words",
        pa.float64(),
        "doses",
        ">= 0",
        "doses for each 1,000 words; null for a text without words",
        "examples",
    ),
)
def doses(batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
    """Count doses in cleaned texts; words were counted already."""
    count = pc.count_substring_regex(batch.column("text"), DOSE)
    words = batch.column("heuristics").field("word_count")
    share = pc.divide(pc.multiply(count, 1000.0), pc.if_else(pc.greater(words, 0), words, None))
    return {"count": count, "per_1000_words": share}

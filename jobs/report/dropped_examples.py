"""A few documents for every reason and every kind of failure, chosen the same way on every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Row, Window
from pyspark.sql import functions as F

from jobs.report.report_model import DroppedExample, QuarantineExample
from jobs.report.text_samples import CHARACTERS, Sample
from udfs.columns.spark_hashes import xxhash64

EXAMPLES = 3
LEDGER_COLUMNS = (
    "reason", "id", "url", "source", "source_id", "language", "signal", "value", "threshold",
    "keeper_id", "keeper_source_id", "similarity",
)  # fmt: skip
QUARANTINE_COLUMNS = ("id", "url", "source", "source_id", "stage", "status", "detail")


def choose_examples(frame: DataFrame, label: str, columns: Sequence[str]) -> dict[str, list[Row]]:
    """Return up to three rows for each value of ``label``.

    The order is that of a hash of the id, so that examples come from all over the input and do not
    depend on partitioning. Spark keeps the top three of each partition before it shuffles.
    """
    window = Window.partitionBy(label).orderBy(F.xxhash64("id"), F.col("id"))
    rows = (
        frame.select(*columns)
        .withColumn("place", F.row_number().over(window))
        .where(F.col("place") <= EXAMPLES)
        .orderBy(label, "place")
        .collect()
    )
    chosen: dict[str, list[Row]] = {}
    for row in rows:
        chosen.setdefault(row[label], []).append(row)
    return chosen


def choose_table_examples(
    table: pa.Table, label: str, columns: Sequence[str]
) -> dict[str, list[Row]]:
    """The same for rows in memory."""
    order = np.lexsort((table.column("id").to_numpy(), xxhash64(table.column("id").to_numpy())))
    chosen: dict[str, list[Row]] = {}
    for row in table.select(list(columns)).take(order).to_pylist():
        rows = chosen.setdefault(row[label], [])
        if len(rows) < EXAMPLES:
            rows.append(Row(**row))
    return dict(sorted(chosen.items()))


def dropped_examples(
    chosen: Mapping[str, Sequence[Row]], samples: Mapping[int, Sample], order: Sequence[str]
) -> dict[str, list[DroppedExample]]:
    """Return the examples with their text, reasons in the given order."""
    nothing = Sample(None, "")
    return {
        reason: [
            DroppedExample(
                **{name: row[name] for name in LEDGER_COLUMNS if name != "reason"},
                text=samples.get(row["id"], nothing).text,
            )
            for row in chosen[reason]
        ]
        for reason in order
        if reason in chosen
    }


def quarantine_examples(chosen: Mapping[str, Sequence[Row]]) -> dict[str, list[QuarantineExample]]:
    """Return the records chosen for each status; details are cut, they may quote the document."""
    return {
        status: [
            QuarantineExample(
                id=row["id"],
                url=row["url"],
                source=row["source"],
                source_id=row["source_id"],
                stage=row["stage"],
                detail=row["detail"][:CHARACTERS] if row["detail"] else None,
            )
            for row in rows
        ]
        for status, rows in chosen.items()
    }

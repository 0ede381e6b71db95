"""Rows of the ledger as Arrow tables in this process, but for those of the rules, which verdicts are."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

ORIGIN: Final = ("source", "source_id", "url", "language")


def duplicate_rows(verdicts: pa.Table, duplicates: pa.Table) -> pa.Table:
    """Return what deduplication removed, as the ledger tells it.

    Args:
        verdicts: ``id`` and ``ORIGIN`` of all judged documents.
        duplicates: The dataset of that name.
    """
    origin = _origins(verdicts, duplicates)
    kinds = duplicates.column("kind").combine_chunks()
    reason = pc.binary_join_element_wise(kinds, "duplicate", "_")
    return pa.table(
        {
            **{name: duplicates.column(name) for name in duplicates.column_names},
            **{name: origin.column(name) for name in origin.column_names},
            "reason": reason,
            "reasons": pa.ListArray.from_arrays(
                pa.array(range(len(reason) + 1), pa.int32()), reason
            ),
            "signal": pa.repeat("dedup.similarity", len(reason)),
            "value": duplicates.column("similarity"),
        }
    )


def low_grade_rows(verdicts: pa.Table, graded: pa.Table) -> pa.Table:
    """Return what left for its grade, as the ledger tells it.

    Args:
        verdicts: ``id`` and ``ORIGIN`` of all judged documents.
        graded: ``id`` and the verdict columns of graded ones.
    """
    low = graded.filter(graded.column("reason").is_valid())
    columns = low.columns + _origins(verdicts, low).columns
    return pa.table(columns, names=[*low.column_names, *ORIGIN])


def _origins(verdicts: pa.Table, rows: pa.Table) -> pa.Table:
    places = pc.index_in(rows.column("id"), value_set=verdicts.column("id").combine_chunks())
    return verdicts.select(list(ORIGIN)).take(places)

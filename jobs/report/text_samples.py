"""The first characters of a few named documents: the only text that reaches the driver."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

CHARACTERS = 300


class Sample(NamedTuple):
    """A document's address, the beginning of its text, and its id in the source."""

    url: str | None
    text: str
    source_id: str | None = None


def text_samples(annotated: DataFrame, ids: Collection[int]) -> dict[int, Sample]:
    """Return the beginnings of the cleaned texts of some documents.

    Args:
        annotated: ``id``, ``url``, ``source_id`` and ``text`` of all documents.
        ids: Which; a hundred or so, so that Parquet's statistics can skip the rest.
    """
    if not ids:
        return {}
    beginning = F.substring(F.coalesce(F.col("text"), F.lit("")), 1, CHARACTERS)
    rows = (
        annotated.where(F.col("id").isin(sorted(ids)))
        .select("id", "url", "source_id", beginning.alias("beginning"))
        .collect()
    )
    return {row["id"]: Sample(row["url"], row["beginning"], row["source_id"]) for row in rows}


def table_samples(annotated: pa.Table, ids: Collection[int]) -> dict[int, Sample]:
    """The same for documents in memory."""
    rows = annotated.filter(pc.is_in(annotated.column("id"), value_set=pa.array(ids, pa.int64())))
    beginnings = pc.utf8_slice_codeunits(rows.column("text").fill_null(""), 0, CHARACTERS)
    names = (rows.column(name) for name in ("id", "url", "source_id"))
    return {
        number: Sample(url, text, source_id)
        for number, url, source_id, text in zip(
            *(column.to_pylist() for column in (*names, beginnings)), strict=True
        )
    }

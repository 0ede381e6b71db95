"""The first characters of a few named documents: the only text that reaches the driver."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

CHARACTERS = 300


class Sample(NamedTuple):
    """A document's address and the beginning of its text."""

    url: str | None
    text: str


def text_samples(annotated: DataFrame, ids: Collection[int]) -> dict[int, Sample]:
    """Return the beginnings of the cleaned texts of some documents.

    Args:
        annotated: ``id``, ``url`` and ``text`` of all documents.
        ids: Which; a hundred or so, so that Parquet's statistics can skip the rest.
    """
    if not ids:
        return {}
    beginning = F.substring(F.coalesce(F.col("text"), F.lit("")), 1, CHARACTERS)
    rows = (
        annotated.where(F.col("id").isin(sorted(ids)))
        .select("id", "url", beginning.alias("beginning"))
        .collect()
    )
    return {row["id"]: Sample(row["url"], row["beginning"]) for row in rows}

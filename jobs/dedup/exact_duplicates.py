"""Exact copies: documents with the same normalised text."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F


def find_exact(signatures: DataFrame) -> DataFrame:
    """Find all but the preferred document of each group of equal normalised texts.

    A window and not two aggregates: one shuffle of 32 bytes a document, and a group of any size
    streams through it.

    Args:
        signatures: ``SIGNATURE_SCHEMA``.

    Returns:
        id bigint, keeper_id bigint; one row a removed document. The keeper is the first of its group
        by (order_key, id), and may itself be removed as a near-duplicate later.
    """
    hashes = ("text_hash_high", "text_hash_low")
    group = Window.partitionBy(*hashes).orderBy("order_key", "id")
    first = F.first("id").over(group)
    return (
        signatures.select("id", "order_key", *hashes)
        .where(F.col("text_hash_high").isNotNull())
        .select("id", first.alias("keeper_id"))
        .where(F.col("id") != F.col("keeper_id"))
    )


def without_exact(signatures: DataFrame, exact: DataFrame) -> DataFrame:
    """The signatures of documents that are no exact copy of a preferred one."""
    return signatures.join(exact.select("id"), "id", "left_anti")

"""Exact copies: documents with the same normalised text."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F


def find_exact(signatures: DataFrame, removed: DataFrame | None = None) -> DataFrame:
    """Find all but the preferred document of each group of equal normalised texts.

    A window and not two aggregates: one shuffle of 32 bytes a document, and a group of any size
    streams through it.

    Args:
        signatures: ``SIGNATURE_SCHEMA``.
        removed: id bigint; documents that earlier runs removed: of copies one that they kept comes first,
            and any of theirs, with an order key below zero, before new ones.

    Returns:
        id bigint, keeper_id bigint; one row a removed document. The keeper is the first of its group
        by (order_key, id), and may itself be removed as a near-duplicate later.
    """
    hashes = ("text_hash_high", "text_hash_low")
    rows = signatures.select("id", "order_key", *hashes).where(F.col("text_hash_high").isNotNull())
    rows = rows.withColumn("gone", F.lit(False))
    if removed is not None:
        gone = removed.select("id", F.lit(True).alias("is_gone"))
        told = F.coalesce("is_gone", "gone")
        rows = rows.join(gone, "id", "left").withColumn("gone", told).drop("is_gone")
    is_new = F.col("order_key") >= 0
    group = Window.partitionBy(*hashes).orderBy(is_new, "gone", "order_key", "id")
    first = F.first("id").over(group)
    return rows.select("id", first.alias("keeper_id")).where(F.col("id") != F.col("keeper_id"))


def without_exact(signatures: DataFrame, exact: DataFrame) -> DataFrame:
    """The signatures of documents that are no exact copy of a preferred one."""
    return signatures.join(exact.select("id"), "id", "left_anti")

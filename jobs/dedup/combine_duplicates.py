"""Exact and near-duplicates together: who leaves, for whom, and how many stand behind each keeper."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.dedup.known_documents import KnownDocuments, is_known


def combine(exact: DataFrame, near: DataFrame, known: KnownDocuments | None) -> DataFrame:
    """One row a removed document; a copy of a removed document goes to that one's keeper.

    Args:
        exact: id, keeper_id of ``find_exact``.
        near: id, keeper_id, similarity.
        known: What earlier runs removed counts in the sizes and is not returned.

    Returns:
        The columns of ``find_duplicates``, by id, so that publication reads the rows of one chunk of
        files and not all of them.
    """
    groups = exact.groupBy(F.col("keeper_id").alias("group_id")).agg(
        (F.count(F.lit(1)) + 1).alias("n_exact")
    )
    if known is not None:
        exact = exact.where(~is_known("id"))
        near = near.unionByName(known.removed)
    moved = near.select(
        F.col("id").alias("copied_id"),
        F.col("keeper_id").alias("final_id"),
        F.col("similarity").alias("final_similarity"),
    )
    copies = (
        exact.join(moved, exact["keeper_id"] == moved["copied_id"], "left")
        .join(groups, exact["keeper_id"] == groups["group_id"])
        .select(
            "id",
            F.coalesce("final_id", "keeper_id").alias("keeper_id"),
            F.coalesce("final_similarity", F.lit(1.0)).alias("similarity"),
            F.when(F.col("final_id").isNull(), "exact").otherwise("near").alias("kind"),
            "n_exact",
        )
    )
    removed = near.join(groups, near["id"] == groups["group_id"], "left").select(
        "id",
        "keeper_id",
        "similarity",
        F.lit("near").alias("kind"),
        F.coalesce("n_exact", F.lit(1)).alias("n_exact"),
    )
    removed = removed.unionByName(copies)
    sizes = removed.groupBy("keeper_id").agg((F.count(F.lit(1)) + 1).alias("cluster_size"))
    found = removed.join(sizes, "keeper_id").select(
        "id",
        "keeper_id",
        "similarity",
        "kind",
        F.col("keeper_id").alias("cluster_id"),
        "cluster_size",
        "n_exact",
    )
    if known is not None:
        found = found.where(~is_known("id"))
    return found.orderBy("id")

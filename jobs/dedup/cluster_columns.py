"""Say of every document, kept or not, in which cluster of duplicates it is."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.dedup.file_bitmaps import quoted

CLUSTER_COLUMNS = ("cluster_id", "cluster_size", "n_exact", "keeper_id", "similarity")
CLUSTER_ROW = "corpusmill_cluster_row"  # beside the user's own columns


def cluster_rows(
    duplicates: DataFrame, *, row_id: str = "id", keeper_row_id: str = "keeper_id"
) -> DataFrame:
    """The clusters document by document: those with a duplicate only.

    Args:
        duplicates: ``row_id``, ``keeper_row_id`` bigint, keeper_run int, kind, ``CLUSTER_COLUMNS``.
        row_id: Column that names a row.
        keeper_row_id: Column with the row of the keeper in its run.

    Returns:
        ``CLUSTER_ROW`` bigint and ``CLUSTER_COLUMNS``; keeper_id and similarity are null for the
        keepers themselves.
    """
    followers = duplicates.select(F.col(row_id).alias(CLUSTER_ROW), *CLUSTER_COLUMNS)
    nothing = [
        F.lit(None).cast(duplicates.schema[name].dataType).alias(name)
        for name in ("keeper_id", "similarity")
    ]
    keepers = (
        duplicates.where(F.col("keeper_run") == 0)  # others are no rows of this corpus
        .groupBy(F.col(keeper_row_id).alias(CLUSTER_ROW))
        .agg(
            F.first("cluster_id").alias("cluster_id"),
            F.first("cluster_size").alias("cluster_size"),
            (F.count(F.when(F.col("kind") == "exact", 1)) + 1).alias("n_exact"),
        )
        .select("*", *nothing)
    )
    return followers.unionByName(keepers)


def with_clusters(
    rows: DataFrame, clusters: DataFrame, *, row_id: str = "id", given_id: str = "id"
) -> DataFrame:
    """Add ``CLUSTER_COLUMNS`` to documents; text is not shuffled.

    A document that resembles no other is a cluster of its own. A cluster has cluster_size rows, so
    weighing each by its inverse gives every text the weight of one.

    Args:
        rows: ``row_id``, ``given_id``, and any columns other than the new ones.
        clusters: ``cluster_rows``, at least of these documents.
        row_id: Column that names a row.
        given_id: Column of the ids that cluster_id and keeper_id hold.
    """
    one = F.lit(1).cast("bigint")
    alone = {"cluster_id": F.col(quoted(given_id)), "cluster_size": one, "n_exact": one}
    same = rows[quoted(row_id)] == clusters[CLUSTER_ROW]
    marked = rows.join(F.broadcast(clusters), same, "left").drop(CLUSTER_ROW)
    return marked.withColumns(
        {name: F.coalesce(F.col(name), value) for name, value in alone.items()}
    )

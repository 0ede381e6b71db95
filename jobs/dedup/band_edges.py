"""Candidate pairs: each document of a bucket is linked to the bucket's preferred document.

A star, because a clique is quadratic in the bucket and a chain has a long diameter. Work and memory
are linear in the bucket, so buckets need no cap, and none is dropped in silence.
"""

from __future__ import annotations

import math

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

ROWS_A_PARTITION = 2_000_000  # the hash table of their keys takes some 150 MB


def find_band_edges(signatures: DataFrame, rows: int) -> DataFrame:
    """Link documents that share band keys.

    Band rows are 16 bytes (key, order_key), shuffled once: the aggregate and the join read the same
    exchange. One hot bucket streams through a hash join against its single hub row.

    Args:
        signatures: order_key bigint, band_keys array<bigint>.
        rows: Number of keys in all of them, or more: where ``ROWS_A_PARTITION`` for each of Spark's
            shuffle partitions are fewer, there are more partitions than those.

    Returns:
        hub bigint, node bigint, bands int: order keys, hub < node, each pair once with the number
        of bands in which hub is the preferred document and node a member.
    """
    # The join below would ask for this on its own side alone, and there would be two exchanges.
    ordered = signatures.where(F.col("order_key").isNotNull())
    members = _partitioned(ordered.select(F.explode("band_keys").alias("key"), "order_key"), rows)
    hubs = (
        members.groupBy("key")
        .agg(F.min("order_key").alias("hub"), F.count(F.lit(1)).alias("members"))
        .where(F.col("members") > 1)
        .select("key", "hub")
    )
    return (
        members.join(hubs.hint("shuffle_hash"), "key")
        .where(F.col("hub") < F.col("order_key"))
        .groupBy("hub", F.col("order_key").alias("node"))
        .agg(F.count(F.lit(1)).cast("int").alias("bands"))
    )


def _partitioned(members: DataFrame, rows: int) -> DataFrame:
    usual = int(str(members.sparkSession.conf.get("spark.sql.shuffle.partitions")))
    needed = math.ceil(rows / ROWS_A_PARTITION)
    # A stated number would keep Spark from merging the partitions of a small corpus.
    return members.repartition("key") if needed <= usual else members.repartition(needed, "key")

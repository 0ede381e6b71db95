"""Candidate pairs: each document of a bucket is linked to the bucket's preferred document.

A star, because a clique is quadratic in the bucket and a chain has a long diameter. Work and memory
are linear in the bucket, so buckets need no cap, and none is dropped in silence.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def find_band_edges(signatures: DataFrame) -> DataFrame:
    """Link documents that share band keys.

    Band rows are 16 bytes (key, order_key), shuffled once: the aggregate and the join read the same
    exchange. One hot bucket streams through a hash join against its single hub row.

    Args:
        signatures: order_key bigint, band_keys array<bigint>.

    Returns:
        hub bigint, node bigint, bands int: order keys, hub < node, each pair once with the number
        of bands in which hub is the preferred document and node a member.
    """
    rows = signatures.select(F.explode("band_keys").alias("key"), "order_key").repartition("key")
    hubs = (
        rows.groupBy("key")
        .agg(F.min("order_key").alias("hub"), F.count(F.lit(1)).alias("members"))
        .where(F.col("members") > 1)
        .select("key", "hub")
    )
    return (
        rows.join(hubs.hint("shuffle_hash"), "key")
        .where(F.col("hub") < F.col("order_key"))
        .groupBy("hub", F.col("order_key").alias("node"))
        .agg(F.count(F.lit(1)).cast("int").alias("bands"))
    )

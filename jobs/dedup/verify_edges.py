"""Throw out candidate pairs whose sketches say that the documents are not alike.

Without this, unrelated documents that met by accident chain whole families together: of the pairs
merged by an unverified 20 x 7 banding, every fourth has a similarity below 0.5.
"""

from __future__ import annotations

import functools

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.dedup.settings import DedupSettings
from jobs.runtime.spark.arrow_frames import map_with_schema
from udfs.dedup.verification import EDGE_SCHEMA, similar_edges


def verify_edges(edges: DataFrame, sketches: DataFrame, settings: DedupSettings) -> DataFrame:
    """Keep the pairs that are possibly similar; what exactly they are is decided per component.

    Pairs that share many bands pass unseen, so for most duplicates no sketch is shuffled here.

    Args:
        edges: hub, node, bands.
        sketches: order_key, sketch; of all documents in ``edges``.
        settings: The limits.

    Returns:
        hub bigint, node bigint.
    """
    if settings.verification == "none":
        return edges.select("hub", "node")
    telling = F.col("bands") >= settings.telling_bands
    sketches = sketches.select("order_key", "sketch")
    pairs = (
        edges.where(~telling)
        .join(sketches.withColumnsRenamed({"order_key": "node", "sketch": "node_sketch"}), "node")
        .join(sketches.withColumnsRenamed({"order_key": "hub", "sketch": "hub_sketch"}), "hub")
        .select("hub", "node", "hub_sketch", "node_sketch")
    )
    least_equal = settings.leader_plan.limits.possibly_equal
    compare = functools.partial(similar_edges, least_equal=least_equal)
    compared = map_with_schema(pairs, compare, EDGE_SCHEMA)
    return edges.where(telling).select("hub", "node").unionByName(compared)

"""Within each component: which documents surely leave, and which pairs must be looked at closer."""

from __future__ import annotations

import functools

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.dedup.settings import DedupSettings
from udfs.component_resolution import pair_components

PAIR_COLUMNS = (
    "root bigint, node bigint, leader bigint, id bigint, leader_id bigint, similarity double, "
    "verdict tinyint"
)


def pair_leaders(
    components: DataFrame, edges: DataFrame, signatures: DataFrame, settings: DedupSettings
) -> DataFrame:
    """Compare the documents of each component with the preferred ones before them.

    A component's sketches (156 bytes a document that has any similar one) move to one task; the
    largest component must fit there, some 300 MB a million documents.

    Args:
        components: node, root.
        edges: hub, node.
        signatures: id, order_key, sketch.
        settings: The limits.

    Returns:
        ``PAIR_COLUMNS``; verdict is REMOVAL, SURE_PAIR or OPEN_PAIR of
        ``udfs.component_resolution``.
    """
    hubs = edges.groupBy("node").agg(F.collect_list("hub").alias("hubs"))
    sketches = signatures.select("id", F.col("order_key").alias("node"), "sketch")
    return (
        components.join(hubs, "node", "left")
        .join(sketches, "node")
        .select("root", "node", "id", "sketch", "hubs")
        .repartition("root")
        .sortWithinPartitions("root", "node", "id")
        .mapInArrow(functools.partial(pair_components, plan=settings.leader_plan), PAIR_COLUMNS)
    )

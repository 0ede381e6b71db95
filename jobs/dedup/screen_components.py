"""Within each component: which documents surely leave, and which must be looked at closer."""

from __future__ import annotations

import functools

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.dedup.settings import DedupSettings
from jobs.runtime.spark.arrow_frames import map_with_schema
from udfs.dedup import resolution


def screen_components(
    components: DataFrame, edges: DataFrame, sketches: DataFrame, settings: DedupSettings
) -> DataFrame:
    """Compare the documents of each component with the preferred ones before them.

    A component's sketches (some 200 bytes a document that has a similar one) move to one task; the
    largest component must fit there, some 400 MB a million documents.

    Args:
        components: node, root.
        edges: hub, node.
        sketches: id, order_key, sketch; of the documents that may leave or stay.
        settings: The limits.

    Returns:
        ``SCREENING_SCHEMA``; documents with a keeper_id are removed, those without are involved
        in a doubtful case, and documents that stay for sure and matter to no other are absent.
    """
    hubs = edges.groupBy("node").agg(F.collect_list("hub").alias("hubs"))
    sketches = sketches.select("id", F.col("order_key").alias("node"), "sketch")
    rows = (
        components.join(hubs, "node", "left")
        .join(sketches, "node")
        .select("root", "node", "id", "sketch", "hubs")
        .repartition("root")
        .sortWithinPartitions("root", "node", "id")
    )
    screen = functools.partial(resolution.screen_components, plan=settings.leader_plan)
    return map_with_schema(rows, screen, resolution.SCREENING_SCHEMA)

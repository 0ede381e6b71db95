"""Connected components of the graph of similar documents, on the driver or in Spark.

Both label each node with the smallest node it is connected to. The driver's way (scipy) takes 150
bytes an edge and seconds; above a stated number of edges Spark does it by alternating large-star and
small-star (Kiveris et al. 2014, "Connected Components in MapReduce and Beyond"), which takes two to
six rounds on stars and log(diameter) rounds at worst, a Parquet folder each.
"""

from __future__ import annotations

import functools

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.dedup.work_folder import WorkFolder
from jobs.runtime.errors import StageError
from jobs.runtime.spark.arrow_frames import collect_arrow, frame_of_table, map_with_schema
from udfs.dedup.components import STAR_SCHEMA, component_roots, contract_edges

MAX_ROUNDS = 60  # a chain of 10**9 nodes takes about 40


def find_components(edges: DataFrame, work: WorkFolder, max_driver_edges: int) -> DataFrame:
    """Label the nodes of a graph.

    Args:
        edges: hub bigint, node bigint.
        work: Where rounds are written.
        max_driver_edges: Budget of the driver; above it Spark does the work.

    Returns:
        node bigint, root bigint; every node that has an edge, the root itself included.
    """
    if edges.count() <= max_driver_edges:
        return components_on_driver(edges)
    return components_in_spark(edges, work)


def components_on_driver(edges: DataFrame) -> DataFrame:
    """Collect the edges and label their nodes in memory."""
    table = collect_arrow(edges.select("hub", "node"))
    nodes, roots = component_roots(table.column("hub").to_numpy(), table.column("node").to_numpy())
    labels = pa.table([pa.array(nodes), pa.array(roots)], schema=STAR_SCHEMA)
    return frame_of_table(edges.sparkSession, labels)


def components_in_spark(edges: DataFrame, work: WorkFolder) -> DataFrame:
    """Label the nodes by large-star and small-star rounds.

    Raises:
        StageError: No fixed point after ``MAX_ROUNDS`` rounds.
    """
    pairs = edges.select(F.col("node"), F.col("hub").alias("root"))
    stars = work.sub_stage(
        "components-start",
        lambda: contract(pairs).distinct(),
    )
    before = _checksum(stars)
    for number in range(MAX_ROUNDS):
        next_round = functools.partial(_next_round, stars)
        stars = work.sub_stage(f"components-round-{number:02d}", next_round)
        after = _checksum(stars)
        if after == before:
            roots = stars.select(F.col("root").alias("node"), "root").distinct()
            return stars.select("node", "root").unionByName(roots)
        before = after
    raise StageError(
        f"connected components did not settle in {MAX_ROUNDS} rounds ({before} edges, checksum): "
        "raise max_driver_edges if the driver has 150 bytes an edge, and please report this"
    )


def contract(pairs: DataFrame) -> DataFrame:
    """Find components inside each partition first: that leaves at most one edge a node there."""
    return map_with_schema(pairs, contract_edges, STAR_SCHEMA)


def _next_round(pairs: DataFrame) -> DataFrame:
    return _small_star(_large_star(pairs))


def _large_star(pairs: DataFrame) -> DataFrame:
    """Link every larger neighbour of a node to the smallest node around it."""
    both = pairs.unionByName(pairs.select(F.col("root").alias("node"), F.col("node").alias("root")))
    smallest = both.groupBy("node").agg(F.min("root").alias("smallest"))
    smallest = smallest.select("node", F.least("node", "smallest").alias("smallest"))
    return (
        both.where(F.col("root") > F.col("node"))
        .join(smallest, "node")
        .select(F.col("root").alias("node"), F.col("smallest").alias("root"))
        .distinct()
    )


def _small_star(pairs: DataFrame) -> DataFrame:
    """Link every smaller neighbour of a node, and the node, to the smallest of them."""
    smallest = pairs.groupBy("node").agg(F.min("root").alias("smallest"))
    inner = pairs.join(smallest, "node").select(
        F.col("root").alias("node"), F.col("smallest").alias("root")
    )
    outer = smallest.select("node", F.col("smallest").alias("root"))
    return inner.unionByName(outer).where(F.col("node") != F.col("root")).distinct()


def _checksum(pairs: DataFrame) -> tuple[int, int, int]:
    row = pairs.agg(
        F.count(F.lit(1)),
        F.coalesce(F.bit_xor(F.xxhash64("node", "root")), F.lit(0)),
        F.coalesce(F.bit_xor(F.xxhash64("root", "node", F.lit(1))), F.lit(0)),
    ).first()
    assert row is not None  # an aggregate without groups always has one row
    return int(row[0]), int(row[1]), int(row[2])

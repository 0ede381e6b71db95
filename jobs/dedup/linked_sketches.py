"""Sketches of the few documents that share a bucket with another: of the others none is ever looked at."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def linked_documents(edges: DataFrame) -> DataFrame:
    """The documents at either end of an edge.

    Args:
        edges: hub bigint, node bigint.

    Returns:
        order_key bigint, each once.
    """
    return edges.select(F.explode(F.array("hub", "node")).alias("order_key")).distinct()


def linked_sketches(signatures: DataFrame, linked: DataFrame) -> DataFrame:
    """Pick the sketches that edges and components are compared by.

    Written once, since edges ask for them twice and components a third time: of ten documents one
    or two have an edge, and a sketch is half of all that a document could shuffle.

    Args:
        signatures: id bigint, order_key bigint, sketch binary.
        linked: ``linked_documents``, broadcast where it is small.

    Returns:
        id bigint, order_key bigint, sketch binary.
    """
    sketches = signatures.select("id", "order_key", "sketch")
    return sketches.join(linked, "order_key", "left_semi").select("id", "order_key", "sketch")

"""Settle doubtful pairs by the exact similarity of their shingle sets."""

from __future__ import annotations

import functools

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.dedup.settings import DedupSettings
from jobs.runtime.errors import StageError
from udfs.component_resolution import OPEN_PAIR, REMOVAL, settle_components
from udfs.document_signatures import shingle_sets

REMOVAL_COLUMNS = "id bigint, keeper_id bigint, similarity double"


def sure_removals(pairs: DataFrame) -> DataFrame:
    """The removals that need no closer look: ``REMOVAL_COLUMNS``."""
    return pairs.where(F.col("verdict") == REMOVAL).select(
        "id", F.col("leader_id").alias("keeper_id"), "similarity"
    )


def settle_pairs(pairs: DataFrame, documents: DataFrame, settings: DedupSettings) -> DataFrame:
    """Read the texts of doubtful documents again and decide their pairs.

    The texts are filtered where they lie by a broadcast of ids; their shingle sets (4 bytes a
    distinct shingle, each document once) join the pairs of their component.

    Args:
        pairs: ``PAIR_COLUMNS``.
        documents: id, text.
        settings: Threshold and shingles.

    Returns:
        ``REMOVAL_COLUMNS`` of the documents that leave after all.

    Raises:
        StageError: More documents are doubtful than ``max_settled_documents``.
    """
    waiting = pairs.where(F.col("verdict") != REMOVAL)
    doubtful = waiting.where(F.col("verdict") == OPEN_PAIR)
    ids = doubtful.select("root", F.explode(F.array("id", "leader_id")).alias("id")).distinct()
    _check_budget(ids, settings.max_settled_documents)
    texts = documents.select(F.col("id").cast("bigint").alias("id"), "text").join(
        F.broadcast(ids), "id"
    )
    sets = texts.select("root", "id", "text").mapInArrow(
        functools.partial(shingle_sets, plan=settings.shingle_plan),
        "root bigint, id bigint, set binary",
    )
    return (
        waiting.unionByName(sets, allowMissingColumns=True)
        .repartition("root")
        .sortWithinPartitions("root")
        .mapInArrow(
            functools.partial(settle_components, threshold=settings.threshold), REMOVAL_COLUMNS
        )
    )


def _check_budget(ids: DataFrame, most: int) -> None:
    if most < 50_000_000 and ids.count() > most:
        raise StageError(f"more than {most}")

"""Settle doubtful cases by the exact similarity of shingle sets."""

from __future__ import annotations

import functools

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.dedup.settings import DedupSettings
from jobs.runtime.errors import StageError
from udfs.component_resolution import settle_components
from udfs.document_signatures import shingle_sets

REMOVAL_COLUMNS = "id bigint, keeper_id bigint, similarity double"


def sure_removals(screening: DataFrame) -> DataFrame:
    """The removals that need no closer look: ``REMOVAL_COLUMNS``."""
    return screening.where(F.col("keeper_id").isNotNull()).select("id", "keeper_id", "similarity")


def settle_doubtful(
    screening: DataFrame, documents: DataFrame, settings: DedupSettings
) -> DataFrame:
    """Read the texts of involved documents again and decide.

    The texts are filtered where they lie by a broadcast of ids; their shingle sets (4 bytes a
    distinct shingle, each document once) go to the task of their component.

    Args:
        screening: ``SCREENING_COLUMNS``.
        documents: id, text.
        settings: Threshold and shingles.

    Returns:
        ``REMOVAL_COLUMNS`` of the documents that leave after all.

    Raises:
        StageError: More documents are involved than ``max_settled_documents``.
    """
    involved = screening.where(F.col("keeper_id").isNull()).drop("keeper_id", "similarity")
    count = involved.count()
    if count > settings.max_settled_documents:
        raise StageError(
            f"{count} documents are too near the threshold for their sketches to decide, more than "
            f"max_settled_documents = {settings.max_settled_documents}: raise it (16 bytes a document on "
            "driver and executors), or set verification to estimate."
        )
    sets = (
        documents.select(F.col("id").cast("bigint").alias("id"), "text")
        .join(F.broadcast(involved.select("root", "id")), "id")
        .select("root", "id", "text")
        .mapInArrow(
            functools.partial(shingle_sets, plan=settings.shingle_plan),
            "root bigint, id bigint, set binary",
        )
    )
    return (
        involved.unionByName(sets, allowMissingColumns=True)
        .repartition("root")
        .sortWithinPartitions("root", "node", "id")
        .mapInArrow(
            functools.partial(settle_components, plan=settings.leader_plan), REMOVAL_COLUMNS
        )
    )

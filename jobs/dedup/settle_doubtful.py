"""Settle doubtful cases by the exact similarity of shingle sets."""

from __future__ import annotations

import functools

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.dedup.known_documents import KnownDocuments, is_known
from jobs.dedup.settings import DedupSettings
from jobs.runtime.errors import StageError
from jobs.runtime.spark.arrow_frames import map_with_schema
from udfs.dedup.resolution import REMOVAL_SCHEMA, settle_components
from udfs.dedup.signatures import SHINGLE_SET_SCHEMA, shingle_sets


def sure_removals(screening: DataFrame) -> DataFrame:
    """The removals that need no closer look: ``REMOVAL_SCHEMA``."""
    return screening.where(F.col("keeper_id").isNotNull()).select(*REMOVAL_SCHEMA.names)


def require_settleable(count: int, settings: DedupSettings) -> None:
    """Refuse more doubtful documents than the settings allow.

    Raises:
        StageError: ``count`` is above ``max_settled_documents``.
    """
    if count > settings.max_settled_documents:
        raise StageError(
            f"{count} documents are too near the threshold for their sketches to decide, more than "
            f"max_settled_documents = {settings.max_settled_documents}: raise it (16 bytes a "
            "document on driver and executors), or set verification to estimate."
        )


def involved_sets(
    screening: DataFrame,
    count: int,
    documents: DataFrame,
    settings: DedupSettings,
    known: KnownDocuments | None,
) -> DataFrame:
    """Shingle sets of the involved documents: root bigint, id bigint, set binary.

    The texts are filtered where they lie, by a broadcast of ids.

    Args:
        screening: ``SCREENING_SCHEMA``.
        count: Number of involved documents.
        documents: id, text.
        settings: Shingles and budget.
        known: Documents of earlier runs, whose texts may be out of reach: then they have no set.

    Raises:
        StageError: More documents are involved than ``max_settled_documents``.
    """
    require_settleable(count, settings)
    involved = screening.where(F.col("keeper_id").isNull()).select("root", "id")
    texts = documents.select(F.col("id").cast("bigint").alias("id"), "text")
    rows = texts.join(F.broadcast(involved), "id").select("root", "id", "text")
    if known is not None:
        earlier = involved.where(is_known("id"))
        theirs = known.texts(earlier.select("id")).join(F.broadcast(earlier), "id")
        rows = rows.unionByName(theirs.select("root", "id", "text"))
    return map_with_schema(
        rows, functools.partial(shingle_sets, plan=settings.shingle_plan), SHINGLE_SET_SCHEMA
    )


def settle_doubtful(
    screening: DataFrame,
    documents: DataFrame,
    settings: DedupSettings,
    known: KnownDocuments | None,
) -> DataFrame:
    """Read the texts of involved documents again and decide.

    Their shingle sets (4 bytes a distinct shingle, each document once) go to the task of their
    component; no text is shuffled.

    Args:
        screening: ``SCREENING_SCHEMA``.
        documents: id, text.
        settings: Threshold and shingles.
        known: Documents of earlier runs.

    Returns:
        ``REMOVAL_SCHEMA`` of the documents that leave after all.

    Raises:
        StageError: More documents are involved than ``max_settled_documents``.
    """
    involved = screening.where(F.col("keeper_id").isNull()).drop("keeper_id", "similarity")
    sets = involved_sets(screening, involved.count(), documents, settings, known)
    components = (
        involved.unionByName(sets, allowMissingColumns=True)
        .repartition("root")
        .sortWithinPartitions("root", "node", "id")
    )
    settle = functools.partial(settle_components, plan=settings.leader_plan)
    return map_with_schema(components, settle, REMOVAL_SCHEMA)

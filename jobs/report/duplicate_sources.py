"""Duplicates by source: what share of each was removed, in whose favour, and which lost too much.

Runs have lost nearly all of a source to a fault of deduplication, and the totals looked right:
only a rate for each source shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.report.report_model import SourceLoss, SourcePair

TOP = 50
# Of two documents one being a copy is nothing to be alarmed about.
ALARM_DOCUMENTS = 20
ELSEWHERE = "(not of this run)"


class LossesBySource(NamedTuple):
    """The ``TOP`` sources with most removed documents, all that lost too much (as many), the pairs."""

    sources: list[SourceLoss]
    alarms: list[SourceLoss]
    pairs: list[SourcePair]


def losses_by_source(
    survivors: DataFrame, duplicates: DataFrame, group: Column, alarm_share: float
) -> LossesBySource:
    """Count what deduplication removed by source, and by pair of sources.

    Groups are counted and cut by Spark; the driver sees the largest.

    Args:
        survivors: id, source, url of the documents that reached deduplication.
        duplicates: id, cluster_id of the removed ones.
        group: Name under which a document's source is counted, from source and url.
        alarm_share: Share of a source's documents from which on its loss is an alarm.
    """
    named = survivors.select("id", group.alias("source"))
    keepers = named.select(F.col("id").alias("keeper_id"), F.col("source").alias("keeper_source"))
    removed = (
        duplicates.select("id", F.col("cluster_id").alias("keeper_id"))
        .join(named, "id")
        .join(keepers, "keeper_id", "left")
        .groupBy("source", F.coalesce("keeper_source", F.lit(ELSEWHERE)).alias("keeper_source"))
        .agg(F.count(F.lit(1)).alias("removed"))
    )
    pairs = removed.orderBy(F.desc("removed"), "source", "keeper_source").limit(TOP).collect()
    entered = named.groupBy("source").agg(F.count(F.lit(1)).alias("documents"))
    losses = (
        removed.groupBy("source").agg(F.sum("removed").alias("removed")).join(entered, "source")
    )
    share = F.col("removed") / F.col("documents")
    too_much = (share >= alarm_share) & (F.col("documents") >= ALARM_DOCUMENTS)
    marked = losses.withColumn("alarm", too_much)
    order = [F.desc("removed"), F.asc("source")]
    return LossesBySource(
        sources=_losses(marked.orderBy(*order).limit(TOP)),
        alarms=_losses(marked.where("alarm").orderBy(*order).limit(TOP)),
        pairs=[
            SourcePair(
                source=row["source"], keeper_source=row["keeper_source"], removed=row["removed"]
            )
            for row in pairs
        ],
    )


def table_losses(
    ids: np.ndarray, names: Sequence[str], duplicates: pa.Table, alarm_share: float
) -> LossesBySource:
    """The same for documents in memory.

    Args:
        ids: Of the documents that reached deduplication, int64.
        names: The source that each is counted under.
        duplicates: id, cluster_id of the removed ones.
        alarm_share: As for :func:`losses_by_source`.
    """
    named = dict(zip(ids.tolist(), names, strict=True))
    columns = (duplicates.column(name).to_pylist() for name in ("id", "cluster_id"))
    removed = Counter(
        (named[gone], named.get(keeper, ELSEWHERE))
        for gone, keeper in zip(*columns, strict=True)
        if gone in named
    )
    entered = Counter(names)
    lost: Counter[str] = Counter()
    for (source, _), count in removed.items():
        lost[source] += count
    losses = [
        SourceLoss(
            source=source,
            documents=entered[source],
            removed=count,
            share=count / entered[source],
            alarm=count / entered[source] >= alarm_share and entered[source] >= ALARM_DOCUMENTS,
        )
        for source, count in sorted(lost.items(), key=lambda item: (-item[1], item[0]))
    ]
    pairs = sorted(removed.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    return LossesBySource(
        sources=losses[:TOP],
        alarms=[loss for loss in losses if loss.alarm][:TOP],
        pairs=[
            SourcePair(source=source, keeper_source=keeper, removed=count)
            for (source, keeper), count in pairs
        ],
    )


def alarm_sentence(loss: SourceLoss) -> str:
    """Say what happened to a source, for a terminal and for the page."""
    return (
        f"{loss.source}: deduplication removed {loss.removed:,} of {loss.documents:,} documents "
        f"({loss.removed / loss.documents:.1%}); look at the pairs of sources and the largest clusters "
        "before you trust this corpus"
    )


def _losses(rows: DataFrame) -> list[SourceLoss]:
    return [
        SourceLoss(
            source=row["source"],
            documents=row["documents"],
            removed=row["removed"],
            share=row["removed"] / row["documents"],
            alarm=row["alarm"],
        )
        for row in rows.collect()
    ]

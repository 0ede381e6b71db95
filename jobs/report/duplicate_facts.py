"""What deduplication found: removed documents by kind, clusters by size, the largest of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.report.duplicate_sources import LossesBySource
from jobs.report.report_model import Cluster, DuplicateAudit, DuplicateFacts, SizeClass
from jobs.report.text_samples import Sample

LARGEST_CLUSTERS = 10


class ClusterSize(NamedTuple):
    """A cluster by its keeper; size counts the keeper too."""

    keeper_id: int
    size: int


class DuplicateCounts(NamedTuple):
    """Numbers of the duplicates dataset; classes are powers of two: class k holds 2^k+1 to 2^(k+1)."""

    kinds: Mapping[str, int]
    size_classes: Mapping[int, int]
    largest: Sequence[ClusterSize]


def count_duplicates(duplicates: DataFrame) -> DuplicateCounts:
    """Count removed documents by kind and clusters by size."""
    kinds = {row["kind"]: row["count"] for row in duplicates.groupBy("kind").count().collect()}
    # Counted from the rows themselves, so that clusters and removed documents agree.
    # A keeper of an earlier run has a cluster of its own, and no text here.
    keeper = F.col("cluster_id").alias("keeper_id")
    clusters = duplicates.groupBy(keeper).agg((F.count(F.lit(1)) + 1).alias("size"))
    size_class = F.ceil(F.log2("size")).cast("int") - 1
    classes = clusters.groupBy(size_class.alias("class")).count().collect()  # at most 63
    top = clusters.orderBy(F.desc("size"), F.asc("keeper_id")).limit(LARGEST_CLUSTERS).collect()
    return DuplicateCounts(
        kinds=kinds,
        size_classes={row["class"]: row["count"] for row in classes},
        largest=[ClusterSize(row["keeper_id"], row["size"]) for row in top],
    )


def count_table_duplicates(duplicates: pa.Table) -> DuplicateCounts:
    """The same for duplicates in memory."""
    kinds = Counter(duplicates.column("kind").to_pylist())
    clusters = Counter(duplicates.column("cluster_id").to_pylist())
    sizes = [ClusterSize(keeper, removed + 1) for keeper, removed in clusters.items()]
    ordered = sorted(sizes, key=lambda cluster: (-cluster.size, cluster.keeper_id))
    return DuplicateCounts(
        kinds=kinds,
        # of size n the least k with n <= 2^(k+1)
        size_classes=Counter((cluster.size - 1).bit_length() - 1 for cluster in sizes),
        largest=ordered[:LARGEST_CLUSTERS],
    )


def duplicate_facts(
    counts: DuplicateCounts,
    samples: Mapping[int, Sample],
    losses: LossesBySource,
    audit: DuplicateAudit,
) -> DuplicateFacts:
    """Return the report's part on duplicates; the samples hold the keepers' text."""
    nothing = Sample(None, "")
    largest = [(cluster, samples.get(cluster.keeper_id, nothing)) for cluster in counts.largest]
    return DuplicateFacts(
        exact=counts.kinds.get("exact", 0),
        near=counts.kinds.get("near", 0),
        clusters=sum(counts.size_classes.values()),
        cluster_size_histogram=[
            SizeClass(smallest=2**number + 1, largest=2 ** (number + 1), clusters=clusters)
            for number, clusters in sorted(counts.size_classes.items())
        ],
        largest=[
            Cluster(
                keeper_id=cluster.keeper_id, size=cluster.size, url=sample.url, sample=sample.text
            )
            for cluster, sample in largest
        ],
        sources=losses.sources,
        alarms=losses.alarms,
        source_pairs=losses.pairs,
        audit=audit,
    )

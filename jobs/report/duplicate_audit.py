"""An audit of duplicate removal: pairs drawn from what was accepted and refused, compared exactly.

Sketches estimate and buckets miss, so every run measures itself. Accepted pairs are removed
documents with their keepers. Refused ones met in a bucket and both stayed: the partners of some kept
documents (``PROBES``), from the signatures that the search left in its work folder. Their texts are
read again, and the exact Jaccard similarity of their shingles decides. Draws are by hashes of ids:
the same run is audited alike each time.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.dedup import DedupSettings
from jobs.dedup.published_signatures import DATASET as SIGNATURES
from jobs.report.proportions import wilson_interval
from jobs.report.report_model import AuditedShare, DuplicateAudit
from jobs.runtime.contract.manifest import read_manifest
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.spark.arrow_frames import map_with_schema
from udfs.columns.spark_hashes import xxhash64
from udfs.dedup.banding import Banding, meeting_probability
from udfs.dedup.shingles import Shingles
from udfs.dedup.signatures import SHINGLE_SET_SCHEMA, shingle_sets
from udfs.dedup.similarity import exact_similarity

SAMPLE = 200
PROBES = 2_000
GONE = (
    "refused pairs could not be looked at: the run's signatures/ is gone; write the report before "
    "deleting it"
)
_DRAWS = 1 << 30


class Pair(NamedTuple):
    """Two documents, by id."""

    first: int
    second: int


class RefusedPairs(NamedTuple):
    """A draw of the pairs that met and both stayed, and how many there are of them in all."""

    drawn: list[Pair]
    total: float


def read_signatures(context: RunContext) -> DataFrame | None:
    """The signatures that the run published, or None when they are gone."""
    if read_manifest(context.folder(SIGNATURES)) is None:
        return None
    return context.read(SIGNATURES, "dedup")[0]


def audit_duplicates(
    duplicates: DataFrame,
    signatures: DataFrame | None,
    texts: DataFrame,
    settings: DedupSettings,
    kept: int,
) -> DuplicateAudit:
    """Measure how many removals are right, and how many similar pairs were left.

    Args:
        duplicates: id, keeper_id, keeper_run, kind of the removed documents. Pairs with a keeper of
            an earlier run are left out: its text is elsewhere.
        signatures: id, band_keys of all documents that were compared; None: they are gone.
        texts: id, text of all of them.
        settings: Of the search.
        kept: Documents that stayed.
    """
    of_this_run = (F.col("kind") == "near") & (F.col("keeper_run") == 0)
    near = duplicates.where(of_this_run).select("id", "keeper_id")
    accepted, count = _drawn(near)
    refused = None
    if signatures is not None:
        refused = _refused(signatures, duplicates.select("id"), kept)
    everything = accepted + (refused.drawn if refused else [])
    sets = _shingle_sets(everything, texts, settings)
    return _audited(settings, accepted, count, refused, sets)


def audit_table(
    duplicates: pa.Table,
    signatures: pa.Table | None,
    texts: pa.Table,
    settings: DedupSettings,
    kept: int,
) -> DuplicateAudit:
    """The same for tables in memory."""
    of_this_run = pc.and_(
        pc.equal(duplicates.column("kind"), "near"), pc.equal(duplicates.column("keeper_run"), 0)
    )
    near = duplicates.filter(of_this_run)
    accepted = _draw(near.column("id").to_numpy(), near.column("keeper_id").to_numpy())
    refused = None
    if signatures is not None:
        refused = _refused_in(signatures, duplicates.column("id").to_numpy(), kept)
    everything = accepted + (refused.drawn if refused else [])
    wanted = sorted({number for pair in everything for number in pair})
    rows = texts.filter(pc.is_in(texts.column("id"), value_set=pa.array(wanted, pa.int64())))
    root = pa.repeat(pa.scalar(0, pa.int64()), rows.num_rows)
    batches = pa.table({"root": root, "id": rows.column("id"), "text": rows.column("text")})
    sets = {
        number: np.frombuffer(own, "<u4")
        for batch in shingle_sets(batches.combine_chunks().to_batches(), settings.shingle_plan)
        for number, own in zip(
            batch.column("id").to_pylist(), batch.column("set").to_pylist(), strict=True
        )
    }
    return _audited(settings, accepted, near.num_rows, refused, sets)


def _audited(
    settings: DedupSettings,
    accepted: list[Pair],
    count: int,
    refused: RefusedPairs | None,
    sets: Mapping[int, np.ndarray],
) -> DuplicateAudit:
    everything = accepted + (refused.drawn if refused else [])
    similarities = _exact_similarities(everything, sets)
    return summarise(
        settings,
        similarities[: len(accepted)],
        count,
        None if refused is None else similarities[len(accepted) :],
        0.0 if refused is None else refused.total,
    )


def summarise(
    settings: DedupSettings,
    accepted: Sequence[float],
    near: int,
    refused: Sequence[float] | None,
    refused_total: float,
) -> DuplicateAudit:
    """Turn exact similarities into shares with confidence intervals.

    Args:
        settings: Of the search.
        accepted: Of drawn removed documents to their keepers.
        near: Documents removed as near-duplicates.
        refused: Of drawn pairs that both stayed; None: not looked at.
        refused_total: How many such pairs there are.
    """
    threshold = settings.threshold
    right = _share(accepted, threshold)
    banding = Banding(settings.bands, settings.rows)
    audit = DuplicateAudit(
        threshold=threshold,
        accepted=right,
        refused=None,
        refused_pairs=None,
        recall=None,
        recall_low=None,
        recall_high=None,
        never_meet=1 - float(meeting_probability(threshold, banding)),
        note=GONE,
    )
    if refused is None:
        return audit
    missed = _share(refused, threshold)
    found = [near * (share or 0.0) for share in (right.low, right.share, right.high)]
    # The other way round: the least recall goes with the most that was missed.
    left = [refused_total * (share or 0.0) for share in (missed.high, missed.share, missed.low)]
    recalls = [_recall(hit, miss) for hit, miss in zip(found, left, strict=True)]
    return audit.model_copy(
        update={
            "refused": missed,
            "refused_pairs": round(refused_total),
            "recall_low": recalls[0],
            "recall": recalls[1],
            "recall_high": recalls[2],
            "note": None,
        }
    )


def _recall(found: float, missed: float) -> float | None:
    return found / (found + missed) if found + missed > 0 else None


def _share(similarities: Sequence[float], threshold: float) -> AuditedShare:
    similar = sum(similarity >= threshold for similarity in similarities)
    low, high = wilson_interval(similar, len(similarities))
    return AuditedShare(
        pairs=len(similarities),
        similar=similar,
        share=similar / len(similarities) if similarities else None,
        low=low if similarities else None,
        high=high if similarities else None,
        lowest=min(similarities, default=None),
        highest=max(similarities, default=None),
    )


def _drawn(pairs: DataFrame) -> tuple[list[Pair], int]:
    first, second = pairs.columns
    count = pairs.count()
    rows = pairs.orderBy(F.xxhash64(first, second), first, second).limit(SAMPLE).collect()
    return [Pair(row[0], row[1]) for row in rows], count


def _refused(signatures: DataFrame, removed: DataFrame, kept: int) -> RefusedPairs:
    """Pairs of kept documents, one of them a probe, that share a band key."""
    share = min(1.0, PROBES / max(kept, 1))
    draw = F.pmod(F.xxhash64("id", F.lit("probe")), F.lit(_DRAWS))
    compared = signatures.select("id", "band_keys")
    probes = compared.where(draw < int(share * _DRAWS)).join(removed, "id", "left_anti")
    asked = probes.select(F.col("id").alias("probe"), F.explode("band_keys").alias("key"))
    met = (
        compared.select("id", F.explode("band_keys").alias("key"))
        .join(F.broadcast(asked), "key")
        .where(F.col("id") != F.col("probe"))
        .select("probe", "id")
        .distinct()
        .join(removed, "id", "left_anti")
    )
    pairs = met.select("probe", "id").persist()
    try:
        drawn, count = _drawn(pairs)
    finally:
        pairs.unpersist()
    return RefusedPairs(drawn, count / share / 2)  # a pair is met from both of its sides


def _draw(first: np.ndarray, second: np.ndarray) -> list[Pair]:
    order = np.lexsort((second, first, xxhash64(first, second)))[:SAMPLE]
    return [Pair(*pair) for pair in zip(first[order].tolist(), second[order].tolist(), strict=True)]


def _refused_in(signatures: pa.Table, removed: np.ndarray, kept: int) -> RefusedPairs:
    """The same as :func:`_refused` for signatures in memory."""
    share = min(1.0, PROBES / max(kept, 1))
    ids = signatures.column("id").to_numpy()
    drawn = xxhash64(ids, b"probe") % _DRAWS < int(share * _DRAWS)
    lists = signatures.column("band_keys").combine_chunks()
    row = pc.list_parent_indices(lists).to_numpy()
    staying = ~np.isin(ids, removed)[row]
    table = pa.table({"key": pc.list_flatten(lists), "id": ids[row]})
    asked = table.filter(pa.array(staying & drawn[row])).rename_columns(["key", "probe"])
    met = table.filter(pa.array(staying)).join(asked, "key", join_type="inner")
    met = met.filter(pc.not_equal(met.column("id"), met.column("probe")))
    pairs = met.group_by(["probe", "id"]).aggregate([])
    found = _draw(pairs.column("probe").to_numpy(), pairs.column("id").to_numpy())
    return RefusedPairs(found, pairs.num_rows / share / 2)


def _shingle_sets(
    pairs: Collection[Pair], texts: DataFrame, settings: DedupSettings
) -> dict[int, np.ndarray]:
    """The sets of all documents of the pairs by id, uint32."""
    ids = sorted({number for pair in pairs for number in pair})
    if not ids:
        return {}
    wanted = texts.sparkSession.createDataFrame([(number,) for number in ids], "id bigint")
    rows = (
        texts.select("id", "text")
        .join(F.broadcast(wanted), "id")
        .select(F.lit(0).cast("bigint").alias("root"), "id", "text")
    )
    sets = map_with_schema(
        rows, functools.partial(shingle_sets, plan=settings.shingle_plan), SHINGLE_SET_SCHEMA
    )
    return {row["id"]: np.frombuffer(row["set"], "<u4") for row in sets.collect()}


def _exact_similarities(pairs: Collection[Pair], sets: Mapping[int, np.ndarray]) -> list[float]:
    ids = sorted({number for pair in pairs for number in pair})
    if not ids:
        return []
    place = {number: index for index, number in enumerate(ids)}
    nothing = np.empty(0, np.uint32)
    hashes = [sets.get(number, nothing) for number in ids]
    offsets = np.append(0, np.cumsum([len(one) for one in hashes])).astype(np.int64)
    shingles = Shingles(np.concatenate(hashes).astype(np.uint32), offsets)
    first, second = (
        np.array([place[number] for number in side], np.int64) for side in zip(*pairs, strict=True)
    )
    similarities: list[float] = exact_similarity(shingles, first, second).tolist()
    return similarities

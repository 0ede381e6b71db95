"""Perplexity by language: percentiles from the bins of the thresholds, and head, middle and tail."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from jobs.report.report_model import BucketFlow, Percentiles
from jobs.report.signal_histograms import finite_signal
from jobs.verdicts.array_verdicts import SignalTable
from jobs.verdicts.expressions import LANGUAGE
from jobs.verdicts.thresholds import BINS_PER_UNIT, MINIMUM_DOCUMENTS, quantile
from udfs.language.codes import UNKNOWN_LANGUAGE

STRUCT = "perplexity."
BUCKETS = ("head", "middle", "tail")
SHARES = {"p1": 0.01, "p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99}


def perplexity_table(
    annotated: DataFrame, signals: Sequence[str]
) -> dict[str, dict[str, Percentiles]]:
    """Return percentiles by language for each perplexity signal.

    Args:
        annotated: One row a document with the struct columns of signals.
        signals: Signals that rules name; those of other structs are passed over.
    """
    wanted = [signal for signal in signals if signal.startswith(STRUCT)]
    return {signal: _languages(annotated, signal) for signal in wanted}


def table_perplexities(
    annotated: SignalTable, signals: Sequence[str]
) -> dict[str, dict[str, Percentiles]]:
    """The same for signals in memory."""
    wanted = [signal for signal in signals if signal.startswith(STRUCT)]
    return {signal: _table_languages(annotated, signal) for signal in wanted}


def bucket_flows(verdicts: DataFrame, corpus: DataFrame) -> dict[str, BucketFlow]:
    """Return documents by language and bucket, before and after; languages without buckets not.

    Args:
        verdicts: ``id, language, perplexity_bucket`` of every judged document.
        corpus: ``id`` of the documents kept.
    """
    rows = _bucket_counts(verdicts, corpus)
    return _bucket_flows((row[0], row[1], row[2], row[3]) for row in rows)


def table_bucket_flows(verdicts: pa.Table, corpus: pa.Table) -> dict[str, BucketFlow]:
    """The same for tables in memory."""
    kept = pc.is_in(verdicts.column("id"), value_set=corpus.column("id").combine_chunks())
    rows = verdicts.select(["language", "perplexity_bucket"]).append_column("kept", kept)
    rows = rows.filter(rows.column("perplexity_bucket").is_valid())
    keys = ["language", "perplexity_bucket"]
    groups = rows.group_by(keys).aggregate([("kept", "count"), ("kept", "sum")])
    columns = [groups.column(name).to_pylist() for name in [*keys, "kept_count", "kept_sum"]]
    return _bucket_flows(zip(*columns, strict=True))


def _bucket_counts(verdicts: DataFrame, corpus: DataFrame) -> list[Row]:
    kept = verdicts.join(corpus.select("id", F.lit(True).alias("kept")), "id", "left")
    return (
        kept.where(F.col("perplexity_bucket").isNotNull())
        .groupBy("language", "perplexity_bucket")
        .agg(F.count(F.lit(1)).alias("in"), F.count("kept").alias("kept"))
        .collect()  # three rows a language
    )


def _bucket_flows(rows: Iterable[tuple[str, str, int, int]]) -> dict[str, BucketFlow]:
    counts: dict[str, dict[str, tuple[int, int]]] = {}
    for language, bucket, documents, kept in rows:
        counts.setdefault(language, {})[bucket] = (documents, kept)
    ordered = sorted(
        counts.items(), key=lambda item: (-sum(n for n, _ in item[1].values()), item[0])
    )
    return {
        language: BucketFlow(
            documents_in={name: own.get(name, (0, 0))[0] for name in BUCKETS},
            kept={name: own.get(name, (0, 0))[1] for name in BUCKETS},
        )
        for language, own in ordered
    }


def _languages(annotated: DataFrame, signal: str) -> dict[str, Percentiles]:
    value = finite_signal(signal)
    language = F.coalesce(F.col(LANGUAGE), F.lit(UNKNOWN_LANGUAGE))
    rows = (
        annotated.where(value > 0)
        .groupBy(language.alias("language"), F.floor(F.log(value) * BINS_PER_UNIT).alias("bin"))
        .count()
        .collect()  # at most a few thousand bins a language
    )
    bins: dict[str, dict[int, int]] = {}
    for row in rows:
        bins.setdefault(row["language"], {})[row["bin"]] = row["count"]
    return _of_languages(bins)


def _table_languages(signals: SignalTable, signal: str) -> dict[str, Percentiles]:
    (numbers, known), (names, places) = signals.values(signal), signals.languages
    chosen = np.flatnonzero(known & np.isfinite(numbers) & (numbers > 0))
    found = np.floor(np.log(numbers[chosen]) * BINS_PER_UNIT).astype(np.int64)
    bins: dict[str, Counter[int]] = {}
    for place, bin_number in zip(places[chosen].tolist(), found.tolist(), strict=True):
        bins.setdefault(names[place] or UNKNOWN_LANGUAGE, Counter())[bin_number] += 1
    return _of_languages(bins)


def _of_languages(bins: Mapping[str, Mapping[int, int]]) -> dict[str, Percentiles]:
    enough = [item for item in bins.items() if sum(item[1].values()) >= MINIMUM_DOCUMENTS]
    ordered = sorted(enough, key=lambda item: (-sum(item[1].values()), item[0]))
    return {language: _percentiles(counts) for language, counts in ordered}


def _percentiles(counts: Mapping[int, int]) -> Percentiles:
    values = {
        name: round(math.exp(quantile(counts, share) / BINS_PER_UNIT), 3)
        for name, share in SHARES.items()
    }
    return Percentiles(documents=sum(counts.values()), **values)

"""The documents that a tokeniser is trained and measured on, drawn by a hash of their text.

As with the perplexity models, the same documents are drawn whatever order they come in. Each language
gets the share of the sample that its text has, times its weight; what is measured was not trained on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from udfs.trainer_files.packing.packed_groups import TEXT

MEGABYTE: Final = 1_000_000
MEASURED_BYTES: Final = 2 * MEGABYTE
UNKNOWN: Final = "unknown"
_HASHES: Final = 1 << 30


class TokeniserSample(NamedTuple):
    """Texts to train on, and others to measure with, by language and by source."""

    training: list[str]
    measured: dict[str, list[str]]


def draw_sample(
    documents: DataFrame, megabytes: int, weights: Mapping[str, float]
) -> TokeniserSample:
    """Draw texts of a table with ``text`` and, where it knows them, ``language`` and ``source``.

    Args:
        documents: The table.
        megabytes: Size of the training sample at most; it is held in the driver's memory.
        weights: Language → times its share; 1 where nothing is said.
    """
    labels = [name for name in ("language", "source") if name in documents.columns]
    language = F.coalesce("language", F.lit(UNKNOWN)) if "language" in labels else F.lit(UNKNOWN)
    size = F.octet_length(TEXT)
    keyed = documents.where(size > 0).select(
        TEXT,
        *[name for name in labels if name == "source"],
        language.alias("language"),
        F.pmod(F.xxhash64(F.lit("tokeniser"), TEXT), F.lit(_HASHES)).alias("key"),
    )
    sizes = {
        str(row["language"]): int(row["bytes"])
        for row in keyed.groupBy("language")
        .agg(F.sum(F.octet_length(TEXT)).alias("bytes"))
        .collect()
    }
    shares = _shares(sizes, megabytes * MEGABYTE, weights)
    training = keyed.where(F.col("key") < _bound(shares)).select("key", TEXT)
    texts = [
        str(row[TEXT])
        for row in sorted(training.collect(), key=lambda row: (row["key"], row[TEXT]))
    ]
    others = {
        language: min(1.0, shares[language] + MEASURED_BYTES / max(1, own))
        for language, own in sizes.items()
    }
    apart = (F.col("key") >= _bound(shares)) & (F.col("key") < _bound(others))
    measured: dict[str, list[str]] = {}
    for row in sorted(keyed.where(apart).collect(), key=lambda row: (row["key"], row[TEXT])):
        measured.setdefault(str(row["language"]), []).append(str(row[TEXT]))
        if "source" in labels:
            measured.setdefault(f"source {row['source'] or UNKNOWN}", []).append(str(row[TEXT]))
    return TokeniserSample(texts, measured)


def _shares(
    sizes: Mapping[str, int], wanted: int, weights: Mapping[str, float]
) -> dict[str, float]:
    """Share of each language's documents to train on; some always stay to measure with."""
    weighted = {language: own * weights.get(language, 1.0) for language, own in sizes.items()}
    total = sum(weighted.values())
    most = 0.9
    return {
        language: min(most, wanted * weighted[language] / total / own) if total and own else 0.0
        for language, own in sizes.items()
    }


def _bound(shares: Mapping[str, float]) -> Column:
    pairs = [F.lit(item) for name, part in shares.items() for item in (name, int(part * _HASHES))]
    if not pairs:
        return F.lit(0)
    return F.element_at(F.create_map(*pairs), F.col("language"))

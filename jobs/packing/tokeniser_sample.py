"""The documents that a tokeniser is trained and measured on, drawn by a hash of their text.

As with the perplexity models, the same documents are drawn whatever order they come in. Each language
gets the share of the sample that its text has, times its weight; what is measured was not trained on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from udfs.columns.spark_hashes import xxhash64
from udfs.columns.string_views import string_views
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
    apart = (F.col("key") >= _bound(shares)) & (F.col("key") < _bound(_others(shares, sizes)))
    return _sample(
        [(int(row["key"]), str(row[TEXT])) for row in training.collect()],
        [
            (int(row["key"]), str(row[TEXT]), str(row["language"]), row["source"])
            if "source" in labels
            else (int(row["key"]), str(row[TEXT]), str(row["language"]))
            for row in keyed.where(apart).collect()
        ],
    )


def draw_own_sample(
    documents: pa.Table, megabytes: int, weights: Mapping[str, float]
) -> TokeniserSample:
    """Draw the same texts of a table in memory."""
    texts = string_views(documents.column(TEXT))
    lengths = np.diff(texts.offsets)
    keys = xxhash64(b"tokeniser", texts) % _HASHES
    languages = [UNKNOWN] * len(documents)
    if "language" in documents.column_names:
        languages = pc.fill_null(documents.column("language"), UNKNOWN).to_pylist()
    with_text = np.flatnonzero(lengths).tolist()
    sizes: dict[str, int] = {}
    for row in with_text:
        sizes[languages[row]] = sizes.get(languages[row], 0) + int(lengths[row])
    shares = _shares(sizes, megabytes * MEGABYTE, weights)
    others = _others(shares, sizes)
    first, second = (
        {name: int(part * _HASHES) for name, part in one.items()} for one in (shares, others)
    )
    training: list[tuple[int, str]] = []
    apart: list[tuple[int, str, str] | tuple[int, str, str, str | None]] = []
    for row in with_text:
        key, language = int(keys[row]), languages[row]
        if key >= second[language]:
            continue
        text = bytes(texts.data[texts.offsets[row] : texts.offsets[row + 1]]).decode(
            "utf-8", "replace"
        )
        if key < first[language]:
            training.append((key, text))
        elif "source" in documents.column_names:
            apart.append((key, text, language, documents.column("source")[row].as_py()))
        else:
            apart.append((key, text, language))
    return _sample(training, apart)


def _sample(
    training: list[tuple[int, str]],
    apart: list[tuple[int, str, str] | tuple[int, str, str, str | None]],
) -> TokeniserSample:
    measured: dict[str, list[str]] = {}
    for _, text, language, *source in sorted(apart, key=lambda row: row[:2]):
        measured.setdefault(language, []).append(text)
        for name in source:
            measured.setdefault(f"source {name or UNKNOWN}", []).append(text)
    return TokeniserSample([text for _, text in sorted(training)], measured)


def _others(shares: Mapping[str, float], sizes: Mapping[str, int]) -> dict[str, float]:
    """Share of each language's documents that are trained on or measured with."""
    return {
        language: min(1.0, shares[language] + MEASURED_BYTES / max(1, own))
        for language, own in sizes.items()
    }


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

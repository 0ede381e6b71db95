"""Where documents went by language, format and reason: one aggregation over narrow columns.

Lengths of texts come from the signals that count them; the texts themselves are not read.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from jobs.report.report_model import FormatFlow, LanguageFlow, Volume
from jobs.verdicts.expressions import LANGUAGE
from udfs.language.codes import UNKNOWN_LANGUAGE

UNKNOWN_FORMAT = "unknown"
# English and Chinese alike take about four UTF-8 bytes a token with the usual byte-pair vocabularies
# of 100,000 and more entries (English 4.3 letters of one byte, Chinese 1.4 characters of three).
BYTES_PER_TOKEN = 4
_KEYS = ("language", "format", "label")


@dataclass
class Tally:
    """Documents and the length of their text."""

    documents: int = 0
    characters: int = 0
    bytes: int = 0

    def add(self, row: Row | Mapping[str, Any]) -> None:
        """Add a group's sums."""
        self.documents += row["documents"]
        self.characters += row["characters"] or 0
        self.bytes += row["bytes"] or 0


@dataclass
class Flows:
    """Sums by place and by language, format and label.

    Places: ``read`` (reached extraction), ``departed`` and ``remaining`` (annotated, by whether the
    ledger has them), ``kept`` (the corpus), ``dropped`` (the ledger), ``quarantined``.
    """

    totals: dict[str, Tally] = field(default_factory=dict)
    languages: dict[str, dict[str, Tally]] = field(default_factory=dict)
    formats: dict[str, dict[str, Tally]] = field(default_factory=dict)
    labels: dict[str, dict[str, Tally]] = field(default_factory=dict)

    def add(self, row: Row | Mapping[str, Any]) -> None:
        """Add one group to all sums it belongs to."""
        place = row["place"]
        self.totals.setdefault(place, Tally()).add(row)
        for groups, key in (
            (self.languages, row["language"]),
            (self.formats, row["format"]),
            (self.labels, row["label"]),
        ):
            if key is not None:
                groups.setdefault(key, {}).setdefault(place, Tally()).add(row)

    def total(self, place: str) -> Tally:
        """Return the sums of one place."""
        return self.totals.get(place, Tally())

    def label_counts(self, place: str) -> dict[str, int]:
        """Return documents by label of one place, most frequent first."""
        counts = {
            label: places[place].documents
            for label, places in self.labels.items()
            if place in places
        }
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def count_flows(
    extracted: DataFrame,
    annotated: DataFrame,
    corpus: DataFrame,
    dropped: DataFrame,
    quarantined: DataFrame,
) -> Flows:
    """Count all documents by place, language, format, and reason or status."""
    language = F.coalesce(F.col("language"), F.lit(UNKNOWN_LANGUAGE))
    format_ = F.coalesce(F.col("format"), F.lit(UNKNOWN_FORMAT))
    parts = [
        _counted(extracted, F.lit("read"), format_=format_),
        _counted_texts(annotated, dropped, format_),
        _counted(corpus, F.lit("kept"), language=language, format_=format_),
        _counted(dropped, F.lit("dropped"), language=language, label=F.col("reason")),
        _counted(quarantined, F.lit("quarantined"), label=F.col("status")),
    ]
    flows = Flows()
    for row in functools.reduce(DataFrame.unionByName, parts).collect():
        flows.add(row)  # languages x formats, reasons, statuses
    return flows


def count_table_flows(
    extracted: pa.Table,
    annotated: pa.Table,
    corpus: pa.Table,
    dropped: pa.Table,
    quarantined: pa.Table,
) -> Flows:
    """The same for tables in memory; signals of ``annotated`` are columns named as rules name them."""
    gone = pc.is_in(annotated.column("id"), value_set=dropped.column("id").combine_chunks())
    lengths = {
        "characters": annotated.column("heuristics.character_count"),
        "bytes": annotated.column("heuristics.byte_count"),
    }
    spoken, judged = annotated.column(LANGUAGE), annotated.column("format")
    flows = Flows()
    for part in (
        _part("read", extracted, format=extracted.column("format")),
        _part(
            pc.if_else(gone, "departed", "remaining"),
            annotated,
            language=spoken,
            format=judged,
            **lengths,
        ),
        _part("kept", corpus, language=corpus.column("language"), format=corpus.column("format")),
        _part(
            "dropped", dropped, language=dropped.column("language"), label=dropped.column("reason")
        ),
        _part("quarantined", quarantined, label=quarantined.column("status")),
    ):
        groups = part.group_by(["place", *_KEYS]).aggregate(
            [("characters", "sum"), ("bytes", "sum"), ("place", "count")]
        )
        names = ["place", *_KEYS, "characters", "bytes", "documents"]
        for row in groups.rename_columns(names).to_pylist():
            flows.add(row)
    return flows


def _part(place: str | pa.ChunkedArray, rows: pa.Table, **columns: pa.ChunkedArray) -> pa.Table:
    """One part of the union of :func:`count_flows`."""
    unknown = {"language": UNKNOWN_LANGUAGE, "format": UNKNOWN_FORMAT}
    keys = {
        name: columns[name] if name in columns else pa.nulls(rows.num_rows, pa.string())
        for name in _KEYS
    }
    keys |= {name: pc.fill_null(keys[name], unknown[name]) for name in unknown if name in columns}
    numbers = {
        name: columns.get(name, pa.repeat(pa.scalar(0, pa.int64()), rows.num_rows))
        for name in ("characters", "bytes")
    }
    places = pa.repeat(place, rows.num_rows) if isinstance(place, str) else place
    return pa.table({"place": places, **keys, **numbers})


def _counted_texts(annotated: DataFrame, dropped: DataFrame, format_: Column) -> DataFrame:
    measured = annotated.select(
        "id",
        F.coalesce(F.col(LANGUAGE), F.lit(UNKNOWN_LANGUAGE)).alias("language"),
        format_.alias("format"),
        F.col("heuristics.character_count").alias("characters"),
        F.col("heuristics.byte_count").alias("bytes"),
    )
    ledger = dropped.select("id", F.lit("departed").alias("fate"))
    return _counted(
        measured.join(ledger, "id", "left"),
        F.coalesce(F.col("fate"), F.lit("remaining")),
        language=F.col("language"),
        format_=F.col("format"),
        lengths=(F.col("characters"), F.col("bytes")),
    )


def _counted(
    frame: DataFrame,
    place: Column,
    *,
    language: Column | None = None,
    format_: Column | None = None,
    label: Column | None = None,
    lengths: tuple[Column, Column] | None = None,
) -> DataFrame:
    absent = F.lit(None).cast("string")
    keys = {"place": place, "language": language, "format": format_, "label": label}
    named = [(absent if key is None else key).alias(name) for name, key in keys.items()]
    characters, octets = lengths or (F.lit(0), F.lit(0))
    return (
        frame.select(*named, characters.alias("c"), octets.alias("b"))
        .groupBy(*keys)
        .agg(
            F.count(F.lit(1)).alias("documents"),
            F.sum("c").alias("characters"),
            F.sum("b").alias("bytes"),
        )
    )


def estimated_tokens(text_bytes: int) -> int:
    """Return an estimate of the tokens in so many UTF-8 bytes."""
    return text_bytes // BYTES_PER_TOKEN


def volume(flows: Flows, bytes_in: int) -> Volume:
    """Return how much data came in and went out."""
    departed, remaining = flows.total("departed"), flows.total("remaining")
    return Volume(
        bytes_in=bytes_in,
        characters_in=departed.characters + remaining.characters,
        text_bytes_in=departed.bytes + remaining.bytes,
        characters_out=remaining.characters,
        text_bytes_out=remaining.bytes,
        estimated_tokens_out=estimated_tokens(remaining.bytes),
    )


def language_flows(flows: Flows) -> dict[str, LanguageFlow]:
    """Return the documents of each language, most documents first."""
    found = {
        language: LanguageFlow(
            documents_in=_annotated(places),
            kept=_documents(places, "kept"),
            dropped=_documents(places, "dropped"),
            characters_kept=places.get("remaining", Tally()).characters,
            estimated_tokens_kept=estimated_tokens(places.get("remaining", Tally()).bytes),
        )
        for language, places in flows.languages.items()
    }
    return dict(sorted(found.items(), key=lambda item: (-item[1].documents_in, item[0])))


def format_flows(flows: Flows) -> dict[str, FormatFlow]:
    """Return the documents of each format, of those that reached extraction."""
    found = {}
    for name, places in flows.formats.items():
        read, usable = _documents(places, "read"), _annotated(places)
        kept = _documents(places, "kept")
        found[name] = FormatFlow(
            documents_in=read, kept=kept, dropped=usable - kept, quarantined=read - usable
        )
    return dict(sorted(found.items(), key=lambda item: (-item[1].documents_in, item[0])))


def _annotated(places: Mapping[str, Tally]) -> int:
    return _documents(places, "departed") + _documents(places, "remaining")


def _documents(places: Mapping[str, Tally], place: str) -> int:
    return places.get(place, Tally()).documents

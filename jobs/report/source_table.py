"""The table of sources: documents by host, folder or container file, the largest fifty.

A source may be one of millions of hosts: groups are counted and cut by Spark, the driver sees the top.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.report.report_model import OtherSources, SourceFlow, Totals

TOP = 50
LONGEST_NAME = 200
LONGEST_PATH = 1 << 20
TOP_FOLDER = "(top folder)"
# scheme://user@host:port/ without the user and the port
HOST = r"^[A-Za-z][A-Za-z0-9+.\-]*://(?:[^/?#@]*@)?([^/?#:@]+)"
FIRST_TWO_COMPONENTS = r"^/*([^/]+(?:/+[^/]+)?)"
# One file of many documents is a source of its own; one of a thousand pages in a folder is not.
CONTAINER = r"(?i)\.(jsonl|ndjson|parquet|warc|wet|arc)(\.[a-z0-9]+)?$"


@dataclass(frozen=True)
class InputFacts:
    """What the ingested documents have in common."""

    bytes: int
    common_folder: str


def input_facts(documents: DataFrame) -> InputFacts:
    """Return the raw bytes of all documents and the folder that all sources share."""
    row = documents.agg(
        F.sum("content_bytes").alias("bytes"),
        F.min("source").alias("first"),
        F.max("source").alias("last"),
    ).collect()[0]
    first, last = row["first"] or "", row["last"] or ""
    # What the first and the last in order share, all in between share too.
    return InputFacts(bytes=row["bytes"] or 0, common_folder=shared_folder(first, last))


def shared_folder(first: str, last: str) -> str:
    """Return the folder that paths share, given the first and the last of them in order."""
    pairs = enumerate(zip(first, last, strict=False))
    differs = next((place for place, (a, b) in pairs if a != b), min(len(first), len(last)))
    return first[: first[:differs].rfind("/") + 1]


def source_group(common_folder: str) -> Column:
    """Return the name under which a document's source is counted.

    The url's host; without one, the first two components of the path below the folder that all
    sources share (a container file counts as a component, a single document's file name does not).
    """
    host = F.lower(F.regexp_extract(F.coalesce(F.col("url"), F.lit("")), HOST, 1))
    path = F.coalesce(F.col("source"), F.lit(""))
    below = F.substring(path, len(common_folder) + 1, LONGEST_PATH)
    folder = F.regexp_replace(below, r"[^/]*$", "")
    whole = F.when(path.rlike(CONTAINER), below).otherwise(folder)
    start = F.regexp_extract(whole, FIRST_TWO_COMPONENTS, 1)
    empty = F.lit("")
    name = F.coalesce(F.nullif(host, empty), F.nullif(start, empty), F.lit(TOP_FOLDER))
    return F.substring(name, 1, LONGEST_NAME)


def source_table(
    corpus: DataFrame,
    dropped: DataFrame,
    quarantined: DataFrame,
    common_folder: str,
    totals: Totals,
) -> tuple[list[SourceFlow], OtherSources]:
    """Return the sources with most documents, and the rest together.

    What came in is the sum of what became of it: extraction finds addresses that the fetched
    documents did not have yet, so counted at ingest a document would stand under another source.
    """
    places = {"kept": corpus, "dropped": dropped, "quarantined": quarantined}
    grouped = _grouped(places, source_group(common_folder))
    rows = grouped.orderBy(F.desc("in"), F.asc("source")).limit(TOP + 1).collect()
    listed = [
        SourceFlow(
            source=row["source"],
            documents_in=row["in"],
            kept=row["kept"],
            dropped=row["dropped"],
            quarantined=row["quarantined"],
        )
        for row in rows[:TOP]
    ]
    sources = len(rows) if len(rows) <= TOP else grouped.count()
    return listed, _others(listed, sources, totals)


def table_input_facts(documents: pa.Table) -> InputFacts:
    """The same as :func:`input_facts` for ``content_bytes, source`` in memory."""
    size = pc.sum(documents.column("content_bytes")).as_py() or 0
    ends = pc.min_max(documents.column("source")).as_py()
    return InputFacts(size, shared_folder(ends["min"] or "", ends["max"] or ""))


def source_name(url: str | None, source: str | None, common_folder: str) -> str:
    """Return what :func:`source_group` makes of one document."""
    host = re.match(HOST, url or "")
    path = source or ""
    below = path[len(common_folder) :]
    whole = below if re.search(CONTAINER, path, re.ASCII) else re.sub(r"[^/]*$", "", below)
    start = re.match(FIRST_TWO_COMPONENTS, whole)
    name = (host[1].lower() if host else "") or (start[1] if start else "") or TOP_FOLDER
    return name[:LONGEST_NAME]


def source_names(rows: pa.Table, common_folder: str) -> list[str]:
    """Return the names for ``url, source`` in memory."""
    columns = (rows.column(name).to_pylist() for name in ("url", "source"))
    return [source_name(url, source, common_folder) for url, source in zip(*columns, strict=True)]


def source_table_of(
    places: Mapping[str, pa.Table], common_folder: str, totals: Totals
) -> tuple[list[SourceFlow], OtherSources]:
    """The same as :func:`source_table` for ``url, source`` of kept, dropped and quarantined documents."""
    counts = {place: Counter(source_names(rows, common_folder)) for place, rows in places.items()}
    every: Counter[str] = sum(counts.values(), Counter())
    ordered = sorted(every.items(), key=lambda item: (-item[1], item[0]))
    listed = [
        SourceFlow(
            source=name,
            documents_in=documents,
            **{place: own[name] for place, own in counts.items()},
        )
        for name, documents in ordered[:TOP]
    ]
    return listed, _others(listed, len(every), totals)


def _grouped(places: Mapping[str, DataFrame], group: Column) -> DataFrame:
    parts = [
        frame.select(group.alias("source"), F.lit(place).alias("place"))
        for place, frame in places.items()
    ]
    counts = [F.count_if(F.col("place") == place).alias(place) for place in places]
    every = functools.reduce(DataFrame.unionByName, parts)
    return every.groupBy("source").agg(F.count(F.lit(1)).alias("in"), *counts)


def _others(listed: list[SourceFlow], sources: int, totals: Totals) -> OtherSources:
    return OtherSources(
        sources=sources - len(listed),
        documents_in=totals.documents_in - sum(flow.documents_in for flow in listed),
        kept=totals.kept - sum(flow.kept for flow in listed),
        dropped=totals.dropped - sum(flow.dropped for flow in listed),
        quarantined=totals.quarantined - sum(flow.quarantined for flow in listed),
    )

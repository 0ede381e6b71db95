"""Every published dataset's columns: Arrow type and meaning; Spark's DDL follows from them."""

from __future__ import annotations

import pyarrow as pa
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType


def _schema(*columns: tuple[str, pa.DataType, str]) -> pa.Schema:
    return pa.schema(
        [pa.field(name, type_, metadata={"meaning": text}) for name, type_, text in columns]
    )


_ORIGIN = (
    ("id", pa.int64(), "file number << 25 | row; the number comes from the file's name"),
    ("source", pa.string(), "the input file as the user named it"),
    ("source_id", pa.string(), "the id the source itself gives (WARC record id, id column)"),
    ("url", pa.string(), "the page's address, where the source tells it"),
    ("fetched_at", pa.string(), "when the crawler fetched it, as the source writes it"),
    (
        "place",
        pa.string(),
        "where its record begins in the file: byte of a WARC file, line, element",
    ),
)
_METADATA = ("metadata", pa.string(), "JSON object of the source's further columns (ingest.carry)")
_STATUS = (
    ("status", pa.string(), "ok, or the named reason why the document cannot be used"),
    ("detail", pa.string(), "the given and the wanted value behind the status"),
)

SOURCE_FILES = _schema(
    ("number", pa.int64(), "38 bits that its name gives"),
    ("name", pa.string(), "the file below the last part of the input that was given"),
    ("path", pa.string(), "absolute path or URI"),
    ("source", pa.string(), "the file as the user named it"),
    ("size", pa.int64(), "bytes"),
    ("modified", pa.int64(), "nanoseconds since 1970, UTC"),
)

_RECORD = (
    ("declared_charset", pa.string(), "charset of the HTTP header or container"),
    ("is_text", pa.bool_(), "content is extracted text already (WET, text column)"),
    *_STATUS,
)
_BYTES = ("content_bytes", pa.int64(), "length of the raw bytes")

SOURCE_TASKS = pa.schema([
    *SOURCE_FILES,
    pa.field("part", pa.int64(), metadata={"meaning": "which records: those whose row modulo parts is it"}),
    pa.field("parts", pa.int64(), metadata={"meaning": "tasks that read the file"}),
])  # fmt: skip

DOCUMENTS = _schema(*_ORIGIN, _BYTES, *_RECORD)

DOCUMENTS_WITH_CONTENT = _schema(
    *_ORIGIN, _METADATA, ("content", pa.binary(), "raw bytes as fetched"), _BYTES, *_RECORD
)

EXTRACTED = _schema(
    *_ORIGIN,
    _METADATA,
    ("text", pa.string(), "extracted text, Markdown for pages"),
    ("title", pa.string(), "title the document gives itself"),
    ("author", pa.string(), "author the document names"),
    ("date", pa.string(), "publication date the document names"),
    ("declared_language", pa.string(), "language the document declares"),
    ("licence_url", pa.string(), "licence the page links with rel=license"),
    ("format", pa.string(), "html, pdf, epub, text or unknown, told by content"),
    ("extractor", pa.string(), "reader that won"),
    ("extractor_version", pa.string(), "its version"),
    ("charset", pa.string(), "charset the bytes were decoded with"),
    ("tables_kept", pa.int32(), "tables kept as Markdown"),
    ("tables_dropped", pa.int32(), "tables that came apart and were left out"),
    (
        "page_starts",
        pa.list_(pa.int32()),
        "characters of the text before each page (PDF) or document of the spine (EPUB); else empty",
    ),
    _BYTES,
    ("content_hash", pa.string(), "of documents that are not ok: BLAKE2b of the raw bytes"),
    *_STATUS,
    ("stage", pa.string(), "who gave the status: ingest or extract"),
    (
        "record",
        pa.struct([("url", pa.string()), *((name, type_) for name, type_, _ in _RECORD)]),
        "what the source says of the document, and ingest of the record; documents/ is made of it",
    ),
)

CARRIED = (
    "id", "source", "source_id", "url", "fetched_at", "title", "author", "date", "format",
    "licence_url", "metadata",
)  # fmt: skip

CORPUS_COLUMNS = (
    "id", "text", "source", "url", "language", "title", "author", "date", "format", "fetched_at",
    "licence_url", "source_id", "metadata",
)  # fmt: skip

DUPLICATES = _schema(
    ("id", pa.int64(), "the removed document"),
    ("keeper_id", pa.int64(), "the document kept in its place"),
    (
        "similarity",
        pa.float64(),
        "Jaccard similarity to the keeper, 0 to 1; 1 for exact duplicates",
    ),
    ("kind", pa.string(), "exact or near"),
    ("keeper_run", pa.int32(), "0: the keeper is of this run; n: of the n-th run of --against"),
    (
        "cluster_id",
        pa.int64(),
        "the cluster: the id of its keeper; below zero for one of an earlier run",
    ),
    ("cluster_size", pa.int64(), "documents of the cluster, the keeper included"),
    ("n_exact", pa.int64(), "documents with this one's normalised text, itself included"),
)

# Of a run only: who removes rows from a table of his own reads his own ids in the columns above.
RUN_DUPLICATES = pa.schema([
    *DUPLICATES,
    *_schema(
        ("source_id", pa.string(), "the removed document's id in its source"),
        ("keeper_source_id", pa.string(), "the keeper's; null for one of another run"),
    ),
])  # fmt: skip

DROPPED = _schema(
    ("id", pa.int64(), "the document that left"),
    ("url", pa.string(), "its address"),
    ("source", pa.string(), "its file"),
    ("source_id", pa.string(), "its id there"),
    ("language", pa.string(), "its language"),
    ("stage", pa.string(), "decide, dedup or grade"),
    ("reason", pa.string(), "the first rule that failed, in the recipe's order"),
    ("reasons", pa.list_(pa.string()), "all rules that failed"),
    ("signal", pa.string(), "the signal the first rule looked at"),
    ("value", pa.float64(), "the signal's value"),
    ("threshold", pa.float64(), "the bound it broke"),
    ("keeper_id", pa.int64(), "for duplicates: the document kept instead"),
    ("keeper_source_id", pa.string(), "for duplicates: the id of that one in its source"),
    ("keeper_run", pa.int32(), "for duplicates: the run it is of, 0 for this one"),
    ("similarity", pa.float64(), "for duplicates: Jaccard similarity to it"),
    ("benchmark", pa.string(), "for benchmark items: the set of the strongest one"),
    ("item", pa.string(), "for benchmark items: its id there"),
    ("field", pa.string(), "for benchmark items: question, answer, code or options"),
    ("share", pa.float64(), "for benchmark items: part of the field's information found, 0 to 1"),
    ("bits", pa.float64(), "for benchmark items: information found"),
    ("passage", pa.string(), "for benchmark items: the document's words, cut after 600 bytes"),
)

QUARANTINED = _schema(
    ("id", pa.int64(), "the record that could not be used"),
    ("url", pa.string(), "its address"),
    ("source", pa.string(), "its file"),
    ("source_id", pa.string(), "its id there"),
    ("stage", pa.string(), "who gave the status: ingest or extract"),
    *_STATUS,
    ("content_hash", pa.string(), "BLAKE2b of the raw bytes; null for what ingest refused unread"),
)


def spark_schema(schema: pa.Schema) -> StructType:
    """Return the Spark schema of an Arrow schema."""
    return from_arrow_schema(schema)

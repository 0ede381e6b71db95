"""Batches of raw documents in, batches of extracted text out; one guarded child reads them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from udfs.columns.batch_columns import require_columns, schema_with, with_columns
from udfs.extraction.contract import Extraction, ExtractionOptions
from udfs.extraction.guard.parser_child import ParserChild
from udfs.extraction.guard.quarantine import DocumentQuarantine, Failure, content_hash

CONTENT = "content"
COLUMNS: dict[str, pa.DataType] = {
    "url": pa.string(),
    "text": pa.string(),
    "title": pa.string(),
    "author": pa.string(),
    "date": pa.string(),
    "declared_language": pa.string(),
    "licence_url": pa.string(),
    "format": pa.string(),
    "extractor": pa.string(),
    "extractor_version": pa.string(),
    "charset": pa.string(),
    "tables_kept": pa.int32(),
    "tables_dropped": pa.int32(),
    "page_starts": pa.list_(pa.int32()),
    "content_bytes": pa.int64(),
    "content_hash": pa.string(),
    "status": pa.string(),
    "detail": pa.string(),
}


@dataclass(frozen=True)
class ExtractBatches:
    """A function for mapInArrow: replaces ``content`` by the columns of an extraction.

    The input needs ``content`` (binary or string) and may have ``url``, ``declared_charset`` (string),
    ``is_text`` (bool: the content is extracted text already) and ``own_format`` (string: the key of
    ``readers`` that it is for, or null); other columns are carried through.
    """

    options: ExtractionOptions
    quarantined: Mapping[str, Failure] = field(default_factory=dict)
    """Fatal documents of earlier chunks and runs, by content hash: they are not parsed again."""

    readers: Mapping[str, str] = field(default_factory=dict)
    """Readers of the user's by their format: ``MODULE:FUNCTION``, imported in the parser child."""

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return the output's schema: ``content`` gone, the extraction's columns appended."""
        types = (pa.binary(), pa.large_binary(), pa.string(), pa.large_string())
        require_columns(schema, {CONTENT: types})
        return schema_with(schema.remove(schema.get_field_index(CONTENT)), COLUMNS)

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield a batch for each batch; the child is started once and recycled by its own rules."""
        decisive = (self.options, *sorted(self.readers.items()))
        quarantine = _quarantines.setdefault(decisive, DocumentQuarantine())
        quarantine.learn(self.quarantined)
        with ParserChild(
            options=self.options, quarantine=quarantine, readers=self.readers
        ) as child:
            for batch in batches:
                yield self._extracted(child, batch)

    def _extracted(self, child: ParserChild, batch: pa.RecordBatch) -> pa.RecordBatch:
        contents = [_bytes(value) for value in batch.column(CONTENT)]
        urls = _strings(batch, "url")
        charsets = _strings(batch, "declared_charset")
        is_text = batch.column("is_text").to_pylist() if "is_text" in batch.schema.names else []
        own_formats = _strings(batch, "own_format")
        known = ["text" if known else None for known in is_text] or own_formats
        formats = [own or other for own, other in zip(own_formats, known, strict=True)]
        results = [
            child.extract(content, url, charset, format_)
            for content, url, charset, format_ in zip(
                contents, urls, charsets, formats, strict=True
            )
        ]
        columns = _columns(results, urls, contents)
        rest = batch.drop_columns([CONTENT])
        return with_columns(rest, columns)


# Outlives the task: Spark gives a retried task and the next ones to the same Python worker.
_quarantines: dict[tuple[object, ...], DocumentQuarantine] = {}


def _bytes(value: pa.Scalar) -> bytes:
    found = value.as_py()
    if found is None:
        return b""
    return found.encode("utf-8") if isinstance(found, str) else bytes(found)


def _strings(batch: pa.RecordBatch, name: str) -> list[str | None]:
    if name not in batch.schema.names:
        return [None] * batch.num_rows
    return list(batch.column(name).to_pylist())


def _columns(
    results: list[Extraction], urls: list[str | None], contents: list[bytes]
) -> dict[str, pa.Array]:
    # A crawler knows better than the page where it was found; files know only what they say.
    special: dict[str, list[object]] = {
        "url": [url or result.canonical_url for url, result in zip(urls, results, strict=True)],
        "declared_language": [result.language for result in results],
        "content_bytes": [len(content) for content in contents],
        "content_hash": [
            None if result.status == "ok" else content_hash(content)
            for result, content in zip(results, contents, strict=True)
        ],
    }
    return {
        name: pa.array(special.get(name) or [getattr(result, name) for result in results], type_)
        for name, type_ in COLUMNS.items()
    }

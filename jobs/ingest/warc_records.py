"""Records of WARC and WET files: what is wrong with one costs that one.

FastWARC finds the records; the HTTP inside is read by ``http_payload``, since FastWARC (2.0.1) raises at a
wrong encoding and again at each next record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecordType

from jobs.ingest.http_payload import MAXIMUM_HEAD, read_payload
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord, too_big
from udfs.extraction.document_format import identify

_OTHER_CONTENT = frozenset(
    [
        *(
            f"text/{name}"
            for name in ("css", "javascript", "dns", "calendar", "csv", "vcard", "xml")
        ),
        *(
            f"application/{name}"
            for name in ("javascript", "x-javascript", "ecmascript", "json", "ld+json")
        ),
        *(
            f"application/{name}"
            for name in ("manifest+json", "xml", "rss+xml", "atom+xml", "wasm")
        ),
        *(f"application/{name}" for name in ("octet-stream", "font-woff", "font-woff2")),
    ]
)
_OTHER_KINDS = ("image/", "audio/", "video/", "font/")
_DOCUMENTS = frozenset(["html", "pdf", "epub"])


def warc_records(stream: BinaryIO, settings: IngestSettings) -> Iterator[SourceRecord]:
    """Yield one record a response, resource or conversion.

    Raises:
        OSError: The file is damaged where a record should begin.
    """
    kinds = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion
    for record in ArchiveIterator(stream, record_types=kinds, parse_http=False, auto_decode="none"):
        known = SourceRecord(
            url=record.headers.get("WARC-Target-URI"),
            fetched_at=record.headers.get("WARC-Date"),
            source_id=record.record_id,
        )
        yield _record(record, known, settings)


def _record(record: Any, known: SourceRecord, settings: IngestSettings) -> SourceRecord:
    limit = settings.max_document_bytes
    block = record.reader.read(limit + MAXIMUM_HEAD + 1)
    missing = int(record.content_length) - len(block)
    if missing > 0 and len(block) <= limit + MAXIMUM_HEAD:
        wanted = f"{missing:,} of {record.content_length:,} bytes are missing"
        detail = f"the file ends inside this record: {wanted}"
        return replace(known, status="malformed", detail=detail)
    truncated = record.headers.get("WARC-Truncated")
    detail = f"truncated by the crawler: {truncated}" if truncated else ""
    if record.record_type == WarcRecordType.conversion:
        if len(block) > limit:
            return too_big(f"more than {limit:,} bytes", settings, known)
        return replace(known, content=block, is_text=True, detail=detail)
    payload = read_payload(block, limit)
    if payload.status not in (None, 200):
        return replace(known, status="http_status", detail=str(payload.status))
    if len(payload.body) > limit:
        return too_big(f"more than {limit:,} bytes", settings, known)
    media_type = payload.media_type or _plain_type(record.headers.get("Content-Type"))
    if payload.status is None and media_type == "application/http":
        reason = payload.detail or "the response has no HTTP status line"
        return replace(known, status="malformed", detail=reason)
    if _is_no_document(media_type, payload.body):
        return replace(
            known, status="unsupported", detail=f"Content-Type {media_type}: no document"
        )
    return replace(
        known,
        content=payload.body,
        declared_charset=payload.charset,
        detail="; ".join(filter(None, (detail, payload.detail))),
    )


def _plain_type(header: str | None) -> str:
    return (header or "").split(";")[0].strip().lower()


def _is_no_document(media_type: str, body: bytes) -> bool:
    """Believe a header that names something else, unless the bytes are a page or a book all the same."""
    if media_type not in _OTHER_CONTENT and not media_type.startswith(_OTHER_KINDS):
        return False
    return identify(body).name not in _DOCUMENTS

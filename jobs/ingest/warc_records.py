"""Records of WARC and WET files: what is wrong with one costs that one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from jobs.ingest.http_payload import MAXIMUM_HEAD, read_payload
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord, too_big
from jobs.ingest.unpacking import stretches
from jobs.ingest.warc_blocks import DOCUMENT_TYPES, WarcBlock, read_blocks
from udfs.extraction.document_format import identify
from udfs.extraction.own_readers import ending_of_address

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


def warc_records(
    stream: BinaryIO, compression: str | None, settings: IngestSettings
) -> Iterator[SourceRecord]:
    """Yield one record a response, resource or conversion, and one a damage that none of these shows.

    Args:
        stream: The file, seekable.
        compression: ``gzip``, ``zstd`` or None.
        settings: Limits.
    """
    for stretch in stretches(stream, compression):
        for block in read_blocks(stretch, settings.max_document_bytes + MAXIMUM_HEAD):
            if block.type in DOCUMENT_TYPES or block.fault:
                yield _record(block, settings)


def _record(block: WarcBlock, settings: IngestSettings) -> SourceRecord:
    known = SourceRecord(
        url=block.headers.get("warc-target-uri", "").removeprefix("<").removesuffix(">") or None,
        fetched_at=block.headers.get("warc-date") or None,
        source_id=block.headers.get("warc-record-id") or None,
        place=block.place,
    )
    if block.fault:
        return replace(known, status="malformed", detail=block.fault)
    limit = settings.max_document_bytes
    truncated = block.headers.get("warc-truncated")
    notes = [f"truncated by the crawler: {truncated}" if truncated else "", block.note]
    if block.type == "conversion":
        if block.size > limit:
            return too_big(f"{block.size:,} bytes", settings, known)
        return replace(known, content=block.content, is_text=True, detail=_joined(notes))
    payload = read_payload(block.content, limit)
    if payload.status not in (None, 200):
        return replace(known, status="http_status", detail=str(payload.status))
    if len(payload.body) > limit:
        return too_big(f"more than {limit:,} bytes", settings, known)
    media_type = payload.media_type or _plain_type(block.headers.get("content-type"))
    if payload.status is None and media_type == "application/http":
        reason = payload.detail or "the response has no HTTP status line"
        return replace(known, status="malformed", detail=reason)
    own = ending_of_address(known.url)
    if own in settings.readers:
        known = replace(known, own_format=own)
    elif _is_no_document(media_type, payload.body):
        return replace(
            known, status="unsupported", detail=f"Content-Type {media_type}: no document"
        )
    return replace(
        known,
        content=payload.body,
        declared_charset=payload.charset,
        detail=_joined([*notes, payload.detail]),
    )


def _joined(notes: list[str]) -> str:
    return "; ".join(filter(None, notes))


def _plain_type(header: str | None) -> str:
    return (header or "").split(";")[0].strip().lower()


def _is_no_document(media_type: str, body: bytes) -> bool:
    """Believe a header that names something else, unless the bytes are a page or a book all the same."""
    if media_type not in _OTHER_CONTENT and not media_type.startswith(_OTHER_KINDS):
        return False
    return identify(body).name not in _DOCUMENTS

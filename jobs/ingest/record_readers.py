"""One source file's records, whatever its container: WARC, WET, Parquet, JSON lines, or one document.

The container is told from the first bytes, never from the name. A record that cannot be used comes
out all the same, with a status and a detail: what was read must be accounted for.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq
from fastwarc.warc import ArchiveIterator, WarcRecordType

from jobs.ingest.settings import IngestSettings

HEAD_BYTES = 64 * 1024
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
PARQUET_MAGIC = b"PAR1"
PARQUET_BATCH_ROWS = 256
# Broken members, truncated streams and wrong checksums, as the decompressors name them.
DAMAGE = (OSError, EOFError, zlib.error, pa.ArrowException, ValueError)


@dataclass(frozen=True)
class SourceRecord:
    """One record of a source: raw bytes and what the container says about them.

    Attributes:
        content: The bytes of the page, book or text.
        is_text: The content is already extracted text in UTF-8.
        status: ``ok`` or why the record cannot be used.
    """

    content: bytes = b""
    url: str | None = None
    fetched_at: str | None = None
    declared_charset: str | None = None
    source_id: str | None = None
    is_text: bool = False
    status: str = "ok"
    detail: str = ""


UNKNOWN_RECORD = SourceRecord()


def read_records(stream: BinaryIO, size: int, settings: IngestSettings) -> Iterator[SourceRecord]:
    """Yield the records of one file; at least one, also for an empty or a damaged file.

    Args:
        stream: The file, open for reading at its start and seekable.
        size: Its size in bytes.
        settings: Limits and field names.
    """
    if size == 0:
        yield SourceRecord(status="empty", detail="the file has 0 bytes")
        return
    count = 0
    try:
        for record in _by_container(stream, size, settings):
            count += 1
            yield record
    except DAMAGE as error:
        yield SourceRecord(status="malformed", detail=f"after {count} records: {_one_line(error)}")
        return
    if count == 0:
        yield SourceRecord(status="empty", detail="the container holds no document record")


def _by_container(stream: BinaryIO, size: int, settings: IngestSettings) -> Iterator[SourceRecord]:
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if head.startswith(PARQUET_MAGIC):
        yield from _parquet_records(stream, settings)
        return
    compression = _compression(head)
    inner_head = _decompressed_head(head, compression)
    if inner_head.startswith(b"WARC/"):
        yield from _warc_records(stream, settings)
    elif _looks_like_json_lines(inner_head):
        yield from _json_line_records(_decompressed(stream, compression), settings)
    else:
        yield _single_document(stream, size, compression, settings)


def _compression(head: bytes) -> str | None:
    if head.startswith(GZIP_MAGIC):
        return "gzip"
    return "zstd" if head.startswith(ZSTD_MAGIC) else None


def _decompressed_head(head: bytes, compression: str | None) -> bytes:
    if compression is None:
        return head
    if compression == "gzip":
        return zlib.decompressobj(wbits=31).decompress(head, HEAD_BYTES)
    try:
        return _decompressed(io.BytesIO(head), compression).read(HEAD_BYTES)
    except OSError:  # the head ends inside the first zstd block: more is needed to tell
        return b""


def _decompressed(stream: BinaryIO, compression: str | None) -> BinaryIO:
    if compression == "gzip":
        return cast("BinaryIO", gzip.GzipFile(fileobj=stream))
    if compression == "zstd":
        # Arrow's streams cannot read lines; the standard reader around them can.
        return io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd"))
    return stream


def _looks_like_json_lines(head: bytes) -> bool:
    lines = [line for line in head.split(b"\n")[:20] if line.strip()]
    return any(line.lstrip().startswith(b"{") and _json_object(line) is not None for line in lines)


def _json_object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _single_document(
    stream: BinaryIO, size: int, compression: str | None, settings: IngestSettings
) -> SourceRecord:
    limit = settings.max_document_bytes
    if size > limit:
        return _too_big(f"{size:,} bytes", settings)
    # One byte more than allowed tells a bomb without unpacking it.
    content = _decompressed(stream, compression).read(limit + 1)
    if len(content) > limit:
        return _too_big(f"more than {limit:,} bytes unpacked", settings)
    return SourceRecord(content=content)


def _too_big(
    found: str, settings: IngestSettings, known: SourceRecord = UNKNOWN_RECORD
) -> SourceRecord:
    wanted = (
        f"{found}; at most {settings.max_document_megabytes} MiB (ingest.max_document_megabytes)"
    )
    return replace(known, status="too_big", detail=wanted)


def _warc_records(stream: BinaryIO, settings: IngestSettings) -> Iterator[SourceRecord]:
    kinds = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion
    for record in ArchiveIterator(stream, record_types=kinds, parse_http=True, auto_decode="all"):
        known = SourceRecord(
            url=record.headers.get("WARC-Target-URI"),
            fetched_at=record.headers.get("WARC-Date"),
            source_id=record.record_id,
        )
        http = record.http_headers if record.record_type == WarcRecordType.response else None
        if http is not None and http.status_code is not None and http.status_code != 200:
            yield replace(known, status="http_status", detail=str(http.status_code))
            continue
        content = record.reader.read(settings.max_document_bytes + 1)
        if len(content) > settings.max_document_bytes:
            yield _too_big(f"more than {settings.max_document_bytes:,} bytes", settings, known)
            continue
        truncated = record.headers.get("WARC-Truncated")
        yield replace(
            known,
            content=content,
            declared_charset=record.http_charset,
            is_text=record.record_type == WarcRecordType.conversion,
            detail=f"truncated by the crawler: {truncated}" if truncated else "",
        )


def _json_line_records(stream: BinaryIO, settings: IngestSettings) -> Iterator[SourceRecord]:
    limit = settings.max_document_bytes * 2  # escapes make JSON longer than the text it holds
    number = 0
    while line := stream.readline(limit + 1):
        number += 1
        if len(line) > limit:
            yield _too_big(f"line {number} has more than {limit:,} bytes", settings)
            while line and not line.endswith(b"\n"):
                line = stream.readline(limit)
            continue
        if not line.strip():
            continue
        fields = _json_object(line)
        if fields is None:
            yield SourceRecord(status="malformed", detail=f"line {number} is no JSON object")
        else:
            yield _field_record(fields, f"line {number}", settings)


def _parquet_records(stream: BinaryIO, settings: IngestSettings) -> Iterator[SourceRecord]:
    table = pq.ParquetFile(stream)
    wanted = {
        *settings.html_fields, *settings.text_fields, *settings.url_fields, *settings.id_fields,
        *settings.date_fields,
    }  # fmt: skip
    columns = [name for name in table.schema_arrow.names if name in wanted]
    if not {*settings.html_fields, *settings.text_fields} & set(columns):
        names = ", ".join(table.schema_arrow.names)
        raise ValueError(
            f"no column named one of {', '.join(settings.text_fields + settings.html_fields)}; the file "
            f"has {names}. Name yours with --set ingest.text_fields=NAME"
        )
    for batch in table.iter_batches(PARQUET_BATCH_ROWS, columns=columns):
        for fields in batch.to_pylist():
            yield _field_record(fields, "row", settings)


def _field_record(fields: Mapping[str, Any], place: str, settings: IngestSettings) -> SourceRecord:
    html = _first(fields, settings.html_fields)
    value = html if html is not None else _first(fields, settings.text_fields)
    date = _first(fields, settings.date_fields)
    identifier = _first(fields, settings.id_fields)
    url = _first(fields, settings.url_fields)
    known = SourceRecord(
        url=str(url) if url is not None else None,
        fetched_at=str(date) if date is not None else None,
        source_id=str(identifier) if identifier is not None else None,
    )
    if value is None:
        wanted = " or ".join(settings.text_fields + settings.html_fields)
        return replace(known, status="malformed", detail=f"{place} has no {wanted}")
    if not isinstance(value, bytes | str):
        kind = type(value).__name__
        return replace(known, status="malformed", detail=f"{place}: text is a {kind}")
    # JSON may smuggle in half a surrogate pair, which UTF-8 cannot hold.
    content = value.encode("utf-8", "replace") if isinstance(value, str) else value
    if len(content) > settings.max_document_bytes:
        return _too_big(f"{len(content):,} bytes", settings, known)
    declared = "utf-8" if isinstance(value, str) else None
    is_text = html is None and isinstance(value, str)
    return replace(known, content=content, declared_charset=declared, is_text=is_text)


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]

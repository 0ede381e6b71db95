"""One source file's records, whatever its container: WARC, WET, Parquet, JSON, CSV, or one document.

The container is told from the first bytes, never from the name. A record that cannot be used comes
out all the same, with a status and a detail: what was read must be accounted for.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

import pyarrow as pa

from jobs.ingest.delimited_records import delimited_records, delimiter_of, looks_like_list
from jobs.ingest.json_records import (
    UTF8_MARK,
    json_array_records,
    json_line_records,
    looks_like_json_array,
    looks_like_json_lines,
    wide_encoding,
)
from jobs.ingest.parquet_records import PARQUET_MAGIC, parquet_records
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord, too_big
from jobs.ingest.unpacking import LARGE_WINDOW, Stretch, compression_of, stretches
from jobs.ingest.warc_records import warc_records
from udfs.extraction.own_readers import PACKINGS, ending

HEAD_BYTES = 64 * 1024
# Broken members, truncated streams and wrong checksums, as the decompressors name them; values that
# Python cannot hold.
DAMAGE = (
    OSError, EOFError, zlib.error, pa.ArrowException, ValueError, OverflowError, LookupError,
    RecursionError,
)  # fmt: skip


def read_records(
    stream: BinaryIO, size: int, settings: IngestSettings, name: str = ""
) -> Iterator[SourceRecord]:
    """Yield the records of one file; at least one, also for an empty or a damaged file.

    Args:
        stream: The file, open for reading at its start and seekable.
        size: Its size in bytes.
        settings: Limits, field names, and readers of the user's.
        name: Of the file: with an ending that the user gave a reader for it is one document.
    """
    if size == 0:
        yield SourceRecord(status="empty", detail="the file has 0 bytes")
        return
    count = 0
    try:
        for record in _by_container(stream, size, settings, name):
            count += 1
            yield record
    except DAMAGE as error:
        yield _damaged(error, count)
        return
    if count == 0:
        yield SourceRecord(status="empty", detail="the container holds no document record")


def _damaged(error: Exception, count: int) -> SourceRecord:
    text = " ".join(f"{type(error).__name__}: {error}".split())[:500]
    if LARGE_WINDOW in text:
        return SourceRecord(
            status="unsupported",
            detail="zstd with a window above 128 MiB: pack it anew, "
            "`zstd -d --long=31 -c FILE | zstd -o NEW`",
        )
    return SourceRecord(status="malformed", detail=f"after {count} records: {text}")


def _by_container(
    stream: BinaryIO, size: int, settings: IngestSettings, name: str
) -> Iterator[SourceRecord]:
    head = stream.read(HEAD_BYTES)
    if (own := ending(name)) in settings.readers:
        packed = compression_of(head) if name.lower().endswith(PACKINGS) else None
        yield replace(_single_document(stream, size, packed, settings), own_format=own)
        return
    if head.startswith(PARQUET_MAGIC):
        stream.seek(0)
        yield from parquet_records(stream, settings)
        return
    compression = compression_of(head)
    inner_head = _inner_head(stream, compression)
    if inner_head.startswith(b"WARC/"):
        yield from warc_records(stream, compression, settings)
        return
    shown = _plain_head(inner_head)
    if looks_like_json_lines(shown):
        for stretch in stretches(stream, compression):
            yield from json_line_records(stretch, wide_encoding(inner_head), settings)
    elif looks_like_json_array(shown):
        array = Stretch(stream, 0, compression)
        yield from json_array_records(array, wide_encoding(inner_head), settings)
    elif looks_like_list(shown):
        yield SourceRecord(
            status="unsupported",
            detail="a list of paths or addresses, no document: give it by --inputs-from FILE",
        )
    elif (delimiter := delimiter_of(shown, whole=len(inner_head) < HEAD_BYTES)) is not None:
        table = Stretch(stream, 0, compression)
        yield from delimited_records(table, delimiter, settings)
    else:
        yield _single_document(stream, size, compression, settings)


def _inner_head(stream: BinaryIO, compression: str | None) -> bytes:
    """The first bytes below the packing that can be read."""
    heads = (io.BufferedReader(part).read(HEAD_BYTES) for part in stretches(stream, compression))
    return next(filter(None, heads), b"")


def _plain_head(head: bytes) -> bytes:
    """The head as JSON is looked for in it: without mark, wide characters as UTF-8."""
    encoding = wide_encoding(head)
    if encoding is None:
        return head.removeprefix(UTF8_MARK)
    whole = head[: len(head) // 4 * 4]
    return whole.decode(encoding, "replace").encode("utf-8", "replace").removeprefix(UTF8_MARK)


def _single_document(
    stream: BinaryIO, size: int, compression: str | None, settings: IngestSettings
) -> SourceRecord:
    limit = settings.max_document_bytes
    if size > limit:
        return too_big(f"{size:,} bytes", settings)
    stretch = Stretch(stream, 0, compression)
    # One byte more than allowed tells a bomb without unpacking it.
    content = io.BufferedReader(stretch).read(limit + 1)
    if len(content) > limit:
        return too_big(f"more than {limit:,} bytes unpacked", settings)
    if stretch.damage:
        return SourceRecord(status="malformed", detail=stretch.damage)
    return SourceRecord(content=content)

"""One source file's records, whatever its container: WARC, WET, Parquet, JSON lines, or one document.

The container is told from the first bytes, never from the name. A record that cannot be used comes
out all the same, with a status and a detail: what was read must be accounted for.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

import pyarrow as pa

from jobs.ingest.json_records import (
    UTF8_MARK,
    as_utf8,
    json_array_records,
    json_line_records,
    looks_like_json_array,
    looks_like_json_lines,
    wide_encoding,
)
from jobs.ingest.parquet_records import PARQUET_MAGIC, parquet_records
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord, too_big
from jobs.ingest.warc_records import warc_records

HEAD_BYTES = 64 * 1024
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# Broken members, truncated streams and wrong checksums, as the decompressors name them; values that
# Python cannot hold.
DAMAGE = (OSError, EOFError, zlib.error, pa.ArrowException, ValueError, OverflowError, LookupError)
_LARGE_WINDOW = "Frame requires too much memory"


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
        yield _damaged(error, count)
        return
    if count == 0:
        yield SourceRecord(status="empty", detail="the container holds no document record")


def _damaged(error: Exception, count: int) -> SourceRecord:
    text = " ".join(f"{type(error).__name__}: {error}".split())[:500]
    if _LARGE_WINDOW in text:
        return SourceRecord(
            status="unsupported",
            detail="zstd with a window above 128 MiB: pack it anew, "
            "`zstd -d --long=31 -c FILE | zstd -o NEW`",
        )
    return SourceRecord(status="malformed", detail=f"after {count} records: {text}")


def _by_container(stream: BinaryIO, size: int, settings: IngestSettings) -> Iterator[SourceRecord]:
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if head.startswith(PARQUET_MAGIC):
        yield from parquet_records(stream, settings)
        return
    compression = _compression(head)
    inner_head, is_whole = _inner_head(stream, head, size, compression)
    if inner_head.startswith(b"WARC/"):
        yield from warc_records(stream, compression, settings)
        return
    shown = _plain_head(inner_head)
    if looks_like_json_lines(shown, is_whole=is_whole):
        lines = as_utf8(_decompressed(stream, compression), inner_head)
        yield from json_line_records(lines, settings)
    elif looks_like_json_array(shown):
        array = as_utf8(_decompressed(stream, compression), inner_head)
        yield from json_array_records(array, settings)
    else:
        yield _single_document(stream, size, compression, settings)


def _compression(head: bytes) -> str | None:
    if head.startswith(GZIP_MAGIC):
        return "gzip"
    return "zstd" if head.startswith(ZSTD_MAGIC) else None


def _inner_head(
    stream: BinaryIO, head: bytes, size: int, compression: str | None
) -> tuple[bytes, bool]:
    """The first bytes below the packing, and whether they are all; leaves the stream at its start."""
    has_whole_file = size <= len(head)
    if compression is None:
        return head, has_whole_file
    if compression == "gzip":  # of a file cut off at its end the beginning still tells what it is
        member = zlib.decompressobj(wbits=31)
        inner = member.decompress(head, HEAD_BYTES)
        return inner, has_whole_file and member.eof and not member.unused_data
    try:
        inner = _decompressed(stream, compression).read(HEAD_BYTES)
    finally:
        stream.seek(0)
    return inner, len(inner) < HEAD_BYTES


def _plain_head(head: bytes) -> bytes:
    """The head as JSON is looked for in it: without mark, wide characters as UTF-8."""
    encoding = wide_encoding(head)
    if encoding is None:
        return head.removeprefix(UTF8_MARK)
    whole = head[: len(head) // 4 * 4]
    return whole.decode(encoding, "replace").encode("utf-8", "replace").removeprefix(UTF8_MARK)


def _decompressed(stream: BinaryIO, compression: str | None) -> BinaryIO:
    if compression == "gzip":
        return cast("BinaryIO", gzip.GzipFile(fileobj=stream))
    if compression == "zstd":
        # Arrow's streams cannot read lines; the standard reader around them can.
        unpacked = pa.CompressedInputStream(pa.PythonFile(_Unowned(stream), "r"), "zstd")
        return io.BufferedReader(unpacked)
    return stream


class _Unowned:
    """A stream that outlives the reader put around it: Arrow closes what it is given."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.closed = False

    def read(self, count: int = -1) -> bytes:
        return self._stream.read(count)

    def close(self) -> None:
        """Leave the stream open; its owner closes it."""


def _single_document(
    stream: BinaryIO, size: int, compression: str | None, settings: IngestSettings
) -> SourceRecord:
    limit = settings.max_document_bytes
    if size > limit:
        return too_big(f"{size:,} bytes", settings)
    # One byte more than allowed tells a bomb without unpacking it.
    content = _decompressed(stream, compression).read(limit + 1)
    if len(content) > limit:
        return too_big(f"more than {limit:,} bytes unpacked", settings)
    return SourceRecord(content=content)

"""A connection that breaks is told from a damaged file, whatever the container around the records."""

import gzip
import io
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.ingest.record_readers import read_records
from jobs.ingest.settings import IngestSettings
from jobs.runtime.errors import StoreReadError
from jobs.runtime.store import storage
from jobs.runtime.store.store_stream import StoreStream

READ = 1 << 16


class BreakingFile:
    """Arrow's view of a remote file that answers so many times and never again."""

    def __init__(self, content: bytes, most: int = 2) -> None:
        self.most = most
        self.stream = io.BytesIO(content)
        self.answers = 0
        self.seek, self.tell, self.close = self.stream.seek, self.stream.tell, self.stream.close

    def size(self) -> int:
        return len(self.stream.getbuffer())

    def read(self, size: int) -> bytes:
        self.answers += self.stream.tell() < self.size()  # Arrow asks for nothing beyond the end
        if self.answers > self.most:
            raise OSError("AWS Error NETWORK_CONNECTION")
        return self.stream.read(size)


def warc() -> bytes:
    page = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>" + os.urandom(20_000).hex().encode()
    )
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://example.org/\r\n"
        "WARC-Date: 2026-01-01T00:00:00Z\r\nWARC-Record-ID: <urn:uuid:1>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(page)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + page + b"\r\n\r\n") * 20


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": [os.urandom(1000).hex() for _ in range(300)]}), sink)
    return sink.getvalue()


LINES = b"\n".join(b'{"text": "%s"}' % os.urandom(500).hex().encode() for _ in range(500))


@pytest.mark.parametrize(
    "content",
    [
        warc(),
        LINES,
        gzip.compress(LINES),
        pa.Codec("zstd").compress(LINES, asbytes=True),
        parquet(),
        b"<html>" + b"x" * 400_000,
    ],
    ids=["warc", "json lines", "gzip", "zstd", "parquet", "page"],
)
def test_a_broken_connection_never_becomes_a_quarantined_record(content: bytes) -> None:
    stream = io.BufferedReader(StoreStream("s3://crawl/x", BreakingFile(content)), READ)
    with pytest.raises(StoreReadError, match="s3://crawl/x: the store broke off"):
        list(read_records(stream, len(content), IngestSettings()))


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (OSError("AWS Error SLOW_DOWN (HTTP status 503)"), True),
        (OSError("AWS Error NETWORK_CONNECTION"), True),
        (OSError("AWS Error ACCESS_DENIED (HTTP status 403)"), False),
        (FileNotFoundError(2, "gone"), False),
    ],
)
def test_what_may_be_gone_at_the_next_try(error: OSError, passing: bool) -> None:
    assert storage.is_passing("s3://crawl/x", error) is passing
    assert not storage.is_passing("/disk/x", error)


@pytest.mark.parametrize("content", [warc(), gzip.compress(LINES), LINES, b"<html><p>text"])
def test_a_small_file_is_asked_for_once_however_often_its_beginning_is_looked_at(
    content: bytes,
) -> None:
    file = BreakingFile(content, most=1)
    stream = io.BufferedReader(StoreStream("s3://crawl/x", file), storage.READ_BYTES)
    assert {row.status for row in read_records(stream, len(content), IngestSettings())} == {"ok"}


def test_bytes_are_those_of_the_file_wherever_a_reader_jumps() -> None:
    content = os.urandom(5_000)
    stream = StoreStream("s3://crawl/x", BreakingFile(content, most=99))
    assert stream.read(100) == content[:100]
    assert stream.seek(50) == 50
    assert stream.read(100) == content[50:100]  # what is held of it; a reader asks on
    assert stream.read(100) == content[100:200]
    assert stream.seek(-10, io.SEEK_END) == 4_990
    assert stream.read(100) == content[-10:]
    assert stream.read(100) == b""
    assert stream.seek(-4_995, io.SEEK_CUR) == 5
    assert stream.read(5) == content[5:10]

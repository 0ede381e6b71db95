"""Record readers: every container by its content, every record accounted for."""

import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.ingest.record_readers import read_records
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord

SETTINGS = IngestSettings(max_document_megabytes=1)


def read(content: bytes) -> list[SourceRecord]:
    return list(read_records(io.BytesIO(content), len(content), SETTINGS))


def zstd(content: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(content).to_pybytes())


def parquet(**columns: list[object]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def warc(*records: tuple[str, str, bytes]) -> bytes:
    parts = []
    for kind, url, block in records:
        head = (
            f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\n"
            "WARC-Date: 2026-01-02T03:04:05Z\r\n"
            "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>\r\n"
            f"Content-Type: {'text/plain' if kind == 'conversion' else 'application/http'}\r\n"
            f"Content-Length: {len(block)}\r\n\r\n"
        )
        parts.append(head.encode() + block + b"\r\n\r\n")
    return b"".join(parts)


HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=gbk\r\n\r\n"
LINES = b"\n".join(
    json.dumps(row).encode() for row in [{"text": "one", "url": "u1", "id": 7}, {"html": "<p>two"}]
)


def test_a_page_is_one_document() -> None:
    assert read(b"<html>x") == [SourceRecord(content=b"<html>x")]


def test_a_gzipped_page_is_unpacked() -> None:
    assert [record.content for record in read(gzip.compress(b"<html>x"))] == [b"<html>x"]


def test_nothing_is_reported_as_empty() -> None:
    assert [record.status for record in read(b"")] == ["empty"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd], ids=["plain", "gzip", "zstd"])
def test_json_lines_in_any_packing(pack: object) -> None:
    records = read(pack(LINES))  # type: ignore[operator]
    assert [(r.content, r.url, r.source_id, r.is_text) for r in records] == [
        (b"one", "u1", "7", True),
        (b"<p>two", None, None, False),
    ]


def test_a_broken_line_costs_one_record() -> None:
    records = read(LINES + b'\n{"text": "torn\n' + LINES)
    assert [record.status for record in records] == ["ok", "ok", "malformed", "ok", "ok"]
    assert records[2].detail == "line 3 is no JSON object"


def test_a_line_without_text_says_what_is_wanted() -> None:
    record = read(b'{"text": "x"}\n{"body_text": "y"}')[1]
    assert record.status == "malformed"
    assert "text" in record.detail


def test_a_json_document_over_several_lines_is_one_text() -> None:
    assert len(read(b'{\n  "a": 1\n}')) == 1


def test_a_lone_surrogate_in_json_does_not_end_the_file() -> None:
    assert read(b'{"text": "a\\ud800b"}')[0].content == b"a?b"


def test_parquet_rows_with_text_and_ids() -> None:
    records = read(parquet(id=[5, 6], text=["a", None], url=["u", None]))
    assert [(r.status, r.content, r.source_id) for r in records] == [
        ("ok", b"a", "5"),
        ("malformed", b"", "6"),
    ]


def test_parquet_with_binary_pages_is_raw() -> None:
    record = read(parquet(html=[b"<p>x"], text=["shadowed"]))[0]
    assert (record.content, record.is_text) == (b"<p>x", False)


def test_parquet_without_a_text_column_names_the_columns_there_are() -> None:
    record = read(parquet(words=["a"]))[0]
    assert record.status == "malformed"
    assert "words" in record.detail
    assert "ingest.text_fields" in record.detail


def test_truncated_parquet_is_one_malformed_record() -> None:
    assert [r.status for r in read(parquet(text=["a"] * 50)[:-9])] == ["malformed"]


def test_warc_gives_responses_with_their_headers() -> None:
    records = read(
        gzip.compress(
            warc(("request", "u0", b"GET / HTTP/1.1\r\n\r\n"), ("response", "u1", HTTP + b"<p>hi"))
        )
    )
    assert records == [
        SourceRecord(
            content=b"<p>hi",
            url="u1",
            fetched_at="2026-01-02T03:04:05Z",
            declared_charset="gbk",
            source_id="<urn:uuid:00000000-0000-0000-0000-000000000001>",
            place="byte 225, unpacked",  # one member for all: behind the request
        )
    ]


def test_a_page_not_found_is_quarantined_with_its_code() -> None:
    record = read(warc(("response", "u", b"HTTP/1.1 404 Not Found\r\n\r\ngone")))[0]
    assert (record.status, record.detail) == ("http_status", "404")


def test_wet_records_are_text() -> None:
    block = "文字".encode()
    assert [(r.content, r.is_text) for r in read(warc(("conversion", "u", block)))] == [
        (block, True)
    ]


def test_a_torn_archive_keeps_what_came_before() -> None:
    whole = gzip.compress(warc(("response", "u1", HTTP + b"<p>hi")))
    torn = gzip.compress(warc(("response", "u2", HTTP + b"x" * 5000)))[:-40]
    records = read(whole + torn)
    assert records[0].status == "ok"
    assert [record.status for record in records[1:]] in (["malformed"], ["ok"], ["ok", "malformed"])
    assert len(records) >= 2


def test_an_archive_without_documents_is_empty() -> None:
    assert [r.status for r in read(warc(("warcinfo", "u", b"software: x")))] == ["empty"]


@pytest.mark.parametrize(
    "content",
    [
        b"x" * (1 << 20) + b"y",
        gzip.compress(b"x" * (1 << 22)),
        json.dumps({"text": "x" * (1 << 20) + "y"}).encode(),
        parquet(text=["x" * (1 << 20) + "y"]),
        warc(("response", "u", HTTP + b"x" * ((1 << 20) + 1))),
    ],
    ids=["page", "bomb", "json line", "parquet", "warc"],
)
def test_too_big_is_named_with_the_limit(content: bytes) -> None:
    record = read(content)[0]
    assert record.status == "too_big"
    assert "1 MiB" in record.detail
    assert record.content == b""


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(
        [b"", LINES, gzip.compress(LINES), parquet(text=["a"]), warc(("response", "u", HTTP))]
    ),
    st.binary(max_size=40),
    st.integers(0, 400),
)
def test_whatever_the_bytes_there_is_a_record_and_no_exception(
    base: bytes, noise: bytes, place: int
) -> None:
    content = base[:place] + noise + base[place:]
    assert len(read(content)) >= 1

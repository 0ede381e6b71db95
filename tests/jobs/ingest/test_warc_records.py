"""What is wrong with one record of a WARC costs that one."""

import gzip
import io
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.ingest.record_readers import read_records
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord

PAGE = b"<!doctype html><html><body><p>The ferry leaves at six in the morning.</p></body></html>"
OK = "HTTP/1.1 200 OK\r\n"


def record(
    number: int, block: bytes, kind: str = "response", media: str = "application/http"
) -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://a.example/{number}\r\n"
        f"WARC-Record-ID: <urn:uuid:{number:036d}>\r\nWARC-Date: 2026-01-02T03:04:05Z\r\n"
        f"Content-Type: {media}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def http(body: bytes, *headers: str) -> bytes:
    return (OK + "".join(f"{line}\r\n" for line in headers) + "\r\n").encode() + body


def read(content: bytes) -> list[SourceRecord]:
    return list(read_records(io.BytesIO(content), len(content), IngestSettings()))


def gzipped(*records: bytes) -> bytes:
    return b"".join(map(gzip.compress, records))


@pytest.mark.parametrize("pack", [lambda *r: b"".join(r), gzipped], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    "header",
    [
        "Transfer-Encoding: chunked",
        "Content-Encoding: br",
        "Content-Encoding: zstd",
        "Content-Encoding: x-gzip",
        "Content-Encoding: deflate",
        f"X-Policy: {'p' * 70_000}",
    ],
    ids=lambda header: header[:30],
)
def test_a_header_that_the_body_belies_costs_no_record(pack: object, header: str) -> None:
    blocks = [http(PAGE), http(PAGE, header), http(PAGE), http(PAGE)]
    found = read(pack(*(record(i, block) for i, block in enumerate(blocks))))  # type: ignore[operator]
    assert [(one.status, one.content) for one in found] == [("ok", PAGE)] * 4


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("text/css", b".a { color: red }"),
        ("application/javascript", b"let a = 1"),
        ("application/json; charset=utf-8", b'{"items": []}'),
        ("image/png", b"\x89PNG\r\n\x1a\n"),
        ("font/woff2", b"wOF2"),
    ],
)
def test_what_states_to_be_no_document_is_quarantined_by_its_type(media: str, body: bytes) -> None:
    (found,) = read(record(1, http(body, f"Content-Type: {media}")))
    assert (found.status, found.content) == ("unsupported", b"")
    assert media.split(";")[0] in found.detail
    assert found.url == "https://a.example/1"


@pytest.mark.parametrize("media", ["application/octet-stream", "text/css", "application/json"])
def test_a_page_is_kept_whatever_its_header_says(media: str) -> None:
    (found,) = read(record(1, http(PAGE, f"Content-Type: {media}")))
    assert (found.status, found.content) == ("ok", PAGE)


def test_answers_of_name_servers_are_no_documents() -> None:
    (found,) = read(record(1, b"20240101\na.example. 300 IN A 192.0.2.1\n", "resource", "text/dns"))
    assert (found.status, found.detail) == ("unsupported", "Content-Type text/dns: no document")


def test_a_resource_without_http_is_its_block() -> None:
    (found,) = read(record(1, PAGE, "resource", "text/html"))
    assert (found.status, found.content) == ("ok", PAGE)


@pytest.mark.parametrize("pack", [lambda *r: b"".join(r), gzipped], ids=["plain", "gzip"])
def test_a_record_that_the_file_cuts_off_is_malformed(pack: object) -> None:
    noise = Random(0).randbytes(20_000)  # so that gzip has something to cut
    whole = pack(record(1, http(PAGE)), record(2, http(PAGE + noise)))  # type: ignore[operator]
    found = read(whole[:-3000])
    assert [one.status for one in found] == ["ok", "malformed"]
    assert "ends inside this record" in found[1].detail
    assert found[1].url == "https://a.example/2"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "Content-Encoding: gzip", "Content-Encoding: br", "Content-Encoding: none",
                "Transfer-Encoding: chunked", "Content-Type: text/html", "Content-Length: 7", "odd",
            ]
        ),
        max_size=4,
    ),
    st.binary(max_size=80),
    st.booleans(),
)  # fmt: skip
def test_every_record_is_counted_whatever_stands_in_one(
    headers: list[str], body: bytes, packed: bool
) -> None:
    records = [record(0, http(PAGE)), record(1, http(body, *headers)), record(2, http(PAGE))]
    found = read(gzipped(*records) if packed else b"".join(records))
    assert [one.url for one in found] == [f"https://a.example/{number}" for number in range(3)]
    assert [found[0].content, found[2].content] == [PAGE, PAGE]


def test_the_place_of_a_record_is_the_byte_at_which_it_can_be_read_alone() -> None:
    records = [record(number, http(PAGE)) for number in range(3)]
    for content, reader in ((b"".join(records), bytes), (gzipped(*records), gzip.decompress)):
        for found in read(content):
            assert found.place is not None
            place = int(found.place.removeprefix("byte "))
            assert reader(content[place:]).startswith(b"WARC/1.0")
            assert (found.source_id or "").encode() in reader(content[place:])[:300]


def test_of_records_that_share_a_member_the_place_is_told_unpacked() -> None:
    records = [record(number, http(PAGE)) for number in range(3)]
    whole = b"".join(records)
    places = ["byte 0", *(f"byte {len(records[0]) * number}, unpacked" for number in (1, 2))]
    assert [one.place for one in read(gzip.compress(whole))] == places


def test_behind_a_damaged_member_places_are_still_of_the_file() -> None:
    first, second, third = (gzip.compress(record(n, http(PAGE))) for n in range(3))
    broken = second[:-30] + bytes(22) + second[-8:]
    found = read(first + broken + third)
    assert [one.status for one in found][:1] == ["ok"]
    assert found[-1].place == f"byte {len(first) + len(broken)}"

"""Headers of crawled responses are claims: the body is read whether or not it follows them."""

import gzip
import zlib

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.ingest.http_payload import read_payload

PAGE = b"<html><body><p>The ferry leaves at six.</p></body></html>"
LIMIT = 10_000


def response(body: bytes, *headers: str, newline: str = "\r\n") -> bytes:
    head = newline.join(["HTTP/1.1 200 OK", *headers, "", ""])
    return head.encode() + body


def deflated(content: bytes, bits: int) -> bytes:
    packer = zlib.compressobj(wbits=bits)
    return packer.compress(content) + packer.flush()


def packed(content: bytes, codec: str) -> bytes:
    return bytes(pa.Codec(codec).compress(content).to_pybytes())


def chunked(content: bytes, size: int = 20) -> bytes:
    pieces = [content[place : place + size] for place in range(0, len(content), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


ENCODED = {
    "gzip": gzip.compress(PAGE),
    "x-gzip": gzip.compress(PAGE),
    "GZIP": gzip.compress(PAGE),
    "deflate": deflated(PAGE, 15),
    "br": packed(PAGE, "brotli"),
    "brotli": packed(PAGE, "brotli"),
    "zstd": packed(PAGE, "zstd"),
    "identity": PAGE,
    "none": PAGE,
    "utf-8": PAGE,
    "": PAGE,
}


@pytest.mark.parametrize(("coding", "body"), ENCODED.items(), ids=list(ENCODED))
def test_content_encodings_are_undone(coding: str, body: bytes) -> None:
    assert read_payload(response(body, f"Content-Encoding: {coding}"), LIMIT).body == PAGE


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, br", "br, gzip"])
def test_a_body_that_does_not_follow_its_encoding_is_read_as_it_lies(coding: str) -> None:
    payload = read_payload(response(PAGE, f"Content-Encoding: {coding}"), LIMIT)
    assert (payload.body, payload.detail) == (PAGE, "")


def test_deflate_without_its_frame_is_read() -> None:
    block = response(deflated(PAGE, -15), "Content-Encoding: deflate")
    assert read_payload(block, LIMIT).body == PAGE


def test_a_packed_page_whose_header_was_dropped_is_unpacked() -> None:
    block = response(gzip.compress(PAGE), "Content-Type: text/html")
    assert read_payload(block, LIMIT).body == PAGE
    archive = response(gzip.compress(PAGE), "Content-Type: application/gzip")
    assert read_payload(archive, LIMIT).body == gzip.compress(PAGE)


def test_two_encodings_are_undone_from_the_last_to_the_first() -> None:
    body = packed(gzip.compress(PAGE), "brotli")
    assert read_payload(response(body, "Content-Encoding: gzip, br"), LIMIT).body == PAGE


def test_chunks_are_joined_before_the_content_is_unpacked() -> None:
    block = response(
        chunked(gzip.compress(PAGE)), "Transfer-Encoding: chunked", "Content-Encoding: gzip"
    )
    assert read_payload(block, LIMIT).body == PAGE


def test_a_body_that_the_crawler_joined_already_keeps_its_bytes() -> None:
    header = "Transfer-Encoding: chunked"
    assert read_payload(response(PAGE, header), LIMIT).body == PAGE
    hexadecimal = b"fade\r\nto grey, the song goes"  # a line that could be a size, of too much
    assert read_payload(response(hexadecimal, header), LIMIT).body == hexadecimal


def test_a_broken_chunk_costs_what_follows_it_and_is_told() -> None:
    body = chunked(PAGE, 20).replace(b"\r\n14\r\n", b"\r\nxx\r\n", 1)
    payload = read_payload(response(body, "Transfer-Encoding: chunked"), LIMIT)
    assert payload.body == PAGE[:20]
    assert "has no size" in payload.detail


def test_a_stream_cut_off_gives_what_there_is_and_says_so() -> None:
    text = bytes(range(256)) * 40
    payload = read_payload(
        response(gzip.compress(text)[:-100], "Content-Encoding: gzip"), LIMIT * 9
    )
    assert text.startswith(payload.body)
    assert payload.body
    assert payload.detail == "gzip: the body ends inside it"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_unpacked_to_one_byte_over_the_limit(coding: str) -> None:
    zeros = bytes(1_000_000)
    body = {
        "gzip": gzip.compress(zeros),
        "deflate": deflated(zeros, 15),
        "br": packed(zeros, "brotli"),
        "zstd": packed(zeros, "zstd"),
    }[coding]
    block = response(body, f"Content-Encoding: {coding}")
    assert len(read_payload(block, LIMIT).body) == LIMIT + 1


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_headers_may_end_in_bare_line_feeds(newline: str) -> None:
    block = response(PAGE, "Content-Type: text/html; charset=gbk", newline=newline)
    payload = read_payload(block, LIMIT)
    assert (payload.body, payload.charset, payload.media_type) == (PAGE, "gbk", "text/html")
    assert payload.status == 200


def test_a_header_of_a_hundred_kilobytes_is_one_header() -> None:
    block = response(PAGE, f"Set-Cookie: {'x' * 100_000}", "Content-Type: text/html")
    assert read_payload(block, LIMIT).body == PAGE


def test_a_folded_header_goes_on_with_the_line_before() -> None:
    block = response(PAGE, "Content-Type: text/html;", "  charset='big5'")
    assert read_payload(block, LIMIT).charset == "big5"


def test_headers_without_an_end_leave_no_body() -> None:
    payload = read_payload(b"HTTP/1.1 200 OK\r\nServer: x", LIMIT)
    assert payload.body == b""
    assert "no end" in payload.detail


@given(
    st.sampled_from(["gzip", "deflate", "br", "zstd", "chunked", "x-gzip, chunked"]),
    st.sampled_from([PAGE, gzip.compress(PAGE), chunked(PAGE), packed(PAGE, "zstd")]),
    st.binary(max_size=30),
    st.integers(0, 200),
)
def test_whatever_the_body_no_exception_and_no_more_than_the_limit(
    coding: str, base: bytes, noise: bytes, place: int
) -> None:
    body = base[:place] + noise + base[place:]
    block = response(body, f"Content-Encoding: {coding}", f"Transfer-Encoding: {coding}")
    assert len(read_payload(block, 100).body) <= max(101, len(body))

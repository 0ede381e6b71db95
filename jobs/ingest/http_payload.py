"""The payload of an HTTP response as crawlers stored it: headers found, encodings undone, all by record.

Crawlers keep the headers a server sent and often store a body that was decoded on the way, so a header
is a claim to be tried, never a reason to lose the record: where a body does not follow its encoding,
the bytes as they lie are the body.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa

from jobs.ingest.unpacking import GZIP_MAGIC

MAXIMUM_HEAD = 1 << 20
"""Bytes of status line and headers; servers send up to some hundred kilobytes of cookies and policies."""
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/\S+\s+(\d{3})\b")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s\"';,]+)", re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"\s*([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r?\n")
_PIECE = 1 << 16


@dataclass(frozen=True)
class HttpPayload:
    """What a response held.

    Attributes:
        body: The bytes of the page with transfer and content encodings undone; one byte longer than
            the limit where it is larger.
        status: Code of the status line, 100 to 999; None where there is no status line.
        headers: By name in lower case; of several of one name the last.
        detail: What was odd about the encodings; empty as a rule.
    """

    body: bytes
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    detail: str = ""

    @property
    def charset(self) -> str | None:
        """The charset that ``Content-Type`` declares, as it is spelt."""
        found = _CHARSET.search(self.headers.get("content-type", ""))
        return found.group(1) if found else None

    @property
    def media_type(self) -> str:
        """Type and subtype of ``Content-Type`` in lower case; empty where there is none."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


def read_payload(block: bytes, limit: int) -> HttpPayload:
    """Divide the block of a WARC response into headers and a decoded body.

    Args:
        block: The whole block.
        limit: Bytes of the body that are wanted; a bomb is unpacked to one byte more.
    """
    if not block.startswith(b"HTTP/"):
        return HttpPayload(block)
    end = _END_OF_HEAD.search(block, 0, MAXIMUM_HEAD)
    if end is None:
        return HttpPayload(b"", detail="the headers of this response have no end")
    lines = block[: end.start()].splitlines()
    code = _STATUS_LINE.match(lines[0])
    headers = header_fields(lines[1:])
    body, notes = block[end.end() :], []
    for name in ("transfer-encoding", "content-encoding"):
        for coding in reversed(re.split(r"[,\s]+", headers.get(name, "").lower())):
            undo = _DECODERS.get(coding)
            if undo is None:
                continue
            decoded, note = undo(body, limit)
            if decoded is not None:
                body = decoded
            if note:
                notes.append(f"{coding}: {note}")
    if body.startswith(GZIP_MAGIC) and headers.get("content-type", "").lower().startswith("text/"):
        # A crawler that kept the packed body and dropped the header that says so.
        unpacked, _ = _GZIP(body, limit)
        body = unpacked if unpacked is not None else body
    return HttpPayload(body, int(code.group(1)) if code else None, headers, "; ".join(notes))


def header_fields(lines: list[bytes], encoding: str = "latin-1") -> dict[str, str]:
    """Return header fields by name in lower case; of several of one name the last.

    Args:
        lines: Without their ends; one that begins with a blank goes on with the one before.
        encoding: Of the values.
    """
    headers: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[:1] in (b" ", b"\t") and name:  # a folded line goes on with the one before
            headers[name] += " " + line.strip().decode(encoding, "replace")
            continue
        key, separator, value = line.partition(b":")
        if separator:
            name = key.strip().lower().decode("latin-1")
            headers[name] = value.strip().decode(encoding, "replace")
    return headers


Decoded = tuple[bytes | None, str]


def _unchunk(body: bytes, _: int) -> Decoded:
    """Join chunks; a body that begins with no chunk size was joined by the crawler already."""
    parts: list[bytes] = []
    place = 0
    while True:
        size = _CHUNK_SIZE.match(body, place)
        if size is None:
            if not parts:
                return None, ""
            return b"".join(parts), f"the chunk at byte {place:,} has no size, what follows is lost"
        length = int(size.group(1), 16)
        if length == 0:
            return b"".join(parts), ""
        if not parts and size.end() + length > len(body):
            # A page may begin with a word of hexadecimal digits in a line of its own.
            return None, ""
        parts.append(body[size.end() : size.end() + length])
        place = size.end() + length
        if place >= len(body):
            return b"".join(parts), "the body ends without its last chunk"


def _inflate(window_bits: tuple[int, ...]) -> Callable[[bytes, int], Decoded]:
    def undo(body: bytes, limit: int) -> Decoded:
        for bits in window_bits:
            parts: list[bytes] = []
            rest, held = body, 0
            try:
                while rest and held <= limit:  # gzip allows several members in a row
                    stream = zlib.decompressobj(bits)
                    part = stream.decompress(rest, limit + 1 - held)
                    parts.append(part)
                    held += len(part)
                    if held > limit:
                        break
                    if not stream.eof:
                        return b"".join(parts) if held else None, "the body ends inside it"
                    rest = stream.unused_data.lstrip(b"\x00")
                    if rest and not rest.startswith(body[:2]):
                        break  # what a server appended to the page
                return b"".join(parts), ""
            except zlib.error:
                if held:
                    return b"".join(parts), "damaged behind its first member"
        return None, ""

    return undo


def _decompress(codec: str) -> Callable[[bytes, int], Decoded]:
    def undo(body: bytes, limit: int) -> Decoded:
        parts: list[bytes] = []
        held = 0
        try:
            with pa.CompressedInputStream(pa.BufferReader(body), codec) as stream:
                while held <= limit and (part := stream.read(min(_PIECE, limit + 1 - held))):
                    parts.append(part)
                    held += len(part)
        except (OSError, ValueError, pa.ArrowException):
            return (b"".join(parts), "the body is damaged inside it") if held else (None, "")
        return b"".join(parts), ""

    return undo


_GZIP = _inflate((31,))
_DECODERS: dict[str, Callable[[bytes, int], Decoded]] = {
    "chunked": _unchunk,
    "gzip": _GZIP,
    "x-gzip": _GZIP,
    # RFC 9110 means zlib by deflate; servers that send it bare are as old as the header.
    "deflate": _inflate((15, -15)),
    "br": _decompress("brotli"),
    "brotli": _decompress("brotli"),
    "zstd": _decompress("zstd"),
}
"""Encodings of RFC 9110 section 8.4.1 and 7.4; others are no reason to touch the body."""

"""Write WARC 1.0 files: one gzip member a record, as crawlers and Common Crawl do it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import uuid
from collections.abc import Iterable
from urllib.parse import urlsplit

from examples.sample.sample_document import SampleDocument

FETCHED_AT = "2023-05-04T10:20:30Z"


def write_warc(documents: Iterable[SampleDocument]) -> bytes:
    """Serialise pages as `response` records, each after the `request` that fetched it.

    Args:
        documents: Their `url`, `media_type` and `content` (the HTTP body) are used.

    Returns:
        A .warc.gz file that starts with a `warcinfo` record.
    """
    records = [_record("warcinfo", "", "application/warc-fields", b"software: sample writer\r\n")]
    for document in documents:
        parts = urlsplit(document.url)
        request = f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
        http = "application/http; msgtype="
        records.append(_record("request", document.url, http + "request", request))
        records.append(_record("response", document.url, http + "response", _response(document)))
    return b"".join(records)


def write_wet(documents: Iterable[SampleDocument]) -> bytes:
    """Serialise plain texts as `conversion` records of a .warc.wet.gz file."""
    records = [_record("warcinfo", "", "application/warc-fields", b"software: sample writer\r\n")]
    records += [
        _record("conversion", document.url, "text/plain", document.content)
        for document in documents
    ]
    return b"".join(records)


def _response(document: SampleDocument) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\n"
        "Date: Thu, 04 May 2023 10:20:30 GMT\r\n"
        f"Content-Type: {document.media_type}\r\n"
        f"Content-Length: {len(document.content)}\r\n"
        "Server: sample\r\n\r\n"
    )
    return head.encode() + document.content


def _record(kind: str, url: str, media_type: str, block: bytes) -> bytes:
    digest = base64.b32encode(hashlib.sha1(block, usedforsecurity=False).digest()).decode()
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {url} {digest}")
    target = f"WARC-Target-URI: {url}\r\n" if url else ""
    head = (
        "WARC/1.0\r\n"
        f"WARC-Type: {kind}\r\n"
        f"WARC-Date: {FETCHED_AT}\r\n"
        f"WARC-Record-ID: <urn:uuid:{identifier}>\r\n"
        f"{target}"
        f"WARC-Block-Digest: sha1:{digest}\r\n"
        f"Content-Type: {media_type}\r\n"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n", mtime=0)

"""Formats told from bytes alone."""

from __future__ import annotations

import io
import random
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.extraction.contract import FORMATS
from udfs.extraction.document_format import binary_share, identify


def zip_with(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "unknown"),
        (b"%PDF-1.7\n...", "pdf"),
        (b"\n\njunk before %PDF-1.4\n", "pdf"),
        (zip_with("mimetype", "META-INF/container.xml", "a.opf"), "epub"),
        (zip_with("content/a.html", "META-INF/container.xml"), "epub"),
        (zip_with("a.txt"), "unknown"),
        (b"\x89PNG\r\n\x1a\n...", "unknown"),
        (b"\x1f\x8b\x08...", "unknown"),
        (b"<!DOCTYPE html><p>hi", "html"),
        (b"\xef\xbb\xbf  \r\n<HTML><body>", "html"),
        (b"<!-- saved from somewhere -->\n<html>", "html"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x" "y"><html>', "html"),
        ("<!doctype html><p>hi".encode("utf-16"), "html"),
        ("<html><body>中文</body></html>".encode("utf-16-le"), "html"),
        (b"Warning: mysql_connect()\n<html><body><p>x</p></body></html>", "html"),
        (b"<div class=post><p>a fragment</p></div>", "html"),
        (b"<div align=center>\n\n# Readme\n\n" + b"plain words " * 200, "text"),
        (b"# How to write a page\n\nPut `<body>` first.\n" + b"plain words " * 100, "text"),
        (b"<?xml version='1.0'?><rss><channel/></rss>", "unknown"),
        ("纯文本".encode("gbk"), "text"),
        ("日本語".encode("iso2022_jp") * 50, "text"),
        ("wide text ".encode("utf-16-le") * 50, "text"),
        (b"a < b and b > c", "text"),
        (b'{"items": [{"title": "T"}]}', "unknown"),
        (b'\xef\xbb\xbf{"a": 1}\n{"a": 2}\n', "unknown"),
        ('{"a": "é"}'.encode("utf-16"), "unknown"),
        (b'[\n  {"text": "x"}\n]', "unknown"),
        (b"[1] See the note on page 7.", "text"),
        (b"[1]", "text"),
        (b"{curly} words", "text"),
        (b'{"a": 1} is how an object looks.', "text"),
        (b"filedesc://a.arc 0.0.0.0 20010101 text/plain 76\n", "unknown"),
        (b"a.txt".ljust(257, b"\x00") + b"ustar\x0000" + bytes(300), "unknown"),
        (b"\x5d\x2a\x4d\x18\x10\x00\x00\x00dict", "unknown"),
        (random.Random(7).randbytes(5000), "unknown"),
        (b"text with\x00" * 100, "unknown"),
    ],
)
def test_format_is_told_from_the_bytes(content: bytes, name: str) -> None:
    assert identify(content).name == name


def test_an_unknown_format_says_what_it_seems_to_be() -> None:
    assert identify(b"GIF89a....").detail == "GIF image"
    assert "control bytes" in identify(bytes(5000)).detail
    assert identify(b"a".ljust(257, b"\x00") + b"ustar").detail == "tar archive: unpack it"
    assert "give JSON lines" in identify(b'{"a": 1}').detail


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_any_bytes_have_a_format(content: bytes) -> None:
    assert identify(content).name in FORMATS
    assert 0.0 <= binary_share(content) <= 1.0

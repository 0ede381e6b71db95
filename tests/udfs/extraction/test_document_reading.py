"""Any bytes in, one status out; the same answer whatever came before."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.document_builders import pdf_of_lines, simple_epub
from udfs.extract_document import extract
from udfs.extraction.contract import FORMATS, STATUSES, ExtractionOptions

SENTENCE = "Whoever cannot say what was in the data cannot say why the model lies about it. "
PAGE = (
    f"<!doctype html><html lang=en><title>On data</title><body><p>{SENTENCE * 4}</p></body></html>"
)
CHINESE_PAGE = (
    '<html><head><meta charset="{}"><title>数据</title></head><body><article>'
    + "<p>数据质量差，模型就会一本正经地胡说八道，清洗数据才是真正的手艺。</p>" * 8
    + "</article></body></html>"
)
PDF = pdf_of_lines([[(72, 700 - 14 * i, SENTENCE.strip()) for i in range(4)]])


@pytest.mark.parametrize(
    ("content", "status", "name"),
    [
        (PAGE.encode(), "ok", "html"),
        (PDF, "ok", "pdf"),
        (simple_epub(f"<p>{SENTENCE}</p>"), "ok", "epub"),
        (SENTENCE.encode(), "ok", "text"),
        (b"", "empty", "unknown"),
        (b" \n\t ", "empty", "text"),
        (b"<html><body></body></html>", "empty", "html"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "unsupported", "unknown"),
        (bytes(10_000), "unsupported", "unknown"),
        (b"<html><body>" + b"text\x00\x01" * 2000 + b"</body></html>", "unsupported", "html"),
        (random.Random(3).randbytes(50_000), "unsupported", "unknown"),
        (b"%PDF-1.7 and nothing else", "malformed", "pdf"),
        (b"PK\x03\x04 META-INF/container.xml", "malformed", "epub"),
        ("好".encode() * 1000 + b"\xff\xc0" * 100 + "坏".encode() * 1000, "decode_error", "text"),
    ],
)
def test_status_and_format(content: bytes, status: str, name: str) -> None:
    extraction = extract(content)
    assert (extraction.status, extraction.format) == (status, name), extraction.detail
    assert bool(extraction.text) == (status == "ok")
    assert bool(extraction.detail) == (status != "ok")


@pytest.mark.parametrize(
    ("declared_inside", "codec", "header"),
    [
        ("gbk", "gbk", None),
        ("utf-8", "gbk", "utf-8"),  # GBK declared as UTF-8
        ("gb2312", "utf-8", "gbk"),  # the other way round
        ("utf-8", "utf-8", None),
    ],
)
def test_chinese_pages_read_alike_in_every_encoding(
    declared_inside: str, codec: str, header: str | None
) -> None:
    content = CHINESE_PAGE.format(declared_inside).encode(codec)
    extraction = extract(content, declared_charset=header)
    assert extraction.status == "ok"
    assert extraction.text == extract(CHINESE_PAGE.format("utf-8").encode()).text
    assert extraction.title == "数据"


@pytest.mark.parametrize(
    ("content", "options", "detail"),
    [
        (PAGE.encode(), ExtractionOptions(html_max_bytes=100), "at most 100 are read"),
        (PDF, ExtractionOptions(pdf_max_bytes=100), "of pdf"),
        (SENTENCE.encode(), ExtractionOptions(text_max_bytes=10), "of text"),
        (SENTENCE.encode(), ExtractionOptions(max_text_characters=5), "at most 5 are kept"),
    ],
)
def test_caps_name_the_value_and_the_limit(
    content: bytes, options: ExtractionOptions, detail: str
) -> None:
    extraction = extract(content, options=options)
    assert extraction.status == "too_big"
    assert extraction.text == ""
    assert detail in extraction.detail


@given(st.binary(max_size=200), st.sampled_from([b"", b"%PDF-1.4\n", b"PK\x03\x04", b"<html>"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_end_in_a_status(tail: bytes, head: bytes) -> None:
    extraction = extract(head + tail)
    assert extraction.status in STATUSES
    assert extraction.format in FORMATS
    extraction.text.encode("utf-8")


def test_order_of_documents_does_not_matter() -> None:
    documents = [PAGE.encode(), PDF, SENTENCE.encode(), CHINESE_PAGE.format("gbk").encode("gbk")]
    forwards = [extract(content) for content in documents]
    assert [extract(content) for content in reversed(documents)] == forwards[::-1]


@pytest.mark.real_data
def test_every_kind_of_real_file_is_read(shared_data: Path) -> None:
    folders = (
        "html/docs_zh/w3c_i18n",
        "near_dup/kafka_docs",
        "epub",
        "text/books_zh",
        "pdf/docs_other",
    )
    for folder in folders:
        for path in sorted((shared_data / folder).iterdir())[::4]:
            extraction = extract(path.read_bytes())
            assert extraction.status == "ok", f"{path.name}: {extraction.detail}"
            assert len(extraction.text) > 200, path.name

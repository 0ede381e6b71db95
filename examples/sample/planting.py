"""Short ways to make a document of each kind; every planted case and ordinary page uses them."""

from __future__ import annotations

from urllib.parse import urlsplit

from examples.sample.page_templates import paragraphs_html, plain_page
from examples.sample.prose import Prose
from examples.sample.sample_document import Expectation, SampleDocument

WARC_FILE = "warc/crawl-00000.warc.gz"
WET_FILE = "warc/crawl-00001.warc.wet.gz"
JSONL_FILE = "jsonl/forum-dump.jsonl.gz"
PARQUET_FILE = "parquet/articles.parquet"


def html_file(
    url: str, html: str | bytes, language: str, expectation: Expectation
) -> SampleDocument:
    """Return a page stored as html/<host>/<last part of the path>.html."""
    parts = urlsplit(url)
    name = parts.path.rstrip("/").rsplit("/", 1)[-1]
    content = html if isinstance(html, bytes) else html.encode()
    return SampleDocument(
        url, f"html/{parts.netloc}/{name}.html", "html", language, content, expectation
    )


def warc_page(
    url: str,
    html: str | bytes,
    language: str,
    expectation: Expectation,
    media_type: str = "text/html; charset=utf-8",
) -> SampleDocument:
    """Return a page that is found only as a response record of the WARC file."""
    content = html if isinstance(html, bytes) else html.encode()
    return SampleDocument(url, WARC_FILE, "warc", language, content, expectation, media_type)


def wet_text(url: str, text: str, language: str, expectation: Expectation) -> SampleDocument:
    """Return a conversion record of the WET file."""
    return SampleDocument(url, WET_FILE, "wet", language, text.encode(), expectation)


def jsonl_text(url: str, text: str, language: str, expectation: Expectation) -> SampleDocument:
    """Return a line of the JSONL file, with fields text and url."""
    return SampleDocument(url, JSONL_FILE, "jsonl", language, text.encode(), expectation)


def parquet_text(url: str, text: str, language: str, expectation: Expectation) -> SampleDocument:
    """Return a row of the Parquet file, with columns text and url."""
    return SampleDocument(url, PARQUET_FILE, "parquet", language, text.encode(), expectation)


def plain_file(
    file: str, content: bytes, kind: str, language: str, expectation: Expectation
) -> SampleDocument:
    """Return a document that is a whole file and has no address of its own."""
    return SampleDocument("", file, kind, language, content, expectation)


def home_page(prose: Prose, url: str, expectation: Expectation) -> SampleDocument:
    """Return a text on a bare home page, as an HTML file."""
    html = plain_page(prose.title, url, paragraphs_html(prose.paragraphs), prose.language)
    return html_file(url, html, prose.language, expectation)


def middle_sentence(prose: Prose) -> str:
    """Return words from the middle of a text, to look for in the corpus."""
    paragraph = prose.paragraphs[len(prose.paragraphs) // 2].split("\n")[0]
    if prose.language in ("zh", "ja"):
        return paragraph[:16]
    return " ".join(paragraph.split()[:8])

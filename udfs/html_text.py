"""Web pages: trafilatura's main text as Markdown; Resiliparse's where trafilatura finds far less.

trafilatura runs with ``deduplicate=False``: its duplicate test remembers earlier documents of the
process, so that a retried task would give other text (95 of 1,991 measured pages differed).
"""

from __future__ import annotations

import logging
import re
from functools import cache
from importlib.metadata import version
from typing import Any, cast

import trafilatura
from resiliparse.extract.html2text import extract_plain_text
from trafilatura.utils import load_html

from udfs.extraction_types import (
    DEFAULT_OPTIONS,
    DocumentRefusedError,
    ExtractionOptions,
    ReadDocument,
)
from udfs.html_metadata import PageMetadata, read_metadata
from udfs.html_rescue import (
    PRECISE_SHARE,
    is_rescued,
    is_unspaced_article,
    needs_no_second,
)
from udfs.html_structure import HtmlStructure, measure
from udfs.markdown_escapes import unescape_markdown
from udfs.text_cleanup import clean_text

MINIMUM_TEXT = 25
"""Characters below which a result counts as nothing found and the next reader is asked."""

_TABLE_RULE = re.compile(r"^\|(?:\s*:?-{3,}:?\s*\|)+\s*$", re.MULTILINE)

# Pages that keep their whole text in a template for a script to render in the browser.
_TEMPLATE = re.compile(
    r"<script[^>]{0,200}?type\s*=\s*[\"']?text/"
    r"(?:x-handlebars(?:-template)?|(?:x-|ng-)?template|x-(?:jquery-)?tmpl|html)\b[^>]{0,200}>"
    r"(.*?)</script\s*>",
    re.IGNORECASE | re.DOTALL,
)
_PLACEHOLDER = re.compile(r"\{\{[^{}]{0,200}\}\}")

# Its warnings name every discarded page; the status says the same once.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


@cache
def reader_version(distribution: str) -> str:
    """Version of an installed distribution, read once (a scan of the file system)."""
    return version(distribution)


def read_html(
    text: str, url: str | None = None, options: ExtractionOptions = DEFAULT_OPTIONS
) -> ReadDocument:
    """Extract the main text of a page.

    Args:
        text: The decoded page.
        url: Its address, which helps trafilatura to resolve what belongs to the page.
        options: Caps on tags and depth are obeyed.

    Returns:
        Markdown with headings, lists, code and tables, without navigation and comments.

    Raises:
        DocumentRefusedError: ``too_complex`` above ``html_max_tags``.
    """
    structure = measure(text, options.html_max_depth)
    if structure.tags > options.html_max_tags:
        raise DocumentRefusedError(
            "too_complex", f"{structure.tags:,} tags; at most {options.html_max_tags:,} are parsed"
        )
    if structure.tags > options.html_max_tags_main:
        return _as_document(_all_text(text), "resiliparse_all_text", PageMetadata())
    document = _read_page(text, url, structure, options)
    if len(document.text) < MINIMUM_TEXT and _TEMPLATE.search(text):
        rendered = _PLACEHOLDER.sub("", _TEMPLATE.sub(r"<div>\1</div>", text))
        document = _read_page(rendered, url, measure(rendered, options.html_max_depth), options)
    return document


def _read_page(
    text: str, url: str | None, structure: HtmlStructure, options: ExtractionOptions
) -> ReadDocument:
    tree = load_html(text)
    if tree is None:
        return _as_document(_all_text(text), "resiliparse_all_text", PageMetadata())
    metadata = read_metadata(tree)
    # Main-content mode takes time quadratic in the depth: 40 s for a page of 0.5 MB.
    may_ask_second = structure.depth <= options.html_max_depth
    second = ""
    if may_ask_second and is_unspaced_article(text, metadata.language):
        second = _resiliparse_text(text)
        precise = _trafilatura_text(tree, url, favor_precision=True)
        if len(precise) >= max(MINIMUM_TEXT, PRECISE_SHARE * len(second)):
            return _as_document(precise, "trafilatura_precision", metadata)
    found = _trafilatura_text(tree, url, favor_precision=False)
    if len(found) >= MINIMUM_TEXT and needs_no_second(found, metadata.kinds, text):
        return _as_document(found, "trafilatura", metadata)
    if may_ask_second and not second:
        second = _resiliparse_text(text)
    if len(found) >= MINIMUM_TEXT and not is_rescued(found, second, metadata.kinds, text):
        return _as_document(found, "trafilatura", metadata)
    if len(second) >= MINIMUM_TEXT:
        return _as_document(second, "resiliparse", metadata)
    return _as_document(_all_text(text), "resiliparse_all_text", metadata)


def _trafilatura_text(tree: Any, url: str | None, *, favor_precision: bool) -> str:
    try:
        found = trafilatura.extract(
            tree,
            url=url,
            output_format="markdown",
            include_comments=False,
            include_tables=True,
            include_links=False,
            favor_precision=favor_precision,
            deduplicate=False,
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError):
        # A fault of trafilatura on odd markup; the second reader has another parser.
        return ""
    return clean_text(unescape_markdown(cast("str", found or "")))


def _resiliparse_text(text: str) -> str:
    return clean_text(extract_plain_text(text, main_content=True, alt_texts=False, links=False))


def _all_text(text: str) -> str:
    return clean_text(extract_plain_text(text, main_content=False, alt_texts=False, links=False))


def _as_document(text: str, extractor: str, metadata: PageMetadata) -> ReadDocument:
    distribution = "trafilatura" if extractor.startswith("trafilatura") else "Resiliparse"
    return ReadDocument(
        text=text,
        extractor=extractor,
        extractor_version=reader_version(distribution),
        title=metadata.title,
        author=metadata.author,
        date=metadata.date,
        language=metadata.language,
        canonical_url=metadata.canonical_url,
        licence_url=metadata.licence_url,
        tables_kept=len(_TABLE_RULE.findall(text)),
    )

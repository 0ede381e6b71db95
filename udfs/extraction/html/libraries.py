"""The two libraries that read pages, each behind one function from a page to clean text.

trafilatura runs with ``deduplicate=False``: its duplicate test remembers earlier documents of the
process, so that a retried task would give other text (95 of 1,991 measured pages differed).
"""

from __future__ import annotations

import logging
from typing import Any, cast

import trafilatura
from resiliparse.extract.html2text import extract_plain_text

from udfs.extraction.html.escapes import unescape_markdown
from udfs.extraction.html.formulas import with_dollars
from udfs.extraction.markdown.cleanup import clean_text

# Its warnings name every discarded page; the status says the same once.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


def trafilatura_text(
    tree: Any, url: str | None, *, favor_precision: bool = False, compares: bool = True
) -> str:
    """Return trafilatura's main text of a page as Markdown.

    Args:
        tree: The lxml root element of the page; it is not changed.
        url: Its address, which helps to resolve what belongs to the page.
        favor_precision: Drop what is doubtful.
        compares: Compare with readability's and jusText's text.

    Returns:
        The text without comments; empty when there is none or trafilatura fails on the markup.
    """
    try:
        found = trafilatura.extract(
            tree,
            url=url,
            fast=not compares,
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
    return with_dollars(clean_text(unescape_markdown(cast("str", found or ""))))


def resiliparse_text(page: str) -> str:
    """Return Resiliparse's main text of a page; its time is quadratic in the nesting depth."""
    return _plain_text(page, main_content=True)


def all_text(page: str) -> str:
    """Return all visible text of a page, furniture included, in linear time."""
    return _plain_text(page, main_content=False)


def _plain_text(page: str, *, main_content: bool) -> str:
    """Resiliparse's text, which knows no fences: listings bring their own."""
    page = page.replace("<pre><code>", "<pre>```\n").replace("</code></pre>", "\n```</pre>")
    text = extract_plain_text(page, main_content=main_content, alt_texts=False, links=False)
    return with_dollars(clean_text(text))

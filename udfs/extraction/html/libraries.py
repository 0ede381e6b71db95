"""The two libraries that read pages, each behind one function from a page to clean text.

trafilatura runs with ``deduplicate=False``: its duplicate test remembers earlier documents of the
process, so that a retried task would give other text (95 of 1,991 measured pages differed).
"""

from __future__ import annotations

import logging
from typing import Any, cast

import trafilatura
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

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


# Resiliparse takes every <ul> with fewer ancestors than this below the body for a menu.
_MENU_DEPTH = 3
_SHALLOW_LISTS = ", ".join("body > " + "* > " * depth + "ul" for depth in range(_MENU_DEPTH))
_PARAGRAPH_CHARACTERS = 40
"""Characters from which a paragraph beside a list says that the list belongs to a text."""


def resiliparse_text(page: str) -> str:
    """Return Resiliparse's main text of a page; its time is quadratic in the nesting depth."""
    tree = HTMLTree.parse(_with_fences(page))
    if "<ul" in page:
        _deepen_lists_of_text(tree)
    return _plain_text(tree, main_content=True)


def all_text(page: str) -> str:
    """Return all visible text of a page, furniture included, in linear time."""
    return _plain_text(_with_fences(page), main_content=False)


def _with_fences(page: str) -> str:
    """Resiliparse knows no fences: listings bring their own."""
    return page.replace("<pre><code>", "<pre>```\n").replace("</code></pre>", "\n```</pre>")


def _plain_text(page: Any, *, main_content: bool) -> str:
    text = extract_plain_text(page, main_content=main_content, alt_texts=False, links=False)
    return with_dollars(clean_text(text))


def _deepen_lists_of_text(tree: Any) -> None:
    """Put lists that stand beside paragraphs, not of links, where Resiliparse takes them for no menu."""
    if tree.body is None:
        return
    for found in list(tree.document.query_selector_all(_SHALLOW_LISTS)):
        beside = [node for node in found.parent.child_nodes if node.tag == "p"]
        paragraphs = sum(len(node.text.strip()) >= _PARAGRAPH_CHARACTERS for node in beside)
        linked = sum(len(link.text) for link in found.query_selector_all("a"))
        if paragraphs < 2 or 2 * linked > len(found.text):
            continue
        outer = inner = tree.create_element("div")
        for _ in range(_MENU_DEPTH):
            inner = inner.append_child(tree.create_element("div"))
        found.parent.replace_child(outer, found)
        inner.append_child(found)

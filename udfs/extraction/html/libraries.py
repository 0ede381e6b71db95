"""The two libraries that read pages, each behind one function from a page to clean text.

trafilatura runs with ``deduplicate=False``: its duplicate test remembers earlier documents of the
process, so that a retried task would give other text (95 of 1,991 measured pages differed).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any, cast

from lxml import etree
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from udfs.extraction.html.escapes import unescape_markdown
from udfs.extraction.html.source.elements import text_of
from udfs.extraction.html.source.formulas import with_dollars
from udfs.extraction.markdown.cleanup import clean_text

# Its warnings name every discarded page; the status says the same once.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


# A page that trafilatura and lxml.html hand to libxml2 as it is but for control characters, and the
# beginning that trafilatura repairs.
_BEGINS_PLAINLY = re.compile(
    r"\s*(?:<!doctype[^<>/]*>|(?:<!doctype[^<>]*>\s*)?<html(?:\s[^<>]*)?>)", re.IGNORECASE
)
_CLOSED_AT_ONCE = re.compile(r"<html[^<>]*/\s*>", re.IGNORECASE)
_REPAIRED_CHARACTERS = 4096
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_PLAIN_PARSER = etree.HTMLParser(
    collect_ids=False,
    default_doctype=False,
    encoding="utf-8",
    remove_comments=True,
    remove_pis=True,
)


def page_tree(text: str) -> Any:
    """Return the lxml root element of a page as trafilatura reads it; None for what it takes for no page."""
    from trafilatura.utils import load_html

    return load_html(text)


def plain_tree(text: str) -> Any:
    """Return the tree of ``page_tree``, but for a line end at its end, with lxml's plain elements.

    lxml.html asks a function of Python for the class of every element that is looked at, a quarter of
    what a forum's page took.
    """
    if not _BEGINS_PLAINLY.match(text) or _CLOSED_AT_ONCE.search(text, 0, _REPAIRED_CHARACTERS):
        return page_tree(text)
    try:
        tree = etree.fromstring(_NOT_IN_XML.sub("", text), _PLAIN_PARSER)
    except (ValueError, etree.XMLSyntaxError):  # surrogates; nothing but markup that is left out
        return page_tree(text)
    return page_tree(text) if tree is None or not len(tree) else tree


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
    import trafilatura  # a quarter of a second that most children never need

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


_MENU_DEPTH = 3
"""Resiliparse takes every ``<ul>`` with fewer ancestors than this below the body for a menu."""
_CONTAINERS = frozenset({"div", "section", "article", "main", "center"})
_NEIGHBOURS = 6
"""Elements on either side of a list that are looked at: a page may hold thousands of both."""
_PARAGRAPH_CHARACTERS = 40
"""Characters from which a paragraph beside a list says that the list belongs to a text."""
_LINK = re.compile(r"<a[\s>].*?</a>", re.DOTALL)


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
    """Put lists that stand among paragraphs, not of links, where Resiliparse takes them for no menu."""
    for found in [] if tree.body is None else list(_shallow_lists(tree.body, 0)):
        if not _stands_among_paragraphs(found):
            continue
        linked = sum(len(text_of(link)) for link in _LINK.findall(found.html))
        if 2 * linked > len(found.text):
            continue
        outer = inner = tree.create_element("div")
        for _ in range(_MENU_DEPTH):
            inner = inner.append_child(tree.create_element("div"))
        found.parent.replace_child(outer, found)
        inner.append_child(found)


def _shallow_lists(container: Any, depth: int) -> Iterator[Any]:
    """Walked node by node: every item taken of a collection of Resiliparse's costs as much as all."""
    node = container.first_child
    while node is not None:
        if node.tag == "ul":
            yield node
        elif depth + 1 < _MENU_DEPTH and node.tag in _CONTAINERS:
            yield from _shallow_lists(node, depth + 1)
        node = node.next


def _stands_among_paragraphs(found: Any) -> bool:
    paragraphs = 0
    for step in ("prev_element", "next_element"):
        beside = found
        for _ in range(_NEIGHBOURS):
            beside = getattr(beside, step)
            if beside is None:
                break
            if beside.tag == "p" and len(beside.text.strip()) >= _PARAGRAPH_CHARACTERS:
                paragraphs += 1
    return paragraphs >= 2

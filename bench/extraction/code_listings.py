"""Listings of code on pages, and how many of them come out whole: every line, in order, in one fence."""

from __future__ import annotations

import re
from typing import Final

from resiliparse.parse.html import DOMNode, HTMLTree, NodeType

NUMBERS: Final = ".gutter, .linenos, .lineno, .line-numbers"


def gold_listings(page: str, selector: str) -> list[str]:
    """Text of the ``pre`` elements below the first element that a selector finds, numbers of lines left out.

    Args:
        page: The decoded page.
        selector: Of the element that holds its text.
    """
    document = HTMLTree.parse(page).document
    found = document.query_selector(selector)
    if found is None:
        return []
    for numbers in list(found.query_selector_all(NUMBERS)):
        numbers.decompose()
    texts = [_text(element) for element in found.query_selector_all("pre")]
    return [text for text in texts if text.strip()]


def _text(node: DOMNode) -> str:
    if node.type == NodeType.TEXT:
        return node.value or ""
    if node.tag == "br":
        return "\n"
    return "".join(map(_text, node.child_nodes))


def whole_listings(text: str, wanted: list[str]) -> int:
    """How many wanted listings stand between two fences of the Markdown, blank lines and ends aside."""
    found = "\n".join(_lines(text))
    return sum(
        re.search(
            rf"^`{{3,}}\n{re.escape(chr(10).join(_lines(listing)))}\n`{{3,}}$", found, re.MULTILINE
        )
        is not None
        for listing in wanted
    )


def _lines(code: str) -> list[str]:
    """Its lines; of several blank ones a text keeps one."""
    return [line.rstrip() for line in code.replace("\xa0", " ").split("\n") if line.strip()]

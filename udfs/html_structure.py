"""Cheap counts over a page's bytes, taken before any parser sees it."""

from __future__ import annotations

import re
from typing import NamedTuple

# Elements that never have content: their tags do not deepen the tree.
_VOID = r"area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr"
# Elements that HTML closes by itself when the next one opens.
_SELF_CLOSING = r"p|li|dt|dd|option|tr|td|th|thead|tbody|tfoot"
_NESTING_TAG = re.compile(
    rf"<(?:(/)|(?!(?:{_VOID}|{_SELF_CLOSING})[\s>/]))[a-z][a-z0-9:-]*", re.IGNORECASE
)


class HtmlStructure(NamedTuple):
    """Counts that predict what a parser will cost.

    Attributes:
        tags: Number of ``<``, an upper bound of tags and comments.
        depth: Estimated nesting depth of elements that must be closed by hand.
    """

    tags: int
    depth: int


def measure(text: str, depth_limit: int) -> HtmlStructure:
    """Count tags and estimate the nesting depth.

    Args:
        text: The decoded page.
        depth_limit: When no more tags are open than this, the depth is not counted tag by tag; the
            estimate is then the number of tags left open, which cannot be exceeded.

    Returns:
        The counts. Linear in the size of the page.
    """
    tags = text.count("<")
    left_open = tags - text.count("</")
    if left_open <= depth_limit:
        return HtmlStructure(tags, left_open)
    depth = deepest = 0
    for match in _NESTING_TAG.finditer(text):
        depth += -1 if match.group(1) else 1
        deepest = max(deepest, depth)
    return HtmlStructure(tags, deepest)

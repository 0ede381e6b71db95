"""Listings in a page's source: one line a line, without the numbers that stand beside the code.

Blogs set the numbers in a column or a ``<pre>`` of their own, in front of each line, or leave them to
the style sheet; and a line is a line end, a ``<br>``, a ``<div>`` or a ``<span>`` that is shown as a block.
"""

from __future__ import annotations

import re

from udfs.extraction.html.source.elements import as_source, class_names, text_of, without_comments
from udfs.extraction.markdown.listings import is_counting, is_gutter, without_line_numbers

_NUMBERS = re.compile(r"[\s\d.:|]*")
_GUTTER_INSIDE = re.compile(
    r"<(span|a|i|b|em|div|td|th|code|pre|ol|ul|li|p)(?=\s)([^<>]*)>((?:[\s\d.:|]|&nbsp;|<br\s*/?>)*)</\1\s*>",
    re.IGNORECASE,
)
_UNREAD = re.compile(
    r"<(button|script|style|select|textarea)(?=[\s>]).{0,5000}?</\1\s*>", re.IGNORECASE | re.DOTALL
)
_LINE_END = re.compile(r"<br\s*/?>|</(?:div|p|li|tr|h[1-6])\s*>(?!\s*\n|\s*\Z)", re.IGNORECASE)
_BLOCK_LINE = re.compile(
    r"<(?:span|code)\s[^<>]*?(?:class\s*=\s*[\"']?(?:[^\"'<>]*\s)?(?:code-?line|line|view-line|cl)(?=[\s\"'>])|"
    r"display\s*:\s*(?:block|flex|table-row))[^<>]*>",
    re.IGNORECASE,
)
_CODE_BESIDE_CODE = re.compile(r"</code\s*>\s*(?=<code[\s>])", re.IGNORECASE)
_BLOCKS = re.compile(r"<(?:h[1-6]|article|section|blockquote|img|form|iframe)[\s>]", re.IGNORECASE)
_IS_SET_AS_BLOCK = re.compile(
    r"<(?:br|div|p|li|tr)[\s/>]|display\s*:\s*block|class\s*=\s*[\"']?line[\s\"'>]", re.IGNORECASE
)


def plain_listing(tag: str, name: str, content: str) -> str | None:
    """Write a ``<pre>``, or a ``<code>`` of several lines, as ``<pre><code>`` without markup inside.

    Args:
        tag: Its opening tag.
        name: ``pre`` or ``code``.
        content: The source inside.

    Returns:
        The element; empty for a column of line numbers; None where it is no listing.
    """
    if _BLOCKS.search(content) or (name == "code" and not _IS_SET_AS_BLOCK.search(content)):
        return None
    classes = class_names(tag)
    if is_gutter(classes) and is_counting(text_of(_LINE_END.sub("\n", content))):
        return ""
    content = _UNREAD.sub("", without_comments(content))
    code = _lines(_GUTTER_INSIDE.sub(_without_gutter, content))
    if name == "code" and "\n" not in code:
        return None
    if not code.strip():
        return ""
    return f"<pre><code>{as_source(without_line_numbers(code))}</code></pre>"


def _without_gutter(match: re.Match[str]) -> str:
    classes = class_names(match.group(2) if match.group(2)[:1].isspace() else f" {match.group(2)}")
    return "" if is_gutter(classes) else match.group()


def _lines(content: str) -> str:
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    if "\n" not in content.strip() and "<br" not in content:
        content = _CODE_BESIDE_CODE.sub("\n", _BLOCK_LINE.sub("\n", content))
    text = text_of(_LINE_END.sub("\n", content)).replace("\xa0", " ")
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    return "\n".join(lines)


def is_gutter_cell(content: str, behind: str) -> bool:
    """Tell a cell of line numbers by what it holds: numbers that count up, in ``<pre>``, before a cell.

    Args:
        content: The cell's source.
        behind: What follows its end tag.
    """
    if "<pre" not in content.lower() or not re.match(r"\s*<td[\s>]", behind, re.IGNORECASE):
        return False
    return is_counting(text_of(_LINE_END.sub("\n", content.replace("</span>", "\n"))))


def is_numbers(content: str) -> bool:
    """Whether an element holds nothing but numbers of lines."""
    return _NUMBERS.fullmatch(text_of(content).replace("\xa0", " ")) is not None

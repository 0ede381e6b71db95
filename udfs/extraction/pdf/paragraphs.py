"""Lines of a column to paragraphs and headings, and words broken by hyphens to whole words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from statistics import median

from udfs.extraction.markdown.hard_wrapping import is_wide
from udfs.extraction.pdf.rows import Row
from udfs.extraction.pdf.words import HYPHEN_AT_LINE_END

PARAGRAPH_LEADING = 1.35
"""Distance of baselines, in multiples of the block's usual one, that starts a paragraph."""
HEADING_SIZES = ((1.7, "# "), (1.35, "## "), (1.15, "### "))
"""Height of a line's font box against the document's body text, and the heading level it means."""
MAXIMUM_HEADING_CHARACTERS = 150

_TERMINAL = re.compile(r"[.!?:;…。！？：；][\"'”’)\]」』）]*$")
_LIST_ITEM = re.compile(r"^(?:[•‣▪●○◦■–—*]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")
_BROKEN_WORD = re.compile(rf"([^\W\d_]{{2,}})[-\u2010{HYPHEN_AT_LINE_END}]$")
_WORD_START = re.compile(r"^([^\W\d_]+)")


def body_height(pages: list[list[list[Row]]]) -> float:
    """Height of the font box in which most characters of the document are set, in points."""
    counts: Counter[float] = Counter()
    for row in (row for page in pages for block in page for row in block):
        if row.table is None:
            counts[round(row.height * 2) / 2] += len(row.text)
    return counts.most_common(1)[0][0] if counts else 12.0


def paragraphs_of(rows: list[Row], body: float) -> list[str]:
    """Join the lines of one column.

    Args:
        rows: Lines from top to bottom, without tables.
        body: Result of ``body_height``.

    Returns:
        Paragraphs; lines in a larger font come as Markdown headings.
    """
    groups: list[list[Row]] = []
    leading = _usual_leading(rows)
    right = max((row.x1 for row in rows), default=0.0)
    left = min((row.x0 for row in rows), default=0.0)
    for row in rows:
        if groups and not _starts_paragraph(groups[-1], row, leading, left, right):
            groups[-1].append(row)
        else:
            groups.append([row])
    return [text for text in (_paragraph(group, body) for group in groups) if text]


def _usual_leading(rows: list[Row]) -> float:
    distances = [upper.foot - lower.foot for upper, lower in pairwise(rows)]
    positive = [distance for distance in distances if distance > 1]
    return median(positive) if positive else 0.0


def _starts_paragraph(
    group: list[Row], row: Row, leading: float, left: float, right: float
) -> bool:
    above = group[-1]
    distance = above.foot - row.foot
    if leading and distance > PARAGRAPH_LEADING * max(leading, 0.9 * above.height):
        return True
    if not 0.87 < row.height / max(above.height, 0.1) < 1.15:
        return True
    if _LIST_ITEM.match(row.text):
        return True
    indent, width = row.x0 - above.x0, right - left
    if indent > 0.7 * row.height and len(group) > 1 and row.x0 > left + 0.7 * row.height:
        return abs(row.x0 - group[0].x0) < 2 or group[0].x0 <= above.x0 + 2
    ends_early = above.x1 < right - max(0.15 * width, 2 * row.height)
    return ends_early and bool(_TERMINAL.search(above.text.rstrip()))


def _paragraph(group: list[Row], body: float) -> str:
    text = ""
    for row in group:
        text = join_lines(text, row.text.strip())
    text = text.replace(HYPHEN_AT_LINE_END, "-").strip()
    if len(text) <= MAXIMUM_HEADING_CHARACTERS and re.search(r"[^\W\d_]{2}|\w{4}", text):
        for ratio, mark in HEADING_SIZES:
            if group[0].height >= ratio * body:
                return mark + text
    return text


def join_lines(upper: str, lower: str) -> str:
    """Join two lines of running text: whole words, a blank where the script uses blanks.

    Args:
        upper: Text so far.
        lower: The next line.

    Returns:
        ``inter-`` + ``national`` becomes one word; ``Franco-`` + ``German`` keeps its hyphen;
        Chinese and Japanese lines meet without a blank.
    """
    if not upper or not lower:
        return upper + lower
    broken, start = _BROKEN_WORD.search(upper), _WORD_START.match(lower)
    if broken:
        if start is not None and start.group(1)[0].islower():
            return upper[:-1] + lower
        return upper + lower
    if is_wide(upper[-1]) and is_wide(lower[0]):
        return upper + lower
    return f"{upper} {lower}"


def join_blocks(blocks: Iterable[list[str]]) -> str:
    """Join all columns and pages; a sentence that runs over the end of one is one paragraph.

    Args:
        blocks: Of each its paragraphs, headings and Markdown tables.

    Returns:
        Text with a blank line between paragraphs.
    """
    written: list[str] = []
    for paragraphs in blocks:
        following = paragraphs
        if written and paragraphs and _continues(written[-1], paragraphs[0]):
            written[-1] = join_lines(written[-1], paragraphs[0])
            following = paragraphs[1:]
        written += following
    return "\n\n".join(written)


def _continues(last: str, first: str) -> bool:
    if last.startswith(("#", "|")) or first.startswith(("#", "|")) or _TERMINAL.search(last):
        return False
    return first[0].islower() or (is_wide(first[0]) and is_wide(last[-1]) and len(last) > 40)

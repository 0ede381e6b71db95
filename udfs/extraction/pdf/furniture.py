"""Running heads, feet and page numbers: what a page repeats from its neighbours at the same height."""

from __future__ import annotations

import re
from collections import Counter

from udfs.extraction.pdf.rows import Segment

EDGE_ROWS = 3
"""Lines from the top and from the bottom of a page that may be furniture."""
MINIMUM_REPETITIONS = 3
"""Pages on which a line must recur, digits aside and within 3 points of height."""
MARGIN = 0.12
"""Share of the page height, from both edges, in which a bare number is a page number."""

_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.|第)?\s*[-–—\[(]?\s*(?:\d{1,4}|[ivxlc]{1,7})\s*[-–—\])]?\s*"
    r"(?:页|頁|ページ|(?:of|/|von|sur|de)\s*\d{1,4})?",
    re.IGNORECASE,
)


def remove_page_furniture(pages: list[list[Segment]], heights: list[float]) -> list[list[Segment]]:
    """Remove running heads, feet and page numbers.

    Args:
        pages: Segments of each page.
        heights: Page heights in points.

    Returns:
        The pages without furniture. FinePDFs' rule (same first or last lines with digits unified, on
        a quarter of the pages) is bound to the height here, so that chapter titles in the head of a
        few pages go, and a heading that recurs in the text stays.
    """
    keys = [
        [(_key(segment), segment) for segment in _edge_segments(page) if segment.table is None]
        for page in pages
    ]
    # Odd and even pages differ, and so do the pages of two chapters: three pages are enough.
    counts = Counter(key for page in keys for key in {key for key, _ in page})
    cleaned = []
    for page, page_keys, height in zip(pages, keys, heights, strict=True):
        furniture = {
            id(segment)
            for key, segment in page_keys
            if counts[key] >= MINIMUM_REPETITIONS
            or (len(pages) > 1 and _is_page_number(segment, height))
        }
        cleaned.append([segment for segment in page if id(segment) not in furniture])
    return cleaned


def _edge_segments(page: list[Segment]) -> list[Segment]:
    by_height = sorted(page, key=lambda segment: -segment.middle)
    levels: list[list[Segment]] = []
    for segment in by_height:
        if levels and abs(levels[-1][0].middle - segment.middle) < 0.5 * segment.height:
            levels[-1].append(segment)
        else:
            levels.append([segment])
    edges = levels if len(levels) <= 2 * EDGE_ROWS else levels[:EDGE_ROWS] + levels[-EDGE_ROWS:]
    return [segment for level in edges for segment in level]


def _key(segment: Segment) -> tuple[str, int]:
    text = _DIGITS.sub("0", segment.text.casefold())
    return "".join(text.split()), round(segment.middle / 3)


def _is_page_number(segment: Segment, height: float) -> bool:
    in_margin = segment.middle < MARGIN * height or segment.middle > (1 - MARGIN) * height
    return in_margin and _PAGE_NUMBER.fullmatch(segment.text.strip()) is not None

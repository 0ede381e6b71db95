"""Running heads, feet, page and line numbers, readings: what a page has beside its text.

Heads and feet are what a page repeats from its neighbours at the same height. The numbers of lines, as in
transcripts, drafts and manuscripts, count up along one edge of the page. The readings of words (ruby,
furigana) stand above them in small print, and would cut every line from the next one.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from statistics import median

import numpy as np

from udfs.extraction.pdf.rows import Segment, main_print
from udfs.extraction.pdf.turning import READING_PRINT
from udfs.extraction.pdf.words import Word

EDGE_ROWS = 3
"""Lines from the top and from the bottom of a page that may be furniture."""
MINIMUM_REPETITIONS = 3
"""Pages on which a line must recur, digits aside and within 3 points of height."""
MARGIN = 0.12
"""Share of the page height, from both edges, in which a bare number is a page number."""

MINIMUM_LINE_NUMBERS = 8
"""Numbers that must count up along an edge."""
LINE_STEPS = (1, 5)
"""Every line is numbered, or every fifth."""
COUNTED_SHARE = 0.8
"""Share of the numbers that must follow by that step; headings and formulas have none."""
PROSE_COLUMNS = 12
"""Display columns of the usual segment of a page of prose; the rows of a table are numbered, too."""

READING_GAP = 0.6
"""Blank between a reading and its word, in the reading's heights."""
MOST_READINGS = 4_000
"""Words of a page that are looked at as readings; more are no page of a book."""

_READING = re.compile(
    "[\u3041-\u309f\u30a0-\u30ff\u3105-\u312f]+|[a-zü]*[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]\\w*"
)
_IDEOGRAPH = re.compile("[\u3005\u3400-\u9fff\uf900-\ufaff]")
_LINE_NUMBER = re.compile(r"\d{1,4}")
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.|第)?\s*[-–—\[(]?\s*(?:\d{1,4}|[ivxlc]{1,7})\s*[-–—\])]?\s*"
    r"(?:页|頁|ページ|(?:of|/|von|sur|de)\s*\d{1,4})?",
    re.IGNORECASE,
)


def without_readings(words: list[Word]) -> list[Word]:
    """Leave out the readings above Chinese characters: kana, bopomofo, pinyin with its tones.

    Args:
        words: Words of a page in the order of the content stream; lines from top to bottom turned level.

    Returns:
        The words without those in small print right above a word with ideographs.
    """
    if not words:
        return words
    limit = READING_PRINT * main_print(words).height
    small = [w for w in words if w.height <= limit and _READING.fullmatch(w.text.casefold())]
    if not 0 < len(small) <= MOST_READINGS:
        return words
    bases = [w for w in words if w.height > limit and _IDEOGRAPH.search(w.text)]
    edges = np.array([(base.x0, base.x1, base.y0, base.y1) for base in bases]).reshape(-1, 4)
    x0, x1, y0, y1 = edges.T
    readings = set()
    for word in small:
        middle, height = (word.x0 + word.x1) / 2, word.height
        beside = (
            (x0 - height < middle) & (middle < x1 + height) & (height <= READING_PRINT * (y1 - y0))
        )
        above = ((word.y0 + word.y1) > (y0 + y1)) & (word.y0 - y1 < READING_GAP * height)
        if (beside & above & (word.y0 > (y0 + y1) / 2)).any():
            readings.add(id(word))
    return [word for word in words if id(word) not in readings]


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
    numbers = [_line_numbers(page) for page in pages]
    are_in_draft = (
        sum(bool(n) and _is_prose(page) for n, page in zip(numbers, pages, strict=True)) > 1
    )
    cleaned = []
    for page, page_keys, height, found in zip(pages, keys, heights, numbers, strict=True):
        furniture = {
            id(segment)
            for key, segment in page_keys
            if counts[key] >= MINIMUM_REPETITIONS
            or (len(pages) > 1 and _is_page_number(segment, height))
        }
        if are_in_draft or _are_written_apart(found, page):
            furniture |= {id(segment) for segment in found}
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


def _line_numbers(page: list[Segment]) -> list[Segment]:
    """Numbers that count up along one edge of a page, outside of all its text."""
    numbers = [s for s in page if s.table is None and _LINE_NUMBER.fullmatch(s.text)]
    if len(numbers) < MINIMUM_LINE_NUMBERS:
        return []
    marks = set(map(id, numbers))
    others = [segment for segment in page if id(segment) not in marks]
    if not others:
        return []
    left, right = min(s.x0 for s in others), max(s.x1 for s in others)
    for side in ([s for s in numbers if s.x1 <= left], [s for s in numbers if s.x0 >= right]):
        side.sort(key=lambda segment: -segment.middle)
        steps = Counter(int(lower.text) - int(upper.text) for upper, lower in pairwise(side))
        usual, count = steps.most_common(1)[0] if steps else (0, 0)
        counts_up = usual in LINE_STEPS and min(steps) > 0 and count >= COUNTED_SHARE * len(side)
        if counts_up and len(side) >= MINIMUM_LINE_NUMBERS:
            return side
    return []


def _is_prose(page: list[Segment]) -> bool:
    return median(segment.columns for segment in page) >= PROSE_COLUMNS


def _are_written_apart(numbers: list[Segment], page: list[Segment]) -> bool:
    """Whether the file writes most numbers on lines of their own: the rows of a table it does not."""
    marks = set(map(id, numbers))
    lines = {word.line for segment in page if id(segment) not in marks for word in segment.words}
    return 2 * sum(segment.words[0].line not in lines for segment in numbers) > len(numbers)

"""Reading order of a page: gutters between columns of prose, blocks in the order of reading.

A gutter is a vertical stripe that few rows cross, with prose on both sides. Rows that do cross it
(titles, full-width tables and figures) cut the page into bands; within a band the left column is read
before the right one, and each column is looked at again, so that three columns work like two. An initial that
reaches over lines is read before the first of them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from itertools import accumulate
from statistics import median

from udfs.extraction.pdf.rows import (
    LINE_BLANK,
    TALL_PRINT,
    Row,
    Segment,
    main_print,
    pieces_of,
    rows_of,
)
from udfs.extraction.pdf.words import Word

MINIMUM_COLUMN_ROWS = 5
"""Segments a column must have on each side of a gutter."""
MAXIMUM_CROSSING = 0.4
"""Share of the segments that may run across a gutter."""
MINIMUM_TWO_COLUMN_WIDTH = 100.0
"""Points; no column of prose is narrower than 50."""
GUTTER_STEP = 3.0
"""Resolution of the search for gutters, in points."""
CANDIDATE_GUTTERS = 6
"""Stripes that are looked at in full, those that the fewest segments cross first."""
MINIMUM_COLUMN_FILL = 0.6
"""Median segment width of a column, as a share of its width: prose fills its column, cells do not."""
FULL_COLUMN = 0.85
"""The same of short lines where the file writes most of them across the gutter, as it does with the rows of
a table; generators that justify write columns so, too, in lines longer than a cell's."""
LONG_LINE_CHARACTERS = 32
"""Median characters of a column's segments from which its lines are no cells."""
MINIMUM_COLUMN_CHARACTERS = 14
"""Median characters of a column's segments (wide characters count two): cells are shorter."""
INITIAL_GAP = 1.5
"""Gap between an initial and the lines beside it, in heights of these."""

_INITIAL = re.compile(r"[\"'“‘«„¿¡(]?[^\W\d_]{1,2}")
_ONE_LETTER_WORDS = frozenset("AIOY")


def level_initials(words: list[Word], written: Callable[[], Counter[str]]) -> list[Word]:
    """Put an initial that reaches over several lines before the first of them.

    Args:
        words: Words of a page in the order of the content stream.
        written: Counts how often the document has each word, case folded.

    Returns:
        The words in that order, initials before the word that they begin. Initials get the box of print of
        that line, whatever their size, and no blank stands behind one that is no word by itself.
    """
    if not words or _are_level(words):
        return words
    pieces = pieces_of(words)
    usual = main_print([piece.print for piece in pieces]).height
    for piece in pieces:
        initial = piece.words[0]
        if initial.height <= TALL_PRINT * usual or not _INITIAL.fullmatch(initial.text):
            continue
        lines = [other for other in pieces if other is not piece and _stands_behind(other, initial)]
        if len(piece.words) > 1 or len(lines) < 2:
            continue
        start = max(lines, key=lambda line: line.middle).words[0]
        initial.joins_next = not _is_word_by_itself(initial.text, start.text, written())
        initial.x1 = start.x0 - (0 if initial.joins_next else 2 * LINE_BLANK * start.height)
        initial.y0, initial.y1, initial.line = start.y0, start.y1, start.line
        words = [word for word in words if word is not initial]
        words.insert(next(i for i, word in enumerate(words) if word is start), initial)
    return words


def _are_level(words: list[Word]) -> bool:
    """Whether no word could be an initial: most pages have none, and looking for their lines costs."""
    usual = main_print(words).height
    return not any(word.height > TALL_PRINT * usual and len(word.text) <= 3 for word in words)


def _is_word_by_itself(initial: str, rest: str, written: Counter[str]) -> bool:
    """Whether the rest is a word elsewhere in the document: ``A ferry``, but ``After``."""
    rest = rest.casefold()
    joined = initial.casefold() + rest
    return initial in _ONE_LETTER_WORDS and written[rest] > 1 and joined not in written


def _stands_behind(line: Segment, initial: Word) -> bool:
    distance = line.x0 - initial.x1
    print_height = line.print.height
    return (
        print_height * TALL_PRINT < initial.height
        and -0.5 * print_height < distance < INITIAL_GAP * print_height
        and initial.y0 < line.middle < initial.y1
    )


def reading_order(segments: list[Segment], depth: int = 0) -> list[list[Row]]:
    """Order the segments of a page or column.

    Args:
        segments: Segments of the region.
        depth: Recursion depth; four gutters within gutters are enough for any page.

    Returns:
        Blocks in reading order, each a list of rows from top to bottom.
    """
    if not segments:
        return []
    gutter = find_gutter(segments) if depth < 4 else None
    if gutter is None:
        return [rows_of(segments)]
    blocks: list[list[Row]] = []
    for band, in_columns in _bands(segments, gutter):
        if in_columns:
            blocks += reading_order([s for s in band if s.x1 <= gutter], depth + 1)
            blocks += reading_order([s for s in band if s.x1 > gutter], depth + 1)
        else:
            blocks += reading_order(band, depth + 1)
    return blocks


class _Crossing:
    """The segments that cross a gutter, for asking what stands beside them.

    What stands beside a crossing segment belongs to its row, not to a column.
    """

    def __init__(self, segments: list[Segment]) -> None:
        self._middles = sorted(segment.middle for segment in segments)
        self._ends: list[float] = []  # alternately lower and upper ends of disjoint intervals
        for segment in sorted(segments, key=lambda segment: segment.y0):
            if self._ends and segment.y0 <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], segment.y1)
            else:
                self._ends += [segment.y0, segment.y1]

    def stands_beside(self, segment: Segment) -> bool:
        if bisect_left(self._ends, segment.middle) % 2:
            return True
        next_middle = bisect_left(self._middles, segment.y0)
        return next_middle < len(self._middles) and self._middles[next_middle] <= segment.y1


def _bands(segments: list[Segment], gutter: float) -> list[tuple[list[Segment], bool]]:
    """Cut at the rows that cross the gutter.

    Returns:
        (segments, whether they stand in two columns of prose) from top to bottom; neighbouring bands
        that do not are one.
    """
    crossing = _Crossing([s for s in segments if s.x0 < gutter < s.x1])
    raw: list[tuple[list[Segment], bool]] = []
    for segment in sorted(segments, key=lambda segment: -segment.middle):
        free = not crossing.stands_beside(segment)
        if raw and raw[-1][1] == free:
            raw[-1][0].append(segment)
        else:
            raw.append(([segment], free))
    bands: list[tuple[list[Segment], bool]] = []
    for band, free in raw:
        in_columns = free and _has_prose_on_both_sides(band, gutter)
        if bands and not in_columns and not bands[-1][1]:
            bands[-1][0].extend(band)
        else:
            bands.append((band, in_columns))
    return bands


def find_gutter(segments: list[Segment]) -> float | None:
    """Find the x of a gutter between two columns of prose.

    Args:
        segments: Segments of a region.

    Returns:
        The gutter with the most segments in columns beside it, or None for a single column or a table.
    """
    long_segments = [s for s in segments if s.columns >= MINIMUM_COLUMN_CHARACTERS]
    if len(long_segments) < 2 * MINIMUM_COLUMN_ROWS:
        return None
    left, right = min(s.x0 for s in segments), max(s.x1 for s in segments)
    if right - left < MINIMUM_TWO_COLUMN_WIDTH:
        return None
    best, best_score = None, 2 * MINIMUM_COLUMN_ROWS - 1
    for gutter in _candidate_gutters(segments, left, right):
        # The median of a column of prose is long: without so many long lines there is none.
        on_left = sum(s.x1 <= gutter for s in long_segments)
        on_right = sum(s.x0 >= gutter for s in long_segments)
        if 2 * min(on_left, on_right) < MINIMUM_COLUMN_ROWS:
            continue
        bands = _bands(segments, gutter)
        score = sum(len(band) for band, in_columns in bands if in_columns)
        if score > best_score:
            best, best_score = gutter, score
    return best


def _candidate_gutters(segments: list[Segment], left: float, right: float) -> list[float]:
    """Middles of the stripes that fewer segments cross than cross their surroundings."""
    span = right - left
    steps = max(2, int(span / GUTTER_STEP))
    changes = [0] * (steps + 2)
    for segment in segments:
        changes[int((segment.x0 - left) / span * steps) + 1] += 1
        changes[int((segment.x1 - left) / span * steps) + 1] -= 1
    crossed = list(accumulate(changes))
    low, high = int(0.12 * steps), int(0.88 * steps)
    found: list[tuple[int, float]] = []
    start = low
    for step in range(low + 1, high + 1):
        if crossed[step] == crossed[start]:
            continue
        is_valley = start > low and crossed[start] < min(crossed[start - 1], crossed[step])
        if is_valley and crossed[start] < MAXIMUM_CROSSING * len(segments):
            found.append((crossed[start], left + (start + step - 1) / 2 / steps * span))
        start = step
    return [gutter for _, gutter in sorted(found)[:CANDIDATE_GUTTERS]]


def _has_prose_on_both_sides(segments: list[Segment], gutter: float) -> bool:
    on_left = [segment for segment in segments if segment.x1 <= gutter]
    on_right = [segment for segment in segments if segment.x0 >= gutter]
    lines = {segment.words[-1].line for segment in on_left}
    across = sum(segment.words[0].line in lines for segment in on_right)
    fill = FULL_COLUMN if 2 * across > len(on_right) else MINIMUM_COLUMN_FILL
    return _is_prose(on_left, fill) and _is_prose(on_right, fill)


def _is_prose(segments: list[Segment], fill: float) -> bool:
    if len(segments) < MINIMUM_COLUMN_ROWS:
        return False
    left, right = min(s.x0 for s in segments), max(s.x1 for s in segments)
    characters = median(segment.columns for segment in segments)
    if characters >= LONG_LINE_CHARACTERS:
        fill = MINIMUM_COLUMN_FILL
    if median(s.x1 - s.x0 for s in segments) < fill * (right - left):
        return find_gutter(segments) is not None  # the other two of three columns
    return characters >= MINIMUM_COLUMN_CHARACTERS

"""Reading order of a page: rows of words, gutters between columns, blocks in the order of reading.

A gutter is a vertical stripe that few rows cross, with prose on both sides. Rows that do cross it
(titles, full-width tables and figures) cut the page into bands; within a band the left column is read
before the right one, and each column is looked at again, so that three columns work like two.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from udfs.hard_wrapping import is_wide
from udfs.pdf_words import Word

SEGMENT_GAP = 0.75
"""Gap between words of a row, in font-box heights, that separates cells or columns."""
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
MINIMUM_COLUMN_CHARACTERS = 14
"""Median characters of a column's segments (wide characters count two): cells are shorter."""


@dataclass(slots=True)
class Segment:
    """Neighbouring words of one row without a large gap: a line of a column, or a table cell."""

    x0: float
    x1: float
    y0: float
    y1: float
    words: list[Word]

    @property
    def height(self) -> float:
        """Height of the tallest font box in it."""
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        """Vertical middle."""
        return (self.y0 + self.y1) / 2

    @property
    def text(self) -> str:
        """Its words in reading order, with a blank where there is a gap."""
        return join_words(self.words)


@dataclass(slots=True)
class Row:
    """The segments of one column at one height, from left to right."""

    segments: list[Segment]

    @property
    def x0(self) -> float:
        """Left edge."""
        return self.segments[0].x0

    @property
    def x1(self) -> float:
        """Right edge."""
        return max(segment.x1 for segment in self.segments)

    @property
    def y0(self) -> float:
        """Lower edge."""
        return min(segment.y0 for segment in self.segments)

    @property
    def y1(self) -> float:
        """Upper edge."""
        return max(segment.y1 for segment in self.segments)

    @property
    def height(self) -> float:
        """Median height of its segments."""
        return median(segment.height for segment in self.segments)

    @property
    def text(self) -> str:
        """All of its text, two blanks between segments."""
        return "  ".join(segment.text for segment in self.segments)


def join_words(words: list[Word]) -> str:
    """Write words that stand side by side; Arabic and Hebrew from the right."""
    letters = "".join(word.text for word in words)
    right_to_left = sum("\u0590" <= character <= "\u08ff" for character in letters)
    ordered = sorted(words, key=lambda word: word.x0, reverse=right_to_left > len(letters) / 2)
    parts: list[str] = []
    for index, word in enumerate(ordered):
        if index and _has_blank_between(ordered[index - 1], word):
            parts.append(" ")
        parts.append(word.text)
    return "".join(parts)


def _has_blank_between(left: Word, right: Word) -> bool:
    gap = max(right.x0 - left.x1, left.x0 - right.x1)
    if is_wide(left.text[-1]) and is_wide(right.text[0]):
        return gap > 0.4 * left.height  # set without blanks; pdfium still reports some
    return gap > 0.05 * left.height or right.first > left.first + len(left.text)


def segments_of_page(words: list[Word]) -> list[Segment]:
    """Join the words of a page into segments.

    Args:
        words: Words of a page in any order.

    Returns:
        Segments from top to bottom, left to right.
    """
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (-(word.y0 + word.y1), word.x0)):
        row = rows[-1] if rows else None
        if row is not None and _is_same_row(row, word):
            row.append(word)
        else:
            rows.append([word])
    return [segment for row in rows for segment in _split_at_gaps(row)]


def _is_same_row(row: list[Word], word: Word) -> bool:
    """Middles close together; compared with the row's tallest word, so that superscripts join it."""
    tallest = max(row, key=lambda other: other.height)
    overlap = min(tallest.y1, word.y1) - max(tallest.y0, word.y0)
    return overlap > 0.55 * min(tallest.height, word.height)


def _split_at_gaps(row: list[Word]) -> list[Segment]:
    segments: list[Segment] = []
    for word in sorted(row, key=lambda word: word.x0):
        last = segments[-1] if segments else None
        if last is not None and word.x0 - last.x1 < SEGMENT_GAP * max(last.height, word.height):
            last.words.append(word)
            last.x1 = max(last.x1, word.x1)
            last.y0, last.y1 = min(last.y0, word.y0), max(last.y1, word.y1)
        else:
            segments.append(Segment(word.x0, word.x1, word.y0, word.y1, [word]))
    return segments


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


def _bands(segments: list[Segment], gutter: float) -> list[tuple[list[Segment], bool]]:
    """Cut at the rows that cross the gutter.

    Returns:
        (segments, whether they stand in two columns of prose) from top to bottom; neighbouring bands
        that do not are one.
    """
    crossing = [segment for segment in segments if segment.x0 < gutter < segment.x1]
    raw: list[tuple[list[Segment], bool]] = []
    for segment in sorted(segments, key=lambda segment: -segment.middle):
        # What stands beside a crossing segment belongs to its row, not to a column.
        free = not any(
            other.y0 <= segment.middle <= other.y1 or segment.y0 <= other.middle <= segment.y1
            for other in crossing
        )
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


def rows_of(segments: list[Segment]) -> list[Row]:
    """Group segments of one column into rows from top to bottom."""
    rows: list[Row] = []
    for segment in sorted(segments, key=lambda segment: (-segment.middle, segment.x0)):
        last = rows[-1].segments[0] if rows else None
        if last is not None and abs(last.middle - segment.middle) < 0.4 * min(
            last.height, segment.height
        ):
            rows[-1].segments.append(segment)
        else:
            rows.append(Row([segment]))
    for row in rows:
        row.segments.sort(key=lambda segment: segment.x0)
    return rows


def find_gutter(segments: list[Segment]) -> float | None:
    """Find the x of a gutter between two columns of prose.

    Args:
        segments: Segments of a region.

    Returns:
        The gutter with the most segments in columns beside it, or None for a single column or a table.
    """
    if len(segments) < 2 * MINIMUM_COLUMN_ROWS:
        return None
    left, right = min(s.x0 for s in segments), max(s.x1 for s in segments)
    if right - left < MINIMUM_TWO_COLUMN_WIDTH:
        return None
    best, best_score = None, 2 * MINIMUM_COLUMN_ROWS - 1
    for gutter in _candidate_gutters(segments, left, right):
        bands = _bands(segments, gutter)
        score = sum(len(band) for band, in_columns in bands if in_columns)
        if score > best_score:
            best, best_score = gutter, score
    return best


def _candidate_gutters(segments: list[Segment], left: float, right: float) -> list[float]:
    """Middles of the stripes that fewer segments cross than cross their surroundings."""
    span = right - left
    steps = max(2, int(span / GUTTER_STEP))
    crossed = [0] * (steps + 1)
    for segment in segments:
        first = int((segment.x0 - left) / span * steps) + 1
        for step in range(first, int((segment.x1 - left) / span * steps) + 1):
            crossed[step] += 1
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
    return _is_prose(on_left) and _is_prose(on_right)


def _is_prose(segments: list[Segment]) -> bool:
    if len(segments) < MINIMUM_COLUMN_ROWS:
        return False
    left, right = min(s.x0 for s in segments), max(s.x1 for s in segments)
    if median(s.x1 - s.x0 for s in segments) < MINIMUM_COLUMN_FILL * (right - left):
        return find_gutter(segments) is not None  # the other two of three columns
    return median(_columns_of(segment) for segment in segments) >= MINIMUM_COLUMN_CHARACTERS


def _columns_of(segment: Segment) -> int:
    """Characters of a segment, wide ones counted twice."""
    text = "".join(word.text for word in segment.words)
    return len(text) + sum(map(is_wide, text)) if not text.isascii() else len(text)

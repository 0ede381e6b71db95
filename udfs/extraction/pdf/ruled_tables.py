"""Tables of a PDF page by their ruling lines: crossing rules make a grid, words fall into its cells.

Only grids that rule both rows and columns are read here. A table that rules less is found by alignment
(``udfs.extraction.pdf.aligned_tables``), to which its rules are hints.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from udfs.extraction.markdown.tables import MINIMUM_ROWS, RenderedTable, render_table
from udfs.extraction.pdf.paragraphs import join_lines
from udfs.extraction.pdf.rows import Segment, pieces_of, rows_of, segments_of_pieces
from udfs.extraction.pdf.ruling_lines import Box, PageRules, Rule
from udfs.extraction.pdf.words import HYPHEN_AT_LINE_END, Word

TOUCH = 3.0
"""Points between the end of a rule and a rule it meets."""
MINIMUM_CELL = 5.0
"""Points; two rules that are closer are one border."""
MAXIMUM_CROSSINGS = 40_000
"""Pairs of a level and an upright rule that are looked at; more are a drawing."""
MAXIMUM_GRID_CELLS = 20_000
MINIMUM_FILLED_CELLS = 0.4
"""Share of cells (merged ones count once) with text; emptier grids are charts and forms to fill in."""
MAXIMUM_CELLS_WITH_GAPS = 0.2
"""Share of filled cells with a wide gap inside: from there the grid rules not all of its columns."""
MAXIMUM_MEDIAN_CHARACTERS = 200
"""Fuller cells are the boxes of a page's layout."""
UNRULED_LINES = 3
"""Lines from which a band whose cells all have as many is a stack of rows without rules."""


@dataclass(frozen=True)
class RuledTable:
    """A table with the words that it took from the page.

    Attributes:
        box: Its outer rules.
        words: Its words, each in exactly one cell or in the caption.
        rendered: Its text, always ``kept``.
    """

    box: Box
    words: list[Word]
    rendered: RenderedTable


@dataclass(frozen=True)
class _Grid:
    """Borders of the cells: columns from left to right, rows from top to bottom (y falls)."""

    xs: list[float]
    ys: list[float]
    level: list[Rule]
    upright: list[Rule]

    @property
    def box(self) -> Box:
        return self.xs[0], self.xs[-1], self.ys[-1], self.ys[0]

    def cell_of(self, word: Word) -> tuple[int, int] | None:
        x, y = (word.x0 + word.x1) / 2, (word.y0 + word.y1) / 2
        if not (self.xs[0] <= x <= self.xs[-1] and self.ys[-1] <= y <= self.ys[0]):
            return None
        column = self._column(word.x0 + 1)
        if word.x1 - word.x0 < self.xs[column + 1] - self.xs[column]:
            column = self._column(x)  # a longer word runs out of its cell to the right
        row = sum(y < border for border in self.ys[1:-1])
        return row, column

    def _column(self, x: float) -> int:
        return min(max(bisect_right(self.xs, x), 1), len(self.xs) - 1) - 1


def find_ruled_tables(words: list[Word], rules: PageRules) -> list[RuledTable]:
    """Find the fully ruled tables of a page.

    Args:
        words: Words of the page.
        rules: Its rules, in the same coordinates.

    Returns:
        Tables that pass the keep rules, from top to bottom, no word in two of them. All other words stay
        with the page, those of grids that are no tables too.
    """
    tables: list[RuledTable] = []
    taken: set[int] = set()
    for grid in _grids(rules):
        inside = [(word, grid.cell_of(word)) for word in words if word.first not in taken]
        cells = [(word, cell) for word, cell in inside if cell is not None]
        table = _as_table(grid, cells) if cells else None
        if table is not None:
            taken.update(word.first for word in table.words)
            tables.append(table)
    return sorted(tables, key=lambda table: -table.box[3])


def _grids(rules: PageRules) -> list[_Grid]:
    """Grids of rules that touch each other, largest first so that a cell's own box comes last."""
    if len(rules.level) * len(rules.upright) > MAXIMUM_CROSSINGS:
        return []
    grids = []
    for level, upright in _components(rules):
        xs = _borders([rule.position for rule in upright], level)
        ys = _borders([rule.position for rule in level], upright)[::-1]
        cells = (len(xs) - 1) * (len(ys) - 1)
        if len(xs) >= 3 and len(ys) >= 3 and cells <= MAXIMUM_GRID_CELLS:
            grids.append(_Grid(xs, ys, level, upright))
    return sorted(grids, key=lambda g: -(g.box[1] - g.box[0]) * (g.box[3] - g.box[2]))


def _components(rules: PageRules) -> list[tuple[list[Rule], list[Rule]]]:
    count = len(rules.level)
    parents = list(range(count + len(rules.upright)))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for i, flat in enumerate(rules.level):
        for j, tall in enumerate(rules.upright):
            if (
                flat.start - TOUCH <= tall.position <= flat.end + TOUCH
                and tall.start - TOUCH <= flat.position <= tall.end + TOUCH
            ):
                parents[root(i)] = root(count + j)
    found: dict[int, tuple[list[Rule], list[Rule]]] = defaultdict(lambda: ([], []))
    for index in range(len(parents)):
        is_upright = index >= count
        rule = rules.upright[index - count] if is_upright else rules.level[index]
        found[root(index)][is_upright].append(rule)
    return [pair for pair in found.values() if pair[0] and pair[1]]


def _borders(positions: list[float], across: list[Rule]) -> list[float]:
    """Positions of borders, with the ends of the rules across: many tables leave their sides open."""
    ends = [min(rule.start for rule in across), max(rule.end for rule in across)]
    borders: list[float] = []
    for position in sorted([*positions, *ends]):
        if not borders or position - borders[-1] > MINIMUM_CELL:
            borders.append(position)
    return borders


def _as_table(grid: _Grid, words: list[tuple[Word, tuple[int, int]]]) -> RuledTable | None:
    anchors = _merged_cells(grid)
    contents: dict[tuple[int, int], list[Word]] = defaultdict(list)
    for word, (row, column) in words:
        contents[anchors[row][column]].append(word)
    cell_count = len({anchor for row in anchors for anchor in row})
    if cell_count < 4 or len(contents) < MINIMUM_FILLED_CELLS * cell_count:
        return None
    lines = {cell: _lines_of(inside) for cell, inside in contents.items()}
    with_gaps = sum(any(len(line) > 1 for line in cell) for cell in lines.values())
    if with_gaps > MAXIMUM_CELLS_WITH_GAPS * len(lines):
        return None
    texts = {cell: [" ".join(line) for line in found] for cell, found in lines.items()}
    if median(sum(map(len, cell)) for cell in texts.values()) > MAXIMUM_MEDIAN_CHARACTERS:
        return None
    rows = _rows(texts, anchors)
    caption: list[str] = []
    while len(rows) > MINIMUM_ROWS and _is_caption(anchors[len(caption)]):
        caption.append(rows.pop(0)[0])
    rendered = render_table(rows)
    if rendered.fate != "kept":
        return None
    text = "\n\n".join([*filter(None, caption), rendered.text])
    return RuledTable(grid.box, [word for word, _ in words], RenderedTable(text, "kept"))


def _merged_cells(grid: _Grid) -> list[list[tuple[int, int]]]:
    """For each place of the grid the (row, column) of the cell it belongs to, its upper left place."""
    rows, columns = len(grid.ys) - 1, len(grid.xs) - 1
    anchors = [[(row, column) for column in range(columns)] for row in range(rows)]
    middles_x = [(left + right) / 2 for left, right in pairwise(grid.xs)]
    middles_y = [(upper + lower) / 2 for upper, lower in pairwise(grid.ys)]
    left_of = [_covered(grid.upright, x, middles_y) for x in grid.xs[:-1]]
    above = [_covered(grid.level, y, middles_x) for y in grid.ys[:-1]]
    for row in range(rows):
        for column in range(columns):
            if column and not left_of[column][row]:
                anchors[row][column] = anchors[row][column - 1]
            elif row and not above[row][column]:
                anchors[row][column] = anchors[row - 1][column]
    return anchors


def _covered(rules: list[Rule], position: float, middles: list[float]) -> list[bool]:
    """Which middles of the places along a border have a rule at that border."""
    near = [rule for rule in rules if abs(rule.position - position) <= MINIMUM_CELL]
    return [any(rule.start <= middle <= rule.end for rule in near) for middle in middles]


def _lines_of(words: list[Word]) -> list[list[str]]:
    """Lines of a cell, each as the texts between its wide gaps."""
    return [[s.text for s in row.segments] for row in rows_of(segments_of_pieces(pieces_of(words)))]


def _rows(
    texts: dict[tuple[int, int], list[str]], anchors: list[list[tuple[int, int]]]
) -> list[list[str]]:
    """Cell texts by row; a merged cell's text stands in its upper left place, the others are empty."""
    rows = []
    for number, places in enumerate(anchors):
        cells = [
            texts.get(anchor, []) if anchor == (number, column) else []
            for column, anchor in enumerate(places)
        ]
        counts = Counter(len(cell) for cell in cells if cell)
        lines = max(counts, default=0)
        # One rule below the header and none between the rows: as many lines in every cell are rows.
        if len(counts) == 1 and lines >= UNRULED_LINES and counts[lines] >= 2:
            rows += [[cell[line] if cell else "" for cell in cells] for line in range(lines)]
        else:
            rows.append([_joined(cell) for cell in cells])
    return rows


def _joined(lines: list[str]) -> str:
    text = ""
    for line in lines:
        text = join_lines(text, line)
    return text.replace(HYPHEN_AT_LINE_END, "-")


def _is_caption(places: list[tuple[int, int]]) -> bool:
    return len(set(places)) == 1


def segment_of_table(table: RuledTable) -> Segment:
    """A segment that stands for a table in the reading order of its page."""
    x0, x1, y0, y1 = table.box
    return Segment(x0, x1, y0, y1, table.words, table.rendered)

"""Scores of extracted text against gold: word bags, snippets, table adjacency, intact rows."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

Relation = tuple[str, str, str]

_WORD = re.compile(r"\w+")
_TABLE_LINE = re.compile(r"^\|.*\|$")
_RULE = re.compile(r"^\|(?:\s*:?-{3,}:?\s*\|)+$")
_CELL_BORDER = re.compile(r"(?<!\\)\|")


def f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def word_bag(text: str, gold: str) -> tuple[float, float, float]:
    """Precision, recall and F1 over bags of lower-cased words (WCXB's own score)."""
    found, wanted = Counter(_WORD.findall(text.lower())), Counter(_WORD.findall(gold.lower()))
    if not found or not wanted:
        equal = float(not found and not wanted)
        return equal, equal, equal
    common = sum((found & wanted).values())
    precision, recall = common / sum(found.values()), common / sum(wanted.values())
    return precision, recall, f1(precision, recall)


def snippets(text: str, wanted: Iterable[str], unwanted: Iterable[str]) -> Counter[str]:
    """Count snippets found and missed; blanks and Markdown marks do not matter."""
    plain = _plain(text)
    counts: Counter[str] = Counter()
    for snippet in wanted:
        counts["kept" if _plain(snippet) in plain else "lost"] += 1
    for snippet in unwanted:
        counts["leaked" if _plain(snippet) in plain else "removed"] += 1
    return counts


def _plain(text: str) -> str:
    return re.sub(r"[\s*#`|_\\-]+", "", text)


def markdown_tables(text: str) -> list[list[list[str]]]:
    """The grids of the Markdown tables of a text."""
    tables: list[list[list[str]]] = []
    inside = False
    for line in text.split("\n"):
        line = line.strip()
        if not _TABLE_LINE.match(line):
            inside = False
        elif not _RULE.match(line):
            if not inside:
                tables.append([])
            inside = True
            cells = _CELL_BORDER.split(line)[1:-1]
            tables[-1].append([_cell(cell.replace("\\|", "|")) for cell in cells])
    return tables


def _cell(text: str) -> str:
    return "".join(text.split()).casefold()


def gold_tables(path: Path) -> list[list[list[tuple[int, str]]]]:
    """Grids of (cell number, text) from an ICDAR 2013 structure file; spans are filled."""
    grids = []
    for table in ElementTree.parse(path).getroot().iter("table"):
        cells = []
        for region in table.iter("region"):
            row_shift = int(region.get("row-increment") or 0)
            column_shift = int(region.get("col-increment") or 0)
            for cell in region.iter("cell"):
                row = int(cell.get("start-row") or 0) + row_shift
                column = int(cell.get("start-col") or 0) + column_shift
                last_row = int(cell.get("end-row") or row - row_shift) + row_shift
                last_column = int(cell.get("end-col") or column - column_shift) + column_shift
                text = _cell("".join(content.text or "" for content in cell.iter("content")))
                cells.append((row, last_row, column, last_column, text))
        rows = 1 + max((cell[1] for cell in cells), default=0)
        columns = 1 + max((cell[3] for cell in cells), default=0)
        grid = [[(-1, "") for _ in range(columns)] for _ in range(rows)]
        for number, (row, last_row, column, last_column, text) in enumerate(cells):
            for r in range(row, last_row + 1):
                for c in range(column, last_column + 1):
                    grid[r][c] = (number, text)
        grids.append(grid)
    return grids


def relations(grid: list[list[tuple[int, str]]]) -> Counter[Relation]:
    """Each cell with its nearest other cell that has text, to the right and below."""
    found: set[tuple[int, int, str]] = set()
    texts: dict[int, str] = {}
    lines = [(row, "right") for row in grid]
    lines += [(list(column), "below") for column in zip(*grid, strict=True)]
    for line, direction in lines:
        filled = [(number, text) for number, text in line if text]
        texts.update(filled)
        for (first, _), (second, _) in pairwise(filled):
            if first != second:
                found.add((first, second, direction))
    return Counter((texts[first], texts[second], direction) for first, second, direction in found)


def numbered(grid: list[list[str]]) -> list[list[tuple[int, str]]]:
    """A grid of texts as a grid of (cell number, text), rectangular."""
    width = max((len(row) for row in grid), default=0)
    return [
        [(r * width + c, row[c] if c < len(row) else "") for c in range(width)]
        for r, row in enumerate(grid)
    ]


def table_adjacency(text: str, gold: Path) -> tuple[float, float, float]:
    """Precision, recall, F1 of adjacency relations over all tables of a document."""
    wanted: Counter[Relation] = Counter()
    for gold_grid in gold_tables(gold):
        wanted += relations(gold_grid)
    found: Counter[Relation] = Counter()
    for grid in markdown_tables(text):
        found += relations(numbered(grid))
    common = sum((wanted & found).values())
    precision = common / sum(found.values()) if found else 0.0
    recall = common / sum(wanted.values()) if wanted else 0.0
    return precision, recall, f1(precision, recall)


def rows_intact(text: str, gold: Path) -> tuple[int, int]:
    """(gold rows of two or more cells whose texts stand in order on one line, all such rows)."""
    lines = [_cell(line.replace("|", "")) for line in text.split("\n")]
    intact = total = 0
    for grid in gold_tables(gold):
        for row in grid:
            cells = [cell for _, cell in dict(row).items() if cell]
            if len(cells) >= 2:
                total += 1
                pattern = re.compile(".{0,40}?".join(map(re.escape, cells)))
                intact += any(pattern.search(line) for line in lines)
    return intact, total

"""Lines of a half-ruled table that stand between the same two level rules and are one row."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from udfs.extraction.pdf.paragraphs import join_lines
from udfs.extraction.pdf.rows import Row
from udfs.extraction.pdf.ruling_lines import Rule

MINIMUM_BANDS = 3
"""Bands that rules must make before they say where rows end; fewer are a header and a body."""
MINIMUM_COVER = 0.6
"""Share of the table's width that rules must cover to separate two lines."""


def join_ruled_bands(
    grid: list[list[str]], rows: list[Row], level: Sequence[Rule]
) -> list[list[str]]:
    """Join the lines between two rules where they are wrapped cells of one row.

    Args:
        grid: Cell texts by line, as many per line as there are columns.
        rows: The lines themselves, from top to bottom.
        level: Level rules of the page.

    Returns:
        The grid with joined lines. A band in which most columns hold several lines is a group of rows
        and stays as it is.
    """
    left, right = min(row.x0 for row in rows), max(row.x1 for row in rows)
    bands: list[list[list[str]]] = [[grid[0]]]
    for (upper, lower), cells in zip(pairwise(rows), grid[1:], strict=True):
        middles = (lower.y0 + lower.y1) / 2, (upper.y0 + upper.y1) / 2
        between = [rule for rule in level if middles[0] < rule.position < middles[1]]
        cover = sum(max(0.0, min(r.end, right) - max(r.start, left)) for r in between)
        if cover >= MINIMUM_COVER * (right - left):
            bands.append([cells])
        else:
            bands[-1].append(cells)
    if len(bands) < MINIMUM_BANDS:
        return grid
    return [cells for band in bands for cells in _joined(band)]


def _joined(band: list[list[str]]) -> list[list[str]]:
    counts = [sum(map(bool, column)) for column in zip(*band, strict=True)]
    single, several = sum(count == 1 for count in counts), sum(count > 1 for count in counts)
    if single < several or len(band) == 1:
        return band
    joined = [""] * len(counts)
    for cells in band:
        joined = [join_lines(above, cell) for above, cell in zip(joined, cells, strict=True)]
    return [joined]

"""Listings of code: which blocks belong to one, and which are nothing but numbers of its lines.

Blog software sets a listing in a table with the numbers in one cell, or gives every line an element of
its own; written as it stands that is a listing of numbers, or a table, or a list of fragments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.finding import BLOCK_END, BLOCK_NODE, BLOCK_START
from udfs.extraction.html.blocks.hashing import Bytes
from udfs.extraction.html.blocks.names import TAG, tags_named
from udfs.extraction.html.blocks.open_elements import NODE_PARENT, NODE_TAG, Nodes
from udfs.extraction.html.blocks.page_blocks import PageBlocks
from udfs.extraction.html.blocks.state import CODE_MARK
from udfs.extraction.html.learned.structures import CELL_PLACE, CODE_PLACE, ROW_PLACE, TABLE_PLACE
from udfs.extraction.markdown import listings
from udfs.extraction.markdown.listings import MINIMUM_LINES

MAXIMUM_CELLS: Final = 20_000
"""Blocks of a table that is looked at; a listing that has a row a line has two a line."""

_P, _DIV = tags_named("p div")
_NUMBERED = re.compile(r"(\d+)[ \t|:]?")
_LOOKS_LIKE_CODE = re.compile(r"^[ \t]{2,}\S|[{}();:=]\s*$", re.MULTILINE)


class Listings(NamedTuple):
    """Listings of a page.

    Attributes:
        roots: Number of the listing that each block is part of, 0 for none; int64 [blocks]. It is the
            number of the node that holds it, or lies above the numbers of nodes.
        is_number: Whether each block holds nothing but numbers of lines; bool [blocks].
    """

    roots: npt.NDArray[np.int64]
    is_number: npt.NDArray[np.bool_]


def find_listings(page: PageBlocks, places: Nodes) -> Listings:
    """Find the listings of a page.

    Args:
        page: Its blocks.
        places: ``structures`` of its nodes.

    Returns:
        Every ``pre``; tables whose rows hold numbers and one cell of code; neighbouring blocks that are
        one line of inline code each; neighbouring ``pre`` of one line each.
    """
    of_block = places[page.blocks[:, BLOCK_NODE]]
    roots = of_block[:, CODE_PLACE].astype(np.int64)
    is_number = np.zeros(len(page.blocks), np.bool_)
    kinds = line_kinds(page.text, page.blocks)
    has_code = roots > 0
    if has_code.any() or kinds[:, IS_CODE].any():
        _join_lines(page, of_block, kinds, roots)
    if (kinds[of_block[:, CELL_PLACE] > 0, LINES] > 0).any():
        has_header = np.zeros(len(page.nodes), np.bool_)
        has_header[places[page.nodes[:, NODE_TAG] == TAG["th"], TABLE_PLACE]] = True
        in_cell = (of_block[:, CELL_PLACE] > 0) & ~has_header[of_block[:, TABLE_PLACE]]
        _find_tables(of_block, in_cell, kinds, roots, is_number)
    if (roots > 0).any():
        _find_gutters(kinds, roots, is_number)
    return Listings(roots, is_number)


FIRST_NUMBER, LINES, IS_CODE, TEXT_LINES, LINE_KINDS = range(5)


@kernel
def line_kinds(text: Bytes, blocks: Nodes) -> Nodes:
    """What the lines of each block are.

    Returns:
        int32 [blocks, ``LINE_KINDS``]: the first of its consecutive numbers and their count (0 when
        anything else stands in it), whether all of it is inline code, its number of lines.
    """
    kinds = np.zeros((blocks.shape[0], LINE_KINDS), np.int32)
    for block in range(blocks.shape[0]):
        number = np.int64(-1)
        first = last = np.int64(-1)
        count = 0
        lines = 1
        is_numbers = True
        is_code = text[blocks[block, BLOCK_START]] == CODE_MARK
        inside = False
        stop = blocks[block, BLOCK_END]
        for place in range(blocks[block, BLOCK_START], stop + 1):
            byte = np.int64(text[place]) if place < stop else np.int64(10)
            if byte == CODE_MARK:
                inside = not inside
            elif byte > 32 and not inside:
                is_code = False
            if byte == 10 and place < stop:
                lines += 1
            if 48 <= byte <= 57:
                number = (0 if number < 0 else number * 10) + byte - 48
                number = min(number, np.int64(10_000_000))
            elif byte <= 32 or byte in (46, 58, 124):
                if number >= 0:
                    is_numbers = is_numbers and (count == 0 or number == last + 1)
                    first = number if count == 0 else first
                    last = number
                    count += 1
                    number = np.int64(-1)
            else:
                is_numbers = False
        if is_numbers and count > 0:
            kinds[block, FIRST_NUMBER] = first
            kinds[block, LINES] = count
        kinds[block, IS_CODE] = is_code
        kinds[block, TEXT_LINES] = lines
    return kinds


def _join_lines(
    page: PageBlocks, of_block: Nodes, kinds: Nodes, roots: npt.NDArray[np.int64]
) -> None:
    """Give neighbouring blocks of one line each the same number."""
    nodes = page.blocks[:, BLOCK_NODE]
    tags = page.nodes[nodes, NODE_TAG]
    parents = page.nodes[nodes, NODE_PARENT]
    paths = page.paths[nodes]
    is_same_place = (of_block[1:] == of_block[:-1])[:, [CELL_PLACE, TABLE_PLACE]].all(axis=1)
    both = (kinds[1:, IS_CODE] > 0) & (kinds[:-1, IS_CODE] > 0) & is_same_place
    is_line = (tags == _P) | (tags == _DIV)
    siblings = (parents[1:] == parents[:-1]) & is_line[1:] & is_line[:-1]
    inline = both & ((nodes[1:] == nodes[:-1]) | siblings)
    one_line = (roots > 0) & (kinds[:, TEXT_LINES] == 1) & (tags == TAG["pre"])
    pres = one_line[1:] & one_line[:-1] & (paths[1:] == paths[:-1]) & is_same_place
    for place in np.flatnonzero(inline | pres).tolist():
        if roots[place] < len(page.nodes):
            roots[place] = len(page.nodes) + place
        roots[place + 1] = roots[place]


def _find_tables(
    of_block: Nodes,
    in_cell: npt.NDArray[np.bool_],
    kinds: Nodes,
    roots: npt.NDArray[np.int64],
    is_number: npt.NDArray[np.bool_],
) -> None:
    """Tables that are listings: every row holds numbers of lines and at most one cell of code."""
    candidates = np.unique(of_block[in_cell & (kinds[:, LINES] > 0), TABLE_PLACE])
    for table in candidates.tolist():
        blocks = np.flatnonzero(of_block[:, TABLE_PLACE] == table)
        if len(blocks) > MAXIMUM_CELLS or not in_cell[blocks].all():
            continue
        rows = [list(row) for _, row in groupby(blocks.tolist(), lambda b: of_block[b, ROW_PLACE])]
        if not (roots[blocks] > 0).any() and len(rows) > 1:
            continue
        found = [_number_cells(row, of_block, kinds, roots) for row in rows]
        if all(numbers is not None for numbers in found):
            roots[blocks] = table
            for numbers in found:
                is_number[numbers or []] = True


def _number_cells(
    row: Sequence[int], of_block: Nodes, kinds: Nodes, roots: npt.NDArray[np.int64]
) -> list[int] | None:
    """Blocks of a row's cells of line numbers when its other cell is code; None for a row of a real table."""
    cells = [list(cell) for _, cell in groupby(row, lambda block: of_block[block, CELL_PLACE])]
    counts = [_consecutive(cell, kinds) for cell in cells]
    numbers = [block for cell, count in zip(cells, counts, strict=True) if count for block in cell]
    code = [cell for cell, count in zip(cells, counts, strict=True) if not count]
    if len(code) > 1 or not numbers:
        return None
    if not code:
        # A line of code may be a number itself; a row a line may be blank.
        return cells[0] if len(cells) <= 2 else None
    is_code = all(roots[block] > 0 or kinds[block, IS_CODE] for block in code[0])
    lines = sum(int(kinds[block, TEXT_LINES]) for block in code[0])
    is_as_long = max(counts) >= 2 and max(counts) / 2 <= lines <= max(counts)
    return numbers if is_code or is_as_long else None


def _consecutive(blocks: Sequence[int], kinds: Nodes) -> int:
    """How many numbers that follow each other the blocks hold; 0 when they hold anything else."""
    expected = None
    count = 0
    for block in blocks:
        first, lines = kinds[block, FIRST_NUMBER], kinds[block, LINES]
        if not lines or (expected is not None and first != expected):
            return 0
        expected = first + lines
        count += int(lines)
    return count


def _find_gutters(
    kinds: Nodes,
    roots: npt.NDArray[np.int64],
    is_number: npt.NDArray[np.bool_],
) -> None:
    """Numbers before or behind a listing, as many as it has lines."""
    count = len(roots)
    for start, stop in list(_runs(kinds[:, LINES] > 0)):
        if is_number[start:stop].any():
            continue
        lines = _consecutive(range(start, stop), kinds)
        if not lines or (lines < MINIMUM_LINES - 1 and not roots[start:stop].any()):
            continue
        for beside in (stop, start - 1):
            if 0 <= beside < count and roots[beside] > 0 and roots[beside] != roots[start]:
                its = roots == roots[beside]
                if abs(int(kinds[its, TEXT_LINES].sum()) - lines) <= lines // 10:
                    is_number[start:stop] = True
                    break


def _runs(marks: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Start and end of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marks, [False]]).astype(np.int8)))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def fenced(code: str) -> str:
    """A listing as Markdown, without the numbers of its lines."""
    return listings.fenced(without_line_numbers(code.strip("\n")))


def without_line_numbers(code: str) -> str:
    """Code without numbers in front of its lines.

    Args:
        code: A listing.

    Returns:
        It without them when ``MINIMUM_LINES`` or more lines that are not blank all begin with numbers
        that follow each other and what stands behind them looks like code; else as it was.
    """
    lines = code.split("\n")
    found = [_NUMBERED.match(line.lstrip()) for line in lines]
    numbers = [
        int(match[1]) for match, line in zip(found, lines, strict=True) if match and line.strip()
    ]
    filled = sum(bool(line.strip()) for line in lines)
    if len(numbers) < max(MINIMUM_LINES, filled) or any(
        later != earlier + 1 for earlier, later in pairwise(numbers)
    ):
        return code
    bare = "\n".join(
        line.lstrip()[match.end() :] if match else line
        for match, line in zip(found, lines, strict=True)
    )
    return bare if _LOOKS_LIKE_CODE.search(bare) else code

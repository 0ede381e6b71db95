"""Lines between two rules: wrapped cells of one row, or a group of rows."""

from __future__ import annotations

from udfs.extraction.pdf.row_bands import join_ruled_bands
from udfs.extraction.pdf.rows import Row, Segment
from udfs.extraction.pdf.ruling_lines import Rule
from udfs.extraction.pdf.words import Word

WRAPPED = [["a", "1", "first line"], ["", "", "second line"], ["b", "2", "x"], ["c", "3", "y"]]


def lines(count: int) -> list[Row]:
    rows = []
    for number in range(count):
        y = 700.0 - 12 * number
        rows.append(Row([Segment(72, 400, y, y + 10, [Word(72, 400, y, y + 10, "w", number)])]))
    return rows


def rules_below(*numbers: int, x1: float = 400) -> list[Rule]:
    return [Rule(699.0 - 12 * number, 72, x1) for number in numbers]


def test_wrapped_lines_become_one_row() -> None:
    assert join_ruled_bands(WRAPPED, lines(4), rules_below(1, 2)) == [
        ["a", "1", "first line second line"],
        ["b", "2", "x"],
        ["c", "3", "y"],
    ]


def test_without_enough_rules_nothing_is_joined() -> None:
    for level in ([], rules_below(1), rules_below(1, 2, x1=150)):
        assert join_ruled_bands(WRAPPED, lines(4), level) == WRAPPED


def test_groups_of_rows_stay_rows() -> None:
    groups = [["h", "h", "h"], ["north", "1", "2"], ["", "3", "4"], ["south", "5", "6"]]
    assert join_ruled_bands(groups, lines(4), rules_below(0, 2)) == groups

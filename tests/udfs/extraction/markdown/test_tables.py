"""Keep, flatten or drop: each rule of a table by name."""

from __future__ import annotations

import pytest

from udfs.extraction.markdown.tables import SpanningCell, render_table, spread

GOOD = [["Country", "Cars"], ["France", "12"], ["Japan", "99"]]


@pytest.mark.parametrize(
    ("rows", "fate"),
    [
        (GOOD, "kept"),
        ([["Country", "Cars"], ["France"], ["Japan", "99"]], "kept"),
        ([["a", "b"], ["1", "2"]], "plain"),  # too few rows
        ([["one"], ["column"], ["only"]], "plain"),
        ([["a", "", ""], ["", "b", ""], ["", "", "c"]], "plain"),  # too empty
        ([["x", "y", "z" * 301], ["a", "b", "c"], ["d", "e", "f"]], "plain"),  # prose
        ([["term", "z" * 301], ["a", "b"], ["d", "e"]], "kept"),  # glossary
        ([["1", "2"], ["3", "4"], ["5", "6"]], "plain"),  # no labels
        ([["\ufffd\ufffd", "b"], ["c", "d"], ["e", "f"]], "dropped"),
        ([], "dropped"),
        ([["", " "], [""]], "dropped"),
    ],
)
def test_fate_of_a_table(rows: list[list[str]], fate: str) -> None:
    rendered = render_table(rows)
    assert rendered.fate == fate
    assert bool(rendered.text) == (fate != "dropped")


def test_markdown_escapes_bars_and_drops_empty_lines() -> None:
    rows = [["a|b", "", "c"], ["", "", ""], ["1\n2", "", "x"], ["3", "", "y"]]
    assert render_table(rows).text == "| a\\|b | c |\n| --- | --- |\n| 1 2 | x |\n| 3 | y |"


def test_cells_stand_in_their_columns_whatever_spans_above_them() -> None:
    cell = SpanningCell
    rows = [
        [cell("Year", rows=2), cell("Boats", columns=2)],
        [cell("in"), cell("out")],
        [cell("1848", rows=2), cell("10"), cell("12")],
        [cell("11"), cell("13")],
        [cell("all", columns=9_007_199_254_740_991)],
    ]
    grid = spread(rows)
    assert [row[:3] for row in grid] == [
        ["Year", "Boats", ""],
        ["", "in", "out"],
        ["1848", "10", "12"],
        ["", "11", "13"],
        ["all", "", ""],
    ]
    assert max(map(len, grid)) == 100
    assert render_table(grid[:4]).text.count("---") == 3

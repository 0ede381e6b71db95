"""Ruled and half-ruled tables of PDFs written here, and boxes that are no tables."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.document_builders import grid_at, line_at, pdf_of_contents, stream, text_at
from udfs.extraction.contract import ReadDocument
from udfs.extraction.pdf.reading import read_pdf

XS: list[float] = [72, 172, 300, 400]
PROSE = text_at(72, 740, "A sentence of prose stands above the table and says what it shows.")


def read(content: bytes) -> ReadDocument:
    return read_pdf(pdf_of_contents([stream(content)]))


def cells_at(rows: list[list[str]], top: float = 700, step: float = 20) -> bytes:
    """Each row's cells at the left of the columns of XS; a line feed is a wrapped line."""
    return b"".join(
        text_at(XS[c] + 4, top - 14 - step * r - 11 * line, text)
        for r, row in enumerate(rows)
        for c, cell in enumerate(row)
        for line, text in enumerate(cell.split("\n"))
        if text
    )


ROWS = [
    ["Country", "Number of cars", "Ships"],
    ["France", "12", "3"],
    ["Japan", "99", "41"],
]


def test_a_ruled_table_between_paragraphs_stands_in_its_place() -> None:
    content = PROSE + grid_at(XS, [700, 680, 660, 640]) + cells_at(ROWS)
    document = read(content + text_at(72, 600, "A sentence of prose stands below the table too."))
    assert document.text == (
        "A sentence of prose stands above the table and says what it shows.\n\n"
        "| Country | Number of cars | Ships |\n| --- | --- | --- |\n"
        "| France | 12 | 3 |\n| Japan | 99 | 41 |\n\n"
        "A sentence of prose stands below the table too."
    )
    assert (document.tables_kept, document.tables_dropped) == (1, 0)


def test_wrapped_cells_are_joined() -> None:
    rows = [
        ["Country", "Number of cars", "Remarks"],
        ["France", "12", "built in the inter-\nnational works\nof the north"],
        ["Japan", "99\nor more", "none"],
    ]
    content = PROSE + grid_at(XS, [700, 660, 620, 580]) + cells_at(rows, step=40)
    assert (
        "| France | 12 | built in the international works of the north |\n"
        "| Japan | 99 or more | none |"
    ) in read(content).text


def test_open_sides_and_tight_columns() -> None:
    """Only inner upright rules; numbers so close to them that no gap tells the columns."""
    ys: list[float] = [700, 680, 660, 640]
    rules = b"".join(line_at(72, y, 400, y) for y in ys)
    rules += b"".join(line_at(x, 640, x, 700) for x in (172, 300))
    rows = [
        ["Name of a country", "A column as wide as", "its header"],
        ["Another long name to", "A value that fills it up", "and more"],
        ["Another long name it", "Another value fills it", "and less"],
    ]
    text = read(PROSE + rules + cells_at(rows)).text
    assert "| Another long name to | A value that fills it up | and more |" in text


def test_merged_header_cells() -> None:
    """A title over all columns goes before the table; a group header stands over its first column."""
    ys: list[float] = [700, 680, 660, 640, 620]
    rules = b"".join(line_at(72, y, 400, y) for y in ys)
    rules += line_at(72, 620, 72, 700) + line_at(400, 620, 400, 700)
    rules += line_at(172, 620, 172, 680) + line_at(300, 620, 300, 660)
    rows = [
        ["Traffic in a year", "", ""],
        ["", "On the way", ""],
        ["France", "12", "3"],
        ["Japan", "99", "41"],
    ]
    assert (
        "Traffic in a year\n\n|  | On the way |  |\n| --- | --- | --- |\n"
        "| France | 12 | 3 |\n| Japan | 99 | 41 |"
    ) in read(PROSE + rules + cells_at(rows)).text


def test_rows_without_rules_below_a_ruled_header() -> None:
    content = PROSE + grid_at(XS, [700, 680, 600])
    names = "France\nJapan\nPeru\nChad"
    rows = [ROWS[0], [names, "12\n99\n5\n7", "3\n41\n2\n1"]]
    text = read(content + cells_at(rows)).text
    assert "| France | 12 | 3 |\n| Japan | 99 | 41 |\n| Peru | 5 | 2 |\n| Chad | 7 | 1 |" in text


def test_level_rules_alone_join_wrapped_lines() -> None:
    ys: list[float] = [700, 672, 644, 616, 588]
    rules = b"".join(line_at(72, y, 400, y) for y in ys)
    rows = [
        ["Country", "Cars", "Remarks"],
        ["France", "12", "built in the works\nOf the North"],
        ["Japan", "99", "exported by sea\nTo the South"],
        ["Peru", "5", "none"],
    ]
    text = read(PROSE + rules + cells_at(rows, step=28)).text
    assert "| France | 12 | built in the works Of the North |" in text
    assert "| Japan | 99 | exported by sea To the South |" in text


@pytest.mark.parametrize(
    ("xs", "ys"),
    [([60, 560], [760, 600]), ([60, 310, 560], [760, 600]), ([60, 560], [760, 734, 717, 600])],
    ids=["frame", "two columns", "boxes one above the other"],
)
def test_boxes_round_prose_are_no_tables(xs: list[float], ys: list[float]) -> None:
    lines = [f"line {i} of a paragraph of running prose in a" for i in range(11)]
    content = grid_at(xs, ys)
    content += b"".join(text_at(66, 740 - 12 * i, line) for i, line in enumerate(lines))
    content += b"".join(text_at(320, 740 - 12 * i, line) for i, line in enumerate(lines))
    document = read(content)
    assert document.tables_kept == 0
    assert Counter(document.text.split()) == Counter(" ".join(lines * 2).split())


def test_a_form_to_fill_in_is_no_table() -> None:
    content = (
        grid_at(XS, [700, 680, 660, 640]) + text_at(76, 686, "Name") + text_at(76, 666, "Date")
    )
    document = read(content)
    assert (document.text, document.tables_kept) == ("Name Date", 0)


@given(
    st.lists(
        st.lists(
            st.sampled_from(["", "one", "22", "three words here", "x\ny"]), min_size=3, max_size=3
        ),
        min_size=2,
        max_size=5,
    ),
    st.sets(st.sampled_from(XS), min_size=1),
    st.sets(st.integers(0, 5), min_size=1),
)
@settings(max_examples=60, deadline=None)
def test_no_rule_costs_or_doubles_a_character(
    rows: list[list[str]], xs: set[float], levels: set[int]
) -> None:
    ys = [700 - 30 * level for level in levels]
    rules = b"".join(line_at(x, 540, x, 700) for x in xs)
    rules += b"".join(line_at(72, y, 400, y) for y in ys)
    text = read(rules + cells_at(rows, step=30)).text
    drawn = "".join(cell for row in rows for cell in row)
    assert Counter(filter(str.isalnum, text)) == Counter(filter(str.isalnum, drawn))

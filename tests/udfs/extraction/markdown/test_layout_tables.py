"""Which tables are pages' furniture and which are data."""

from __future__ import annotations

import time

import pytest
from lxml import html as lxml_html

from udfs.extraction.markdown.layout_tables import is_layout_table

LONG = "<p>A paragraph of a page.</p>" * 30


@pytest.mark.parametrize(
    ("rows", "is_layout"),
    [
        ("<tr><td><h2>Two</h2><p>Words</p></td></tr>", True),
        ("<tr><td>one</td></tr><tr><td>two</td></tr>", True),
        ("<tr><td>a</td><td>b</td></tr>", False),
        ("<tr><th>a</th><th>b</th></tr><tr><td><h3>c</h3></td><td>d</td></tr>", False),
        (f"<tr><td>menu</td><td>{LONG}</td></tr>", True),
        (f"<tr><th>menu</th><td>{LONG}</td></tr>", False),
        ("<tr><td>a</td><td><table><tr><td>b</td></tr></table></td></tr>", True),
        ("<tr><td>1</td><td><pre>x = 1</pre></td></tr>", True),
        ("<caption>c</caption><tr><td><h3>a</h3></td><td>b</td></tr>", False),
        ("<tbody><tr><td>a</td><td>b</td></tr></tbody>", False),
        ("", True),
    ],
)
def test_kinds(rows: str, is_layout: bool) -> None:
    tree = lxml_html.fragment_fromstring(f"<div><table>{rows}</table></div>")
    assert is_layout_table(tree.find("table")) is is_layout


@pytest.mark.parametrize("role", ["presentation", "none"])
def test_a_table_may_say_so_itself(role: str) -> None:
    rows = "<tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr>"
    tree = lxml_html.fragment_fromstring(f"<div><table role={role}>{rows}</table></div>")
    assert is_layout_table(tree.find("table"))


def test_tables_in_each_other_take_linear_time() -> None:
    inner = lxml_html.fragment_fromstring("<table><tr><td>x</td><td>y</td></tr></table>")
    for _ in range(3_000):
        outer = lxml_html.fragment_fromstring("<table><tr><td>x</td><td></td></tr></table>")
        outer.find(".//td[2]").append(inner)
        inner = outer
    start = time.process_time()
    assert sum(map(is_layout_table, inner.iter("table"))) == 3_000
    assert time.process_time() - start < 2

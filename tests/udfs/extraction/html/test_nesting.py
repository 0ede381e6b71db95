"""The bound on nesting depth: never below the truth, whatever the end tags say."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html

from udfs.extraction.html.nesting import nesting_bound


@pytest.mark.parametrize(
    ("page", "depth"),
    [
        ("", 0),
        ("<", 0),
        ("2 < 3 <3", 0),
        ("<br>" * 50, 0),
        ("<p>a" * 50, 0),
        ("<div>" * 50 + "</div>" * 50, 50),
        ("<DIV>" * 50, 50),
        ("<div>a</div>" * 50, 1),
        ("<div></i>" * 50, 50),  # end tags of what is not open close nothing
        ("</div>" * 50 + "<div>" * 50, 50),
        ("<ul><li>" * 50, 50),
        ("<!-- x --><!doctype html>", 0),
    ],
)
def test_bound(page: str, depth: int) -> None:
    assert nesting_bound(page) == depth


def test_small_pages_are_bounded_by_their_number_of_elements() -> None:
    assert nesting_bound("<div>a</div>" * 50, harmless_depth=50) == 50
    assert nesting_bound("<div>a</div>" * 51, harmless_depth=50) == 1


def test_many_names_count_as_nested_in_each_other() -> None:
    assert nesting_bound("".join(f"<x{i}>" for i in range(3_000))) == 3_000


@pytest.mark.real_data
def test_no_real_page_is_deeper_than_its_bound(shared_data: Path) -> None:
    paths = sorted((shared_data / "wcxb_dev/html").glob("*.html.gz"))[::20]
    depths = []
    for path in paths:
        text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
        bound = nesting_bound(text)
        parser = lxml_html.HTMLParser(encoding="utf-8")
        assert bound >= _depth(lxml_html.document_fromstring(text.encode(), parser=parser)), path
        depths.append(bound)
    assert max(depths) < 1_000


def _depth(root: Any) -> int:
    """Depth of the deepest element, paragraphs, list items and table rows not counted."""
    flat = {"p", "li", "td", "th", "tr", "dt", "dd", "option"}
    deepest, pending = 0, [(root, 1)]
    while pending:
        element, level = pending.pop()
        deepest = max(deepest, level)
        pending += [(child, level + (child.tag not in flat)) for child in element]
    return deepest

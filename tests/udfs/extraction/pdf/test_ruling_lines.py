"""Ruling lines: what counts as one, in whatever way it is drawn."""

from __future__ import annotations

from typing import Any

import pytest

from tests.document_builders import line_at, pdf_of_contents, stream
from udfs.extraction.pdf.ruling_lines import (
    MAXIMUM_OBJECTS,
    PageRules,
    Rule,
    read_rule_boxes,
    rules_of,
)
from udfs.extraction.pdf.words import open_document


def rules_of_content(content: bytes) -> PageRules:
    document: Any = open_document(pdf_of_contents([stream(content)]))
    try:
        return rules_of(read_rule_boxes(document[0]))
    finally:
        document.close()


def near(rule: Rule, position: float, start: float, end: float) -> bool:
    return all(abs(a - b) < 2 for a, b in zip(rule, (position, start, end), strict=True))


@pytest.mark.parametrize(
    "content",
    [
        line_at(100, 500, 300, 500),
        b"100 499.5 200 1 re f\n",
        b"1 0 0 1 50 400 cm 50 100 m 250 100 l S\n",
        b"0 J 100 500 m 160 500 l 162 500 m 300 500 l S\n",
        line_at(100, 500, 200, 500) + line_at(201, 500, 300, 500) + line_at(100, 501, 300, 501),
    ],
    ids=["stroke", "thin rectangle", "moved", "two pieces", "double and broken"],
)
def test_a_level_rule_is_found_however_it_is_drawn(content: bytes) -> None:
    rules = rules_of_content(content)
    assert len(rules.level) == 1
    assert near(rules.level[0], 500, 100, 300)
    assert rules.upright == []


def test_a_stroked_rectangle_has_four_rules_and_a_filled_one_none() -> None:
    rules = rules_of_content(b"100 500 200 50 re S\n")
    assert [round(rule.position) for rule in rules.level] == [500, 550]
    assert [round(rule.position) for rule in rules.upright] == [100, 300]
    assert rules_of_content(b"100 500 200 50 re f\n") == PageRules([], [])


def test_a_grid_drawn_as_one_path() -> None:
    path = b"".join(b"100 %d m 300 %d l " % (y, y) for y in (500, 520, 540))
    path += b"".join(b"%d 500 m %d 540 l " % (x, x) for x in (100, 200, 300))
    rules = rules_of_content(path + b"S\n")
    assert [round(rule.position) for rule in rules.level] == [500, 520, 540]
    assert [round(rule.position) for rule in rules.upright] == [100, 200, 300]


@pytest.mark.parametrize(
    "content",
    [
        b"100 500 m 104 500 l S\n",
        b"100 500 m 180 600 l S\n",
        b"100 500 m 150 560 200 440 300 500 c S\n",
        b"100 500 200 50 re W n\n",
        b"",
    ],
    ids=["short", "slanted", "curved", "clip path", "nothing"],
)
def test_what_is_no_rule(content: bytes) -> None:
    assert rules_of_content(content) == PageRules([], [])


def test_a_drawing_is_read_up_to_the_cap() -> None:
    one_path = b"".join(b"10 %g m 90 %g l " % (y / 40, y / 40) for y in range(12_000))
    assert rules_of_content(one_path + b"S\n") == PageRules([], [])
    strokes = line_at(10, 10, 90, 10) * (MAXIMUM_OBJECTS + 100)
    assert len(rules_of_content(strokes).level) == 1

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.report.histogram_drawing import BOTTOM, LEFT, RIGHT, SMALLEST_BAR, draw, position
from jobs.report.report_model import Histogram, Threshold


def _histogram(counts: list[int], edges: list[float], *lines: Threshold, scale: str = "linear"):
    return Histogram(
        scale=scale, edges=edges, counts=counts, zeros=0, documents=sum(counts), without_value=0,
        minimum=edges[0], maximum=edges[-1], thresholds=list(lines),
    )  # fmt: skip


def _line(value: float, language: str | None = None, side: str = "max", action: str = "drop"):
    return Threshold(reason="r", action=action, side=side, language=language, value=value)


@pytest.mark.parametrize(
    ("scale", "edges", "value", "place"),
    [
        ("linear", [0.0, 0.5, 1.0], 0.25, 0.25),
        ("linear", [0.0, 0.5, 1.0], 7.0, 1.0),
        ("log", [1.0, 10.0, 100.0], 10.0, 0.5),
        ("log", [1.0, 10.0, 100.0], 0.0, 0.0),
    ],
)
def test_position(scale, edges, value, place):
    histogram = _histogram([1, 1], edges, scale=scale)
    assert position(histogram, value) == pytest.approx(LEFT + place * (RIGHT - LEFT), abs=0.01)


def test_rare_bins_are_seen_and_empty_ones_are_not_drawn():
    drawing = draw("a.x", _histogram([1_000_000, 0, 1], [0.0, 1.0, 2.0, 3.0]), [])
    assert len(drawing.bars) == 2
    assert drawing.bars[0].height == pytest.approx(BOTTOM - drawing.top)
    assert drawing.bars[1].height == SMALLEST_BAR


def test_tint_covers_the_failing_side_of_general_dropping_bounds_only():
    lines = draw(
        "a.x",
        _histogram([1], [0.0, 10.0], _line(8), _line(2, side="min"), _line(5, "zh"), _line(6, action="flag")),
        ["zh"],
    ).lines  # fmt: skip
    tinted = [(line.from_x, line.to_x) for line in lines if line.tinted]
    assert tinted == [
        (LEFT, pytest.approx(LEFT + 0.2 * (RIGHT - LEFT), abs=0.01)),
        (pytest.approx(LEFT + 0.8 * (RIGHT - LEFT), abs=0.01), RIGHT),
    ]
    assert [line.label for line in lines] == ["others ≥ 2", "zh ≤ 5", "others ≤ 6", "others ≤ 8"]


def test_thresholds_of_the_largest_languages_are_drawn():
    names = ["aa", "bb", "cc", "dd", "ee", "ff"]
    histogram = _histogram([1], [0.0, 10.0], *(_line(n, name) for n, name in enumerate(names, 1)))
    drawing = draw("a.x", histogram, ["ff", "ee"])
    drawn = [line.label.split()[0] for line in drawing.lines if line.label]
    assert (drawn, drawing.undrawn_languages) == (["aa", "bb", "ee", "ff"], 2)


def test_languages_with_one_bound_share_a_line():
    lines = [_line(5, side="min"), _line(8, "ja", "min"), _line(8, "th", "min"), _line(8, "zh")]
    drawing = draw("a.x", _histogram([1], [0.0, 10.0], *lines), ["zh"])
    assert [line.label for line in drawing.lines] == ["others ≥ 5", "ja th ≥ 8", "zh ≤ 8"]


@given(st.lists(st.floats(0, 1), max_size=12), st.integers(1, 40))
def test_labels_never_overlap_and_stay_inside(values, bins):
    edges = [number / bins for number in range(bins + 1)]
    lines = [_line(value) for value in values]
    drawing = draw("a.x", _histogram([1] * bins, edges, *lines), [])
    rows: dict[float, float] = {}
    for line in drawing.lines:
        if line.label:
            half = len(line.label) * 6.2 / 2
            assert line.label_x - half >= max(LEFT - 0.01, rows.get(line.label_y, 0.0))
            assert line.label_x + half <= RIGHT + 0.01
            rows[line.label_y] = line.label_x + half


@pytest.mark.parametrize(
    ("scale", "edges", "labels"),
    [
        ("linear", [0.0, 0.5, 1.0], ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        ("linear", [-3.0, 3.0], ["-3", "-2", "-1", "0", "1", "2", "3"]),
        ("log", [10.0, 1e6], ["10", "100", "1,000", "10k", "100k", "1M"]),
        ("log", [20.0, 60.0], ["20", "60"]),
    ],
)
def test_ticks(scale, edges, labels):
    drawing = draw("a.x", _histogram([1] * (len(edges) - 1), edges, scale=scale), [])
    assert [tick.label for tick in drawing.ticks] == labels


def test_description_says_it_in_words():
    text = draw("a.x", _histogram([3, 9], [0.0, 0.5, 1.0]), []).description
    assert text == (
        "Values of a.x of 12 documents, from 0 to 1, on a linear scale. "
        "The fullest bin, 0.5 to 1, holds 9."
    )
    assert (
        draw("a.x", _histogram([0], [0.0, 1.0]), []).description
        == "No document has a value of a.x."
    )

from __future__ import annotations

import itertools
import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.recipes.rules import Bounds, Condition, ResolvedRule
from jobs.report.report_model import Threshold
from jobs.report.signal_histograms import (
    ValueRange,
    choose_bins,
    histograms,
    named_signals,
    thresholds,
)


def _rule(signal: str = "a.x", **bounds: float) -> ResolvedRule:
    return ResolvedRule(
        reason="some_reason", signal=signal, action="drop", when=(), default=Bounds(**bounds), languages={}
    )  # fmt: skip


def _line(value: float) -> Threshold:
    return Threshold(reason="r", action="drop", side="max", language=None, value=value)


@pytest.mark.parametrize(
    ("values", "lines", "scale", "first", "last"),
    [
        (ValueRange(9, 0.0, 0.4, 0.1), [0.9], "linear", 0.0, 0.9),
        (ValueRange(9, 0.2, 1.0, 0.2), [], "linear", 0.0, 1.0),
        (ValueRange(9, -3.0, 3.0, 1.0), [], "linear", -3.0, 3.0),
        (ValueRange(9, 10, 100_000, 10), [50.0], "log", 10.0, 100_000.0),
        (ValueRange(9, 0, 1_000, 1), [1e6], "log", 1.0, 1e6),
        (ValueRange(0, None, None, None), [], "linear", 0.0, 1 / 40),
        (ValueRange(2, 0.0, 0.0, None), [], "linear", 0.0, 1 / 40),
    ],
)
def test_bins_hold_values_and_thresholds(values, lines, scale, first, last):
    bins = choose_bins(values, [_line(value) for value in lines])
    edges = bins.edges()
    assert bins.scale == scale
    assert edges[0] == pytest.approx(first)
    assert edges[-1] >= last * (1 - 1e-9)
    assert len(edges) == bins.number + 1


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(min_value=5e-324, allow_nan=False, allow_infinity=False),
)
def test_bins_are_few_and_edges_rise_for_any_range(one, other, positive):
    low, high = min(one, other), max(one, other)
    smallest = min(positive, high) if high > 0 else None
    edges = choose_bins(ValueRange(3, low, high, smallest), []).edges()
    assert 2 <= len(edges) <= 45
    assert all(math.isfinite(edge) for edge in edges)
    assert all(left < right for left, right in itertools.pairwise(edges))


def test_signals_of_conditions_are_named_once():
    rule = _rule("a.x", max=1).model_copy(update={"when": (Condition(signal="b.y", min=1),)})
    assert named_signals([rule, _rule("b.y", min=0), _rule("a.x", min=0)]) == ["a.x", "b.y"]


def test_thresholds_of_switched_off_languages_are_not_drawn():
    rule = _rule("a.x", min=1, max=2).model_copy(
        update={"languages": {"zh": None, "en": Bounds(max=5)}}
    )
    found = [(line.side, line.language, line.value) for line in thresholds([rule], "a.x")]
    assert found == [("min", None, 1), ("max", None, 2), ("max", "en", 5)]


@pytest.mark.spark
def test_values_at_edges_nan_infinity_and_null(spark):
    values = [0.0, 0.3, 0.7, 1.0, float("nan"), float("inf"), None]
    table = pa.table(
        {"a": pa.array([{"x": value} for value in values], pa.struct([("x", pa.float64())]))}
    )
    found = histograms(spark.createDataFrame(table), [_rule(max=0.5)], len(values))["a.x"]
    assert (found.documents, found.without_value, found.zeros) == (4, 3, 0)
    filled = {found.edges[bin_]: count for bin_, count in enumerate(found.counts) if count}
    assert filled == {0.0: 1, 0.3: 1, 0.7: 1, 0.975: 1}  # the last bin includes its upper edge


@pytest.mark.spark
@pytest.mark.parametrize("partitions", [1, 7])
def test_log_bins_count_like_a_plain_loop(spark, partitions):
    values = [0, -4, *(1.7**power for power in range(-3, 22))]
    table = pa.table({"a": [{"x": float(value)} for value in values]})
    frame = spark.createDataFrame(table).repartition(partitions)
    found = histograms(frame, [_rule(max=50.0)], len(values))["a.x"]
    assert found.scale == "linear"  # a negative value has no place on a logarithmic axis
    positive = spark.createDataFrame(table).where("a.x >= 0").repartition(partitions)
    found = histograms(positive, [_rule(max=50.0)], len(values) - 1)["a.x"]
    assert (found.scale, found.zeros) == ("log", 1)
    expected = [
        sum(left <= value * (1 + 1e-9) < right for value in values if value > 0)
        for left, right in zip(found.edges, found.edges[1:], strict=False)
    ]
    assert found.counts == expected


@pytest.mark.spark
def test_signals_that_the_frame_lacks_are_left_out(spark):
    frame = spark.createDataFrame(pa.table({"a": [{"x": 1.0}], "b": [3]}))
    rules = [_rule("a.x", max=1), _rule("a.gone", max=1), _rule("b.x", max=1), _rule("c.x", max=1)]
    assert list(histograms(frame, rules, 1)) == ["a.x"]
    assert histograms(frame, rules[1:], 1) == {}


@pytest.mark.spark
def test_booleans_become_zero_and_one(spark):
    frame = spark.createDataFrame(pa.table({"a": [{"x": True}, {"x": False}, {"x": True}]}))
    found = histograms(frame, [_rule("a.x", max=0.5)], 3)["a.x"]
    assert (found.counts[0], found.counts[-1], found.maximum) == (1, 2, 1.0)

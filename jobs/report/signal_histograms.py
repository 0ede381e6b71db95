"""Histograms of all signals that rules name: two passes over numbers, the same for any partitioning.

The first pass finds each signal's range, the second counts bins of equal width; what comes back to
the driver is one row, then at most some forty rows a signal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from jobs.recipes.rules import Bounds, ResolvedRule
from jobs.report.report_model import Histogram, Threshold
from jobs.verdicts.expressions import signal_column

BINS = 40
# Counts and lengths spread over decades, shares and means of word length do not.
LARGEST_LINEAR = 20.0
MAXIMUM_DECADES = 12.0
# Beyond it lies no signal of ours; a broken one must not break the report.
LINEAR_LIMIT = 1e15
NICE_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
# A share of 0.3 is not exactly three bins of 0.1 in binary; without this it falls into the bin below.
EDGE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Bins:
    """Bins of equal width, of the value or of its log10."""

    scale: Literal["linear", "log"]
    low: float
    width: float
    number: int

    def edges(self) -> list[float]:
        """Return the ``number + 1`` edges in units of the signal."""
        inner = [self.low + index * self.width for index in range(self.number + 1)]
        if self.scale == "log":
            return [float(f"{10.0**edge:.6g}") for edge in inner]
        return [round(edge, 12) for edge in inner]

    def bin_number(self, value: Column) -> Column:
        """Return the bin of a finite value; -1 for zero or less on the log scale."""
        position = F.log10(F.when(value > 0, value)) if self.scale == "log" else value
        number = F.floor((position - self.low) / self.width + EDGE_TOLERANCE)
        clipped = F.least(F.greatest(number, F.lit(0)), F.lit(self.number - 1)).cast("int")
        # greatest and least pass over nulls: without the first condition a null fell into bin 0.
        return F.when(position.isNotNull(), clipped).when(value.isNotNull(), F.lit(-1))


@dataclass(frozen=True)
class ValueRange:
    """What the first pass knows of a signal."""

    documents: int
    minimum: float | None
    maximum: float | None
    smallest_positive: float | None


def histograms(
    frame: DataFrame, rules: Sequence[ResolvedRule], documents: int
) -> dict[str, Histogram]:
    """Return a histogram for each signal that a rule names and ``frame`` holds.

    Args:
        frame: One row a document with struct columns of signals.
        rules: Rules with numbers; their bounds become thresholds.
        documents: Rows of ``frame``.
    """
    signals = [name for name in named_signals(rules) if _has(frame, name)]
    if not signals:
        return {}
    lines = {signal: thresholds(rules, signal) for signal in signals}
    ranges = _ranges(frame, signals)
    bins = {name: choose_bins(ranges[name], lines[name]) for name in signals}
    counts = _counts(frame, bins)
    return {
        name: _histogram(bins[name], counts.get(name, {}), ranges[name], documents, lines[name])
        for name in signals
    }


def named_signals(rules: Sequence[ResolvedRule]) -> list[str]:
    """Return the signals of all rules and their conditions, each once, in order."""
    every = [
        signal
        for rule in rules
        for signal in (rule.signal, *(condition.signal for condition in rule.when))
    ]
    return list(dict.fromkeys(every))


def thresholds(rules: Sequence[ResolvedRule], signal: str) -> list[Threshold]:
    """Return all bounds on a signal, those of all languages first."""
    found: list[Threshold] = []
    for rule in rules:
        if rule.signal != signal:
            continue
        places: list[tuple[str | None, Bounds | None]] = [(None, rule.default)]
        places += sorted(rule.languages.items())
        for language, bounds in places:
            found += _bound_lines(rule, language, bounds)
    return found


def choose_bins(values: ValueRange, lines: Sequence[Threshold]) -> Bins:
    """Return bins that hold all values and thresholds, on the scale that shows their shape."""
    marks = [line.value for line in lines]
    low = min([values.minimum or 0.0, *marks])
    high = max([values.maximum or 0.0, *marks])
    if low < 0 or high <= LARGEST_LINEAR:
        # Zero is always on a linear axis: a share of 0.98 should look like one.
        return _linear_bins(max(min(low, 0.0), -LINEAR_LIMIT), min(max(high, 0.0), LINEAR_LIMIT))
    positive = [value for value in (values.smallest_positive, *marks) if value and value > 0]
    return _log_bins(min(positive, default=1.0), high)


def _linear_bins(low: float, high: float) -> Bins:
    width = _nice((high - low) / BINS) if high - low > 1 / LINEAR_LIMIT else 1.0 / BINS
    first = math.floor(low / width)
    number = max(1, math.ceil(high / width - EDGE_TOLERANCE) - first)
    return Bins("linear", first * width, width, number)


def _log_bins(low: float, high: float) -> Bins:
    top = math.ceil(math.log10(high) * 10) / 10
    bottom = max(math.floor(math.log10(low) * 10) / 10, top - MAXIMUM_DECADES)
    return Bins("log", bottom, max(top - bottom, 0.1) / BINS, BINS)


def _nice(width: float) -> float:
    """Return the next larger of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(step * power for step in NICE_STEPS if step * power >= width * (1 - 1e-12))


def _has(frame: DataFrame, signal: str) -> bool:
    struct, _, field = signal.partition(".")
    types = {column.name: column.dataType for column in frame.schema.fields}
    return field in getattr(types.get(struct), "names", [])


def finite_signal(name: str) -> Column:
    """Return a signal as a double, null where it is NaN or infinite."""
    value = signal_column(name)
    return F.when(~F.isnan(value) & (F.abs(value) < F.lit(float("inf"))), value)


def _ranges(frame: DataFrame, signals: Sequence[str]) -> dict[str, ValueRange]:
    measures: list[Column] = []
    for signal in signals:
        value = finite_signal(signal)
        positive = F.when(value > 0, value)
        measures += [F.count(value), F.min(value), F.max(value), F.min(positive)]
    row: Row = frame.agg(*measures).collect()[0]
    return {
        signal: ValueRange(*row[4 * place : 4 * place + 4]) for place, signal in enumerate(signals)
    }


def _counts(frame: DataFrame, bins: Mapping[str, Bins]) -> dict[str, dict[int, int]]:
    numbers = [bins[name].bin_number(finite_signal(name)) for name in bins]
    rows = (
        frame.select(F.posexplode(F.array(*numbers)).alias("signal", "bin"))
        .where(F.col("bin").isNotNull())
        .groupBy("signal", "bin")
        .count()
        .collect()  # at most BINS + a few rows a signal
    )
    names = list(bins)
    counts: dict[str, dict[int, int]] = {}
    for row in rows:
        counts.setdefault(names[row["signal"]], {})[row["bin"]] = row["count"]
    return counts


def _histogram(
    bins: Bins,
    counts: Mapping[int, int],
    values: ValueRange,
    documents: int,
    lines: list[Threshold],
) -> Histogram:
    return Histogram(
        scale=bins.scale,
        edges=bins.edges(),
        counts=[counts.get(number, 0) for number in range(bins.number)],
        zeros=counts.get(-1, 0),
        documents=values.documents,
        without_value=documents - values.documents,
        minimum=values.minimum,
        maximum=values.maximum,
        thresholds=lines,
    )


def _bound_lines(
    rule: ResolvedRule, language: str | None, bounds: Bounds | None
) -> list[Threshold]:
    sides: tuple[tuple[Literal["min", "max"], float | None], ...] = (
        ("min", bounds.min if bounds else None),
        ("max", bounds.max if bounds else None),
    )
    return [
        Threshold(reason=rule.reason, action=rule.action, side=side, language=language, value=value)
        for side, value in sides
        if value is not None
    ]

"""Histograms of all signals that rules name: two passes over numbers, the same for any partitioning.

The first pass finds each signal's range, the second counts bins of equal width; what comes back to
the driver is one row, then at most some forty rows a signal.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.recipes.rules import Bounds, ResolvedRule
from jobs.report.report_model import Histogram, Threshold
from jobs.verdicts.array_verdicts import SignalTable
from jobs.verdicts.expressions import signal_column

BINS = 40
# Counts and lengths spread over decades, shares and means of word length do not.
LARGEST_LINEAR = 20.0
MAXIMUM_DECADES = 12.0
# Beyond it lies no signal of ours; a broken one must not break the report.
LINEAR_LIMIT, LOG_LIMIT = 1e15, 1e300
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
        if self.scale == "log":
            exponents = [self.low + index * self.width for index in range(self.number + 1)]
            return [float(f"{10.0**exponent:.6g}") for exponent in exponents]
        first = round(self.low / self.width)  # counted from zero, so that zero is an edge exactly
        return [float(f"{(first + index) * self.width:.12g}") for index in range(self.number + 1)]


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
    ranges, count = _ranges(frame, signals), functools.partial(_counts, frame)
    return _drawn(rules, signals, documents, ranges, count)


def table_histograms(
    signals: SignalTable, rules: Sequence[ResolvedRule], documents: int
) -> dict[str, Histogram]:
    """The same for signals in memory, all of them that rules name."""
    values: dict[str, np.ndarray] = {}
    for name in named_signals(rules):
        numbers, known = signals.values(name)
        values[name] = numbers[known & np.isfinite(numbers)]
    ranges = {name: _range(numbers) for name, numbers in values.items()}

    def count(bins: Mapping[str, Bins]) -> dict[str, dict[int, int]]:
        return {name: _bin_counts(values[name], own) for name, own in bins.items()}

    return _drawn(rules, list(values), documents, ranges, count)


def _range(values: np.ndarray) -> ValueRange:
    if not len(values):
        return ValueRange(0, None, None, None)
    positive = values[values > 0]
    smallest = float(positive.min()) if len(positive) else None
    return ValueRange(len(values), float(values.min()), float(values.max()), smallest)


def _bin_counts(values: np.ndarray, bins: Bins) -> dict[int, int]:
    """The bins of :func:`_bin_number` with their counts."""
    shown = values > 0 if bins.scale == "log" else np.ones(len(values), bool)
    position = np.log10(values[shown]) if bins.scale == "log" else values
    numbers = np.floor((position - bins.low) / bins.width + EDGE_TOLERANCE)
    numbers = np.clip(numbers, 0, bins.number - 1).astype(np.int64)
    found, counts = np.unique(numbers, return_counts=True)
    below = {-1: int((~shown).sum())} if not shown.all() else {}
    return below | dict(zip(found.tolist(), counts.tolist(), strict=True))


def _drawn(
    rules: Sequence[ResolvedRule],
    signals: Sequence[str],
    documents: int,
    ranges: Mapping[str, ValueRange],
    count: Callable[[Mapping[str, Bins]], dict[str, dict[int, int]]],
) -> dict[str, Histogram]:
    lines = {signal: thresholds(rules, signal) for signal in signals}
    bins = {name: choose_bins(ranges[name], lines[name]) for name in signals}
    counts = count(bins)
    return {
        name: _histogram(bins[name], counts.get(name, {}), ranges[name], documents, lines[name])
        for name in signals
    }


def named_signals(rules: Sequence[ResolvedRule]) -> list[str]:
    """Return the signals of numbers that rules and their conditions bound, each once, in order."""
    every = [
        signal
        for rule in rules
        if rule.listed is None
        for signal in (
            *([rule.signal] if rule.numeric else []),
            *(
                leaf.signal
                for condition in rule.when
                for leaf in condition.leaves
                if leaf.one_of is None
            ),
        )
    ]
    return list(dict.fromkeys(every))


def thresholds(rules: Sequence[ResolvedRule], signal: str) -> list[Threshold]:
    """Return all bounds on a signal, those of all languages first."""
    found: list[Threshold] = []
    for rule in rules:
        if rule.signal != signal or not rule.numeric:
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
    high = min(high, LOG_LIMIT)
    top = math.ceil(math.log10(high) * 10) / 10
    bottom = max(math.floor(math.log10(min(low, high)) * 10) / 10, top - MAXIMUM_DECADES)
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


def _values(frame: DataFrame, signals: Sequence[str]) -> DataFrame:
    # One row a value: forty signals side by side make generated code that the JVM does not compile.
    values = F.array(*[finite_signal(signal) for signal in signals])
    return frame.select(F.posexplode(values).alias("place", "value")).where("value IS NOT NULL")


def _ranges(frame: DataFrame, signals: Sequence[str]) -> dict[str, ValueRange]:
    value = F.col("value")
    measures = (F.count(value), F.min(value), F.max(value), F.min(F.when(value > 0, value)))
    rows = _values(frame, signals).groupBy("place").agg(*measures).collect()  # one row a signal
    ranges = {signals[row["place"]]: ValueRange(*row[1:]) for row in rows}
    return {signal: ranges.get(signal, ValueRange(0, None, None, None)) for signal in signals}


def _counts(frame: DataFrame, bins: Mapping[str, Bins]) -> dict[str, dict[int, int]]:
    rows = (
        _values(frame, list(bins))
        .select("place", _bin_number(list(bins.values())).alias("bin"))
        .groupBy("place", "bin")
        .count()
        .collect()  # at most BINS + a few rows a signal
    )
    names = list(bins)
    counts: dict[str, dict[int, int]] = {}
    for row in rows:
        counts.setdefault(names[row["place"]], {})[row["bin"]] = row["count"]
    return counts


def _bin_number(bins: Sequence[Bins]) -> Column:
    """Return the bin of ``value`` by its signal's ``place``; -1 for zero or less on a log scale."""

    def of_signal(values: Sequence[float | int | bool]) -> Column:
        return F.array(*[F.lit(value) for value in values])[F.col("place")]

    value = F.col("value")
    log = of_signal([own.scale == "log" for own in bins])
    position = F.when(log, F.log10(F.when(value > 0, value))).otherwise(value)
    low, width = of_signal([own.low for own in bins]), of_signal([own.width for own in bins])
    number = F.floor((position - low) / width + EDGE_TOLERANCE)
    last = of_signal([own.number - 1 for own in bins])
    clipped = F.least(F.greatest(number, F.lit(0)), last).cast("int")
    # greatest and least pass over nulls: without the condition a zero fell into bin 0.
    return F.when(position.isNull(), F.lit(-1)).otherwise(clipped)


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

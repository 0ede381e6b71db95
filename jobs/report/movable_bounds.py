"""How many documents would fail a rule if its bound stood elsewhere: exact counts at a few places.

The page lets a reader move a threshold. What it shows must be what a rerun would give, so documents
are counted against each place by the very comparison that verdicts use, not read off a histogram.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.recipes.rules import ResolvedRule
from jobs.report.report_model import Histogram, MovableBound
from jobs.runtime.spark.arrow_frames import map_with_schema
from jobs.verdicts.array_verdicts import SignalTable
from jobs.verdicts.expressions import LANGUAGE, undotted

COUNTS = pa.schema([("bound", pa.int32()), ("place", pa.int32()), ("documents", pa.int64())])

FAILING = -1
"""In the column ``place``: documents that fail the rule now, by whichever bound or language."""


class Movable(NamedTuple):
    """A bound of a rule that holds for all languages without one of their own, and where it may go."""

    rule: ResolvedRule
    side: Literal["min", "max"]
    places: tuple[float, ...]

    @property
    def value(self) -> float:
        """Where the bound stands."""
        return float(getattr(self.rule.default, self.side))


class CountPlaces:
    """A function for mapInArrow: documents of each batch by the number of places below their value."""

    def __init__(self, bounds: Sequence[Movable], names: Sequence[str]) -> None:
        """Count for these bounds in batches whose columns are the signals of these names."""
        self.bounds, self.names = tuple(bounds), list(names)

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield one batch of counts for each batch of signals."""
        for batch in batches:
            signals = SignalTable(pa.table(batch.columns, names=self.names))
            counts = [
                (number, *_counted(signals, bound)) for number, bound in enumerate(self.bounds)
            ]
            rows = [
                (number, place, count)
                for number, places, documents in counts
                for place, count in zip(places.tolist(), documents.tolist(), strict=True)
            ]
            columns = zip(*rows, strict=True) if rows else ([], [], [])
            yield pa.record_batch(
                [
                    pa.array(list(values), field.type)
                    for values, field in zip(columns, COUNTS, strict=True)
                ],
                schema=COUNTS,
            )


def movable_bounds(
    frame: DataFrame,
    rules: Sequence[ResolvedRule],
    histograms: Mapping[str, Histogram],
) -> dict[str, list[MovableBound]]:
    """Return for each rule with a general bound the documents that fail it, by place of the bound.

    Args:
        frame: One row a document with struct columns of signals.
        rules: Rules with numbers.
        histograms: By signal; their edges are the places.
    """
    bounds = _bounds(rules, histograms)
    return _moved(bounds, _counts(frame, bounds)) if bounds else {}


def table_movable_bounds(
    signals: SignalTable, rules: Sequence[ResolvedRule], histograms: Mapping[str, Histogram]
) -> dict[str, list[MovableBound]]:
    """The same for signals in memory."""
    bounds = _bounds(rules, histograms)
    counts = []
    for bound in bounds:
        own = np.zeros(len(bound.places) + 2, dtype=np.int64)
        places, documents = _counted(signals, bound)
        own[places] = documents
        counts.append(own)
    return _moved(bounds, counts)


def _bounds(rules: Sequence[ResolvedRule], histograms: Mapping[str, Histogram]) -> list[Movable]:
    return [
        Movable(rule, side, _places(histograms[rule.signal], getattr(rule.default, side)))
        for rule in rules
        for side in ("min", "max")
        if rule.default is not None
        and rule.numeric
        and getattr(rule.default, side) is not None
        and rule.signal in histograms
    ]


def _moved(
    bounds: Sequence[Movable], counts: Sequence[np.ndarray]
) -> dict[str, list[MovableBound]]:
    found: dict[str, list[MovableBound]] = {}
    for bound, documents in zip(bounds, counts, strict=True):
        moved = _movable(bound, documents)
        found.setdefault(bound.rule.reason, []).append(moved)
    return found


def _places(histogram: Histogram, value: float) -> tuple[float, ...]:
    return tuple(sorted({*histogram.edges, value}))


def _counts(frame: DataFrame, bounds: Sequence[Movable]) -> list[np.ndarray]:
    rules = [bound.rule for bound in bounds]
    signals = {name for rule in rules for name in rule.signals}
    names = sorted({LANGUAGE, *signals})
    columns = undotted(names)
    counted = map_with_schema(frame.select(*columns), CountPlaces(bounds, names), COUNTS)
    rows = counted.groupBy("bound", "place").agg(F.sum("documents").alias("documents")).collect()
    found = [np.zeros(len(bound.places) + 2, dtype=np.int64) for bound in bounds]
    for row in rows:
        found[row["bound"]][row["place"]] = row["documents"]
    return found


def _counted(signals: SignalTable, bound: Movable) -> tuple[np.ndarray, np.ndarray]:
    values, rule = signals.values(bound.rule.signal), bound.rule
    names, places = signals.languages
    own = [name is not None and name in rule.languages for name in names]
    general = ~np.array(own, dtype=bool)[places]
    numbers = values.numbers
    # What fails by the other bound fails wherever this one stands.
    lower, upper = rule.default.min, rule.default.max  # type: ignore[union-attr]
    other = numbers > upper if bound.side == "min" and upper is not None else False
    other |= numbers < lower if bound.side == "max" and lower is not None else False
    chosen = values.known & general & ~np.asarray(other) & signals.conditions_hold(rule)
    # numpy sorts NaN above all numbers, and so does SQL.
    marks = np.array(bound.places)
    below = np.searchsorted(marks, numbers[chosen], side="right" if bound.side == "min" else "left")
    found, documents = np.unique(below, return_counts=True)
    failing = int(signals.judge([rule]).failed.sum())
    return np.append(found, FAILING), np.append(documents, failing)


def _movable(bound: Movable, counts: np.ndarray) -> MovableBound:
    documents, failing_now = counts[:-1], int(counts[FAILING])
    # documents[k] lie above k places: under "max" they fail at the first k, under "min" at the rest.
    below = np.cumsum(documents)[:-1]
    moving = below if bound.side == "min" else documents.sum() - below
    now = bisect.bisect_left(bound.places, bound.value)
    elsewhere = failing_now - int(moving[now])
    return MovableBound(
        side=bound.side,
        now=now,
        places=list(bound.places),
        failing=[int(count) + elsewhere for count in moving],
    )

"""The documents nearest to every threshold, on either side: where a bound is right or wrong shows there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Row, Window
from pyspark.sql import functions as F

from jobs.recipes.rules import ResolvedRule
from jobs.report.report_model import BorderlineExample
from jobs.report.text_samples import Sample
from jobs.runtime.spark.arrow_frames import map_with_schema
from jobs.verdicts.array_verdicts import SignalTable
from jobs.verdicts.expressions import LANGUAGE, undotted

EACH_SIDE = 2
NEAREST = pa.schema(
    [
        ("rule", pa.int32()),
        ("fails", pa.bool_()),
        ("distance", pa.float64()),
        ("id", pa.int64()),
        ("value", pa.float64()),
        ("bound", pa.float64()),
        ("language", pa.string()),
    ]
)


class FindNearest:
    """A function for mapInArrow: of each batch the few documents nearest to each rule's bounds."""

    def __init__(self, rules: Sequence[ResolvedRule], names: Sequence[str]) -> None:
        """Look at these rules in batches of ``id`` and the signals of these names."""
        self.rules, self.names = tuple(rules), list(names)

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield at most ``2 * EACH_SIDE`` rows a rule for each batch."""
        for batch in batches:
            table = pa.table(batch.columns, names=["id", *self.names])
            signals, ids = SignalTable(table), table.column("id").to_numpy()
            rows = [
                (number, *row)
                for number, rule in enumerate(self.rules)
                for row in _nearest(signals, ids, rule)
            ]
            columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * len(NEAREST)
            arrays = [
                pa.array(column, field.type) for column, field in zip(columns, NEAREST, strict=True)
            ]
            yield pa.record_batch(arrays, schema=NEAREST)


def find_borderline(frame: DataFrame, rules: Sequence[ResolvedRule]) -> dict[str, list[Row]]:
    """Return for each dropping rule the documents nearest to its bounds, those that fail first.

    Args:
        frame: ``id`` and the struct columns of signals, one row a document.
        rules: Rules with numbers.

    Returns:
        Rows of ``fails, distance, id, value, bound, language`` by reason; at most EACH_SIDE a side.
        Distance is a share of the bound. Equal distances are ordered by id.
    """
    dropping = [rule for rule in rules if rule.action == "drop" and rule.numeric]
    if not dropping:
        return {}
    names = sorted({LANGUAGE, *(name for rule in dropping for name in rule.signals)})
    columns = undotted(names)
    nearest = map_with_schema(frame.select("id", *columns), FindNearest(dropping, names), NEAREST)
    window = Window.partitionBy("rule", "fails").orderBy("distance", "id")
    rows = (
        nearest.withColumn("place", F.row_number().over(window))
        .where(F.col("place") <= EACH_SIDE)
        .orderBy("rule", F.desc("fails"), "place")
        .collect()
    )
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(dropping[row["rule"]].reason, []).append(row)
    return found


def find_table_borderline(
    signals: SignalTable, ids: np.ndarray, rules: Sequence[ResolvedRule]
) -> dict[str, list[Row]]:
    """The same for signals in memory."""
    columns = NEAREST.names[1:]
    return {
        rule.reason: [Row(**dict(zip(columns, row, strict=True))) for row in rows]
        for rule in rules
        if rule.action == "drop" and rule.numeric and (rows := [*_nearest(signals, ids, rule)])
    }


def borderline_examples(
    chosen: Mapping[str, Sequence[Row]], samples: Mapping[int, Sample]
) -> dict[str, list[BorderlineExample]]:
    """Return the documents with the beginnings of their texts."""
    nothing = Sample(None, "")
    return {
        reason: [
            BorderlineExample(
                id=row["id"],
                url=samples.get(row["id"], nothing).url,
                source_id=samples.get(row["id"], nothing).source_id,
                language=row["language"],
                fails=row["fails"],
                value=row["value"],
                bound=row["bound"],
                text=samples.get(row["id"], nothing).text,
            )
            for row in rows
        ]
        for reason, rows in chosen.items()
    }


def _nearest(
    signals: SignalTable, ids: np.ndarray, rule: ResolvedRule
) -> Iterator[tuple[Any, ...]]:
    values, (lower, upper) = signals.values(rule.signal), signals.bounds(rule)
    numbers = values.numbers
    lower, upper = np.broadcast_to(lower, numbers.shape), np.broadcast_to(upper, numbers.shape)
    gaps = np.stack([_gap(numbers - lower, lower), _gap(upper - numbers, upper)])
    nearer = np.argmin(np.abs(gaps), axis=0)
    gap = np.take_along_axis(gaps, nearer[np.newaxis], axis=0)[0]
    bound = np.where(nearer == 0, lower, upper)
    fails = signals.judge([rule]).failed[0]
    asked = values.known & np.isfinite(gap) & signals.conditions_hold(rule)
    names, places = signals.languages
    for side in (True, False):
        chosen = np.flatnonzero(asked & (fails == side))
        distance = np.abs(gap[chosen])
        for place in chosen[np.lexsort((ids[chosen], distance))[:EACH_SIDE]]:
            language = names[places[place]]
            yield side, abs(gap[place]), int(ids[place]), numbers[place], bound[place], language


def _gap(difference: np.ndarray, bound: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        share = difference / np.where(bound == 0, 1.0, np.abs(bound))
    return np.where(np.isfinite(bound), share, np.inf)

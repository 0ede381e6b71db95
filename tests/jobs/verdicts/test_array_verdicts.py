"""Verdicts over Arrow columns are those of Spark SQL, for any rules and any values."""

import itertools
import math
import random
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from jobs.recipes.rules import Bounds, Condition, Rule
from jobs.verdicts.array_verdicts import NO_RULE, SignalTable
from jobs.verdicts.expressions import VERDICT_COLUMNS, verdict_columns
from jobs.verdicts.thresholds import resolve, resolve_by

NUMBERS = [None, -math.inf, -1.0, 0.0, 1.0, 1.5, 2.5, math.inf, math.nan]
FORMATS = [None, "html", "pdf"]
ROWS = list(
    itertools.product(["en", "zh", "ja", None], NUMBERS, NUMBERS, [None, False, True], FORMATS)
)
BOUNDS = [None, 0.0, 1.0, 2.5]
SIGNALS = ["s.a", "s.b", "s.c"]


def random_rules(number: int) -> list[Rule]:
    """Rules of every kind; seeded, because one Spark query judges them all."""
    chance = random.Random(8)

    def bounds() -> Bounds:
        low, high = chance.choice(BOUNDS), chance.choice(BOUNDS)
        if low is not None and high is not None:
            low, high = min(low, high), max(low, high)  # crossed bounds are no rule
        return Bounds(min=low, max=high)

    def texts() -> Bounds:
        return Bounds(one_of=tuple(chance.sample(["html", "pdf", "epub"], chance.randint(1, 2))))

    def condition(depth: int = 0) -> Condition:
        kind = chance.choice(["number", "number", "text", *(["any", "all"] if depth < 2 else [])])
        if kind in ("any", "all"):
            parts = tuple(condition(depth + 1) for _ in range(chance.randint(1, 3)))
            return Condition(any=parts) if kind == "any" else Condition(all=parts)
        if kind == "text":
            one_of = chance.choice([texts().one_of, None])  # None: the text must be known
            return Condition(signal="document.format", one_of=one_of)
        own = bounds()
        return Condition(signal=chance.choice(SIGNALS), min=own.min, max=own.max)

    found: list[Rule] = []
    while len(found) < number:
        asks_text = chance.random() < 0.3
        bound = texts if asks_text else bounds
        own = chance.choice([bound(), Bounds()])
        languages = {
            language: chance.choice([None, bound()])
            for language in chance.sample(["en", "zh"], chance.randint(0, 2))
        }
        if own.empty and not any(languages.values()):
            continue
        found.append(
            Rule(
                reason=f"rule_{len(found)}",
                signal="document.format" if asks_text else chance.choice(SIGNALS),
                min=own.min,
                max=own.max,
                one_of=own.one_of,
                action=chance.choice(["drop", "drop", "flag"]),
                when=tuple(condition() for _ in range(chance.randint(0, 2))),
                languages=languages,
                source="test",
            )
        )
    return found


def signal_table(data: list[tuple[Any, ...]]) -> SignalTable:
    names = ["language.language", "s.a", "s.b", "s.c", "document.format"]
    types = [pa.string(), pa.float64(), pa.float64(), pa.bool_(), pa.string()]
    columns = [pa.array([row[place] for row in data], type_) for place, type_ in enumerate(types)]
    return SignalTable(pa.table(columns, names=names))


@pytest.mark.spark
def test_every_verdict_is_that_of_spark(spark: SparkSession) -> None:
    resolved, _ = resolve_by(random_rules(40), {}, lambda *_: {})
    frame = spark.createDataFrame(
        [((language,), (a, b, c), format_) for language, a, b, c, format_ in ROWS],
        "language struct<language: string>, s struct<a: double, b: double, c: boolean>, "
        "format string",
    )
    groups = [resolved[start : start + 4] for start in range(0, len(resolved), 4)]
    columns = [
        column.alias(f"{column_name}_{number}")
        for number, group in enumerate(groups)
        for column_name, column in zip(VERDICT_COLUMNS, verdict_columns(group), strict=True)
    ]
    expected = frame.select(*columns).collect()
    for number, group in enumerate(groups):
        verdicts = signal_table(ROWS).judge(group)
        names = [rule.reason for rule in group]
        first = [None if place == NO_RULE else names[place] for place in verdicts.first]
        assert first == [row[f"reason_{number}"] for row in expected]
        for place, row in enumerate(expected):
            failed = {
                name for name, fails in zip(names, verdicts.failed[:, place], strict=True) if fails
            }
            assert failed == {*row[f"reasons_{number}"], *row[f"flags_{number}"]}
        table = signal_table(ROWS).verdicts(group)
        for name in VERDICT_COLUMNS:
            # by repr, since NaN is not NaN
            ours = [repr(value) for value in table.column(name).to_pylist()]
            assert ours == [repr(row[f"{name}_{number}"]) for row in expected]


@pytest.mark.spark
def test_percentiles_are_those_of_spark(spark: SparkSession) -> None:
    data: list[tuple[Any, ...]] = [
        ("en", 1.07**number, float(number % 7), None) for number in range(150)
    ]
    data += [("zh", 3.0 + number, 0.0, None) for number in range(60)]
    data += [("ja", 3.0, 0.0, None)] * 49 + [("en", 0.0, 0.0, None), ("en", None, 0.0, None)]
    frame = spark.createDataFrame(
        [((language,), (a, b)) for language, a, b, _ in data],
        "language struct<language: string>, s struct<a: double, b: double>",
    )
    asked = [
        Rule(reason="fixed", signal="s.b", max=5, source="test"),
        Rule(reason="tail", signal="s.a", max_percentile=95, source="test"),
        Rule(reason="fence", signal="s.a", max_fence=1.5, source="test"),
        Rule(reason="lost", signal="model.score", max=1, source="test"),
    ]
    missing = {"model": "no model"}
    by_spark = resolve(asked, frame, missing)
    by_arrays = resolve_by(asked, missing, signal_table([(*row, None) for row in data]).count_bins)
    assert by_arrays == by_spark
    assert set(by_arrays[0][1].languages) == {"en", "zh"}

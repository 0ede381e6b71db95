"""The documents beside each threshold are the nearest, whatever the partitions."""

import pytest
from pyspark.sql import SparkSession

from jobs.recipes.rules import Bounds, Condition, ResolvedRule
from jobs.report.borderline_documents import borderline_examples, find_borderline
from jobs.report.text_samples import Sample

pytestmark = pytest.mark.spark


def rule(reason: str, default: Bounds | None, **given: object) -> ResolvedRule:
    facts = {"action": "drop", "when": (), "languages": {}, "signal": "s.a"}
    return ResolvedRule.model_validate({**facts, **given, "reason": reason, "default": default})


RULES = [
    rule("low", Bounds(min=50)),
    rule("both", Bounds(min=20, max=80)),
    rule("own", None, languages={"zh": Bounds(max=30)}),
    rule("guarded", Bounds(max=50), when=(Condition(signal="s.b", min=1),)),
    rule("flagged", Bounds(max=50), action="flag"),
]


@pytest.mark.parametrize("partitions", [1, 7])
def test_the_nearest_two_on_each_side_are_found(spark: SparkSession, partitions: int) -> None:
    rows = [
        (number, ("zh" if number % 2 else "en",), (float(number), float(number > 90)))
        for number in range(100)
    ]
    rows += [(100, ("en",), (None, 1.0)), (101, ("en",), (float("nan"), 0.0))]
    frame = spark.createDataFrame(
        rows, "id bigint, language struct<language: string>, s struct<a: double, b: double>"
    ).repartition(partitions)
    found = {
        reason: [(row["fails"], row["id"]) for row in chosen]
        for reason, chosen in find_borderline(frame, RULES).items()
    }
    assert found == {
        "low": [(True, 49), (True, 48), (False, 50), (False, 51)],
        "both": [(True, 81), (True, 82), (False, 20), (False, 80)],
        "own": [(True, 31), (True, 33), (False, 29), (False, 27)],
        "guarded": [(True, 91), (True, 92)],
    }


def test_examples_carry_value_bound_and_text(spark: SparkSession) -> None:
    frame = spark.createDataFrame(
        [(1, ("en",), (40.0, 0.0))],
        "id bigint, language struct<language: string>, s struct<a: double, b: double>",
    )
    chosen = find_borderline(frame, RULES[:1])
    (example,) = borderline_examples(chosen, {1: Sample("u", "text")})["low"]
    assert (example.fails, example.value, example.bound) == (True, 40.0, 50.0)
    assert (example.url, example.text, example.language) == ("u", "text", "en")
    assert find_borderline(frame, []) == {}

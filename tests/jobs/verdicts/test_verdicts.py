"""Verdicts: every bound, every language map, guards, all reasons, the first named, nothing for null."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession

from jobs.recipes.rules import Bounds, Condition, ResolvedRule, Rule
from jobs.verdicts.expressions import alive, verdict_columns
from jobs.verdicts.thresholds import BINS_PER_UNIT, quantile, resolve


def rule(reason: str, **given: Any) -> Rule:
    return Rule(reason=reason, source="test", **{"signal": "s.a", **given})


def frame(spark: SparkSession, *rows: tuple[str | None, float | None, float | None]) -> DataFrame:
    return spark.createDataFrame(
        [
            Row(language=Row(language=language), s=Row(a=_float(a), b=_float(b)))
            for language, a, b in rows
        ],
        "language struct<language: string>, s struct<a: double, b: double>",
    )


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def bound_of(resolved: ResolvedRule, language: str) -> float:
    bounds = resolved.languages[language]
    assert bounds is not None
    assert bounds.max is not None
    return bounds.max


def judge(data: DataFrame, *rules: Rule) -> list[Any]:
    resolved, absent = resolve(rules, data, {})
    assert absent == []
    return data.select(*verdict_columns(resolved)).collect()


@pytest.mark.spark
class TestVerdicts:
    def test_bounds_are_inclusive_and_null_never_fails(self, spark: SparkSession) -> None:
        data = frame(spark, *[("en", value, None) for value in (0.9, 1.0, 2.0, 2.1, None)])
        verdicts = judge(data, rule("r", min=1, max=2))
        assert [row.reason for row in verdicts] == ["r", None, None, "r", None]
        assert [row.threshold for row in verdicts] == [1.0, None, None, 2.0, None]
        assert [row.value for row in verdicts] == [0.9, None, None, 2.1, None]

    def test_all_reasons_are_kept_and_the_recipes_first_is_named(self, spark: SparkSession) -> None:
        verdict = judge(
            frame(spark, ("en", 5, 9)), rule("x", max=4), rule("y", signal="s.b", max=8)
        )
        assert verdict[0].reason == "x"
        assert verdict[0].reasons == ["x", "y"]
        assert (verdict[0].signal, verdict[0].value, verdict[0].threshold) == ("s.a", 5.0, 4.0)

    def test_a_flag_marks_and_does_not_drop(self, spark: SparkSession) -> None:
        verdict = judge(frame(spark, ("en", 5, 0)), rule("f", max=4, action="flag"))[0]
        assert (verdict.reason, verdict.reasons, verdict.flags) == (None, [], ["f"])

    def test_a_language_has_its_own_bounds_or_none(self, spark: SparkSession) -> None:
        data = frame(spark, ("en", 5, 0), ("zh", 5, 0), ("ja", 5, 0), (None, 5, 0))
        by_language = rule("r", max=4, languages={"zh": {"max": 6}, "ja": None})
        assert [row.reason for row in judge(data, by_language)] == ["r", None, None, "r"]

    def test_a_rule_without_general_bounds_is_for_the_listed_only(
        self, spark: SparkSession
    ) -> None:
        data = frame(spark, ("en", 5, 0), ("zh", 5, 0))
        assert [row.reason for row in judge(data, rule("r", languages={"zh": {"max": 4}}))] == [
            None,
            "r",
        ]

    def test_a_guard_must_hold_and_null_does_not_hold(self, spark: SparkSession) -> None:
        data = frame(spark, ("en", 5, 1), ("en", 5, 0), ("en", 5, None))
        guarded = rule("r", max=4, when=[Condition(signal="s.b", min=0.5)])
        assert [row.reason for row in judge(data, guarded)] == ["r", None, None]

    def test_alive_is_exactly_no_reason(self, spark: SparkSession) -> None:
        data = frame(spark, *[("en", value, 3 - value) for value in (0.0, 1.0, 2.0, 3.0)])
        rules = [rule("x", max=2), rule("y", signal="s.b", max=2), rule("f", max=0, action="flag")]
        resolved, _ = resolve(rules, data, {})
        rows = data.select(alive(resolved).alias("alive"), *verdict_columns(resolved)).collect()
        assert [row.alive for row in rows] == [row.reason is None for row in rows]
        assert {row.alive for row in rows} == {True, False}

    def test_no_rules_let_all_live(self, spark: SparkSession) -> None:
        data = frame(spark, ("en", 1, 1))
        assert data.where(alive([])).count() == 1
        assert data.select(*verdict_columns([])).collect()[0].reasons == []


@pytest.mark.spark
class TestRelativeBounds:
    def test_a_percentile_is_of_the_language_and_of_the_living(self, spark: SparkSession) -> None:
        rows = [("en", float(value), 0.0) for value in range(1, 201)]
        rows += [("zh", float(value * 100), 0.0) for value in range(1, 201)]
        rows += [("en", 1e9, 9.0)] * 50  # dead by another rule: must not move the percentile
        data = frame(spark, *rows)
        resolved, _ = resolve(
            [rule("dead", signal="s.b", max=1), rule("tail", max_percentile=99)], data, {}
        )
        assert bound_of(resolved[1], "en") == pytest.approx(198.01, rel=2 / BINS_PER_UNIT)
        assert bound_of(resolved[1], "zh") == pytest.approx(19_801, rel=2 / BINS_PER_UNIT)

    def test_a_fence_finds_the_far_out_in_a_small_language(self, spark: SparkSession) -> None:
        data = frame(
            spark, *[("en", 100.0 + value, 0.0) for value in range(60)], ("en", 5000.0, 0.0)
        )
        verdicts = judge(data, rule("far", max_fence=3))
        assert [row.reason for row in verdicts] == [None] * 60 + ["far"]

    def test_a_low_percentile_is_a_lower_bound(self, spark: SparkSession) -> None:
        data = frame(spark, *[("en", float(value), 0.0) for value in range(1, 201)])
        verdicts = judge(data, rule("low", min_percentile=1))
        assert [row.reason for row in verdicts] == ["low"] * 2 + [None] * 198

    def test_a_language_with_few_documents_is_not_judged(self, spark: SparkSession) -> None:
        data = frame(spark, *[("en", float(v), 0.0) for v in range(1, 101)], ("fr", 1e9, 0.0))
        assert judge(data, rule("tail", max_percentile=99))[-1].reason is None

    def test_a_signal_nobody_has_makes_the_rule_absent_with_its_reason(
        self, spark: SparkSession
    ) -> None:
        data = frame(spark, ("en", None, 1.0))
        resolved, absent = resolve([rule("tail", max_percentile=99)], data, {})
        assert resolved == []
        assert absent[0].reason == "tail"
        assert "50 documents" in absent[0].why

    @pytest.mark.parametrize("partitions", [1, 3, 17])
    def test_partitions_do_not_matter(self, spark: SparkSession, partitions: int) -> None:
        data = frame(spark, *[("en", 1.1**value, 0.0) for value in range(200)])
        resolved, _ = resolve([rule("tail", max_percentile=95)], data.repartition(partitions), {})
        assert bound_of(resolved[0], "en") == pytest.approx(1.1**189.05, rel=2 / BINS_PER_UNIT)

    def test_missing_annotators_make_their_rules_absent(self, spark: SparkSession) -> None:
        rules = [rule("q", max=1), rule("p", signal="model.score", max=1)]
        resolved, absent = resolve(rules, frame(spark, ("en", 0, 0)), {"model": "no model given"})
        assert [item.reason for item in resolved] == ["q"]
        assert [(item.reason, item.why) for item in absent] == [("p", "no model given")]


@given(st.lists(st.integers(-2000, 2000), min_size=1, max_size=300), st.floats(0, 1))
def test_a_quantile_is_numpys_of_the_bins_upper_edges(values: list[int], share: float) -> None:
    expected = np.quantile(np.array(values) + 1, share)
    assert quantile(Counter(values), share) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "no bound"),
        ({"max": 1, "signal": "nodot"}, "pattern"),
        ({"max_percentile": 100}, "less than 100"),
        ({"min_percentile": 50}, "less than 50"),
        ({"max": 1, "colour": "red"}, "colour"),
        ({"max": 1, "action": "burn"}, "drop"),
    ],
)
def test_a_faulty_rule_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rule("r", **given)


def test_a_resolved_rule_survives_the_manifest() -> None:
    resolved = ResolvedRule(
        reason="r",
        signal="s.a",
        action="drop",
        when=(Condition(signal="s.b", min=1),),
        default=None,
        languages={"zh": Bounds(max=2), "ja": None},
    )
    assert ResolvedRule.model_validate(resolved.model_dump()) == resolved

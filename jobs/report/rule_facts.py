"""The rules table: every judged rule with its bounds, its hits, and the rules that never fired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.recipes.rules import Bounds, ResolvedRule, Rule
from jobs.report.report_model import Limits, MovableBound, RuleFacts


def count_hits(verdicts: DataFrame, dropped: DataFrame) -> dict[str, int]:
    """Return how many documents fail each rule, by whatever rule they left.

    Args:
        verdicts: ``reasons`` and ``flags`` of every judged document.
        dropped: The ledger; of it only what the grade stage removed, which verdicts do not know.
    """
    decided = verdicts.select(F.concat("reasons", "flags").alias("failed"))
    graded = dropped.where(F.col("stage") == "grade").select(F.col("reasons").alias("failed"))
    rows = (
        decided.unionByName(graded)
        .select(F.explode("failed").alias("reason"))
        .groupBy("reason")
        .count()
        .collect()  # one row a rule
    )
    return {row["reason"]: row["count"] for row in rows}


def count_table_hits(verdicts: pa.Table, dropped: pa.Table) -> dict[str, int]:
    """The same for tables in memory."""
    graded = dropped.filter(pc.equal(dropped.column("stage"), "grade"))
    failed = (verdicts.column("reasons"), verdicts.column("flags"), graded.column("reasons"))
    counts: dict[str, int] = {}
    for lists in failed:
        for found in pc.list_flatten(lists).value_counts().to_pylist():
            counts[found["values"]] = counts.get(found["values"], 0) + found["counts"]
    return counts


def rule_facts(
    resolved: Sequence[ResolvedRule],
    asked: Sequence[Rule],
    first_hits: Mapping[str, int],
    hits: Mapping[str, int],
    movable: Mapping[str, list[MovableBound]],
) -> list[RuleFacts]:
    """Return one entry a judged rule, in the order of judging.

    Args:
        resolved: Rules with the numbers that were used.
        asked: The recipe's rules, for the bounds as written and their source.
        first_hits: Documents of the ledger by first reason.
        hits: Documents by failed rule, see :func:`count_hits`.
        movable: Counts for other bounds by rule, see :mod:`jobs.report.movable_bounds`.
    """
    recipe = {rule.reason: rule for rule in asked}
    facts = [
        _facts(rule, recipe.get(rule.reason), first_hits.get(rule.reason, 0), hits)
        for rule in resolved
    ]
    return [fact.model_copy(update={"movable": movable.get(fact.reason, [])}) for fact in facts]


def _facts(
    rule: ResolvedRule, asked: Rule | None, first_hits: int, hits: Mapping[str, int]
) -> RuleFacts:
    every = max(hits.get(rule.reason, 0), first_hits)
    return RuleFacts(
        reason=rule.reason,
        signal=rule.signal,
        expression=rule.expression,
        action=rule.action,
        asked=_asked_bounds(asked),
        default=_limits(rule.default),
        languages={name: _limits(bounds) for name, bounds in sorted(rule.languages.items())},
        when=rule.when,
        source=asked.source if asked else None,
        first_hits=first_hits,
        hits=every,
        never_fired=every == 0,
    )


def _asked_bounds(rule: Rule | None) -> Bounds | None:
    if rule is None:
        return None
    return Bounds(**{name: getattr(rule, name) for name in Bounds.model_fields})


def _limits(bounds: Bounds | None) -> Limits | None:
    return (
        None
        if bounds is None or bounds.empty
        else Limits(min=bounds.min, max=bounds.max, one_of=bounds.one_of)
    )

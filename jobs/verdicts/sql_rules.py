"""Rules that are expressions in SQL: parsed and typed by Spark before a run does anything dear."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.recipes.rules import Rule, is_grade_rule, stored_expression
from jobs.recipes.signal_catalogue import NO_OWN, signal_fields
from jobs.runtime.errors import SettingsError
from jobs.runtime.spark.schemas import CARRIED, EXTRACTED, spark_schema


def require_expressions(
    session: Callable[[], SparkSession], rules: Sequence[Rule], own: Mapping[str, str] = NO_OWN
) -> None:
    """Check all expressions of a recipe against the columns that ``annotated/`` has.

    Args:
        session: Starts Spark; asked only where there is an expression.
        rules: Of the recipe.
        own: Its ``annotators``.

    Raises:
        SettingsError: One is no SQL, names what is not there, is not true or false, asks for grades, or
            answers differently each time; all such are named.
    """
    asked = [(rule, rule.expression) for rule in rules if rule.expression is not None]
    if not asked:
        return
    nothing = session().createDataFrame([], spark_schema(_columns(own)))
    faults = []
    for rule, expression in asked:
        fault = None
        if is_grade_rule(rule):
            fault = "grades are given behind this stage: take a rule with bounds over quality"
        else:
            try:
                # As a filter: it must be true or false, and may not speak of other rows.
                asked_for = F.expr(stored_expression(expression))
                _analyse(nothing.where(asked_for))
                # Spark aggregates only over what is the same each time, and says so of the rest.
                _analyse(nothing.agg(F.max(asked_for)))
            except PySparkException as error:
                fault = " ".join(str(error).partition(" SQLSTATE")[0].split())[:300]
                if "NONDETERMINISTIC" in fault:
                    fault = "it answers differently each time it is asked"
        if fault is not None:
            faults.append(f"  - rules.{rule.reason}: {expression!r}: {fault}")
    if faults:
        listed = "\n".join(faults)
        raise SettingsError(f"{len(faults)} expression(s) of the recipe cannot be asked\n{listed}")


def _analyse(frame: DataFrame) -> None:
    """Let Spark look at a plan now; through Connect it would be looked at with the first action only."""
    _ = frame.schema


def _columns(own: Mapping[str, str]) -> pa.Schema:
    structs = [
        pa.field(group, pa.struct([pa.field(field.name, field.type) for field in fields]))
        for group, fields in signal_fields(own).items()
    ]
    return pa.schema([*(EXTRACTED.field(name) for name in CARRIED), *structs])

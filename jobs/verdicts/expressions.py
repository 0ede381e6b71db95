"""A recipe's resolved rules as Spark columns: which failed, which first, by how much."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.recipes.rules import (
    EXCISABLE,
    Bounds,
    Condition,
    Listed,
    ResolvedRule,
    stored_expression,
    stored_name,
)
from jobs.runtime.contract.document_ids import ROW_BITS

LANGUAGE = "language.language"
VERDICT_COLUMNS = ("reason", "reasons", "flags", "signal", "value", "threshold")
NAMED, NOT_NAMED = 1.0, 0.0
"""Value and bound that the ledger has of a document that is named in a list."""
BETWEEN = "\n"  # in no name of a file


def signal_column(name: str) -> Column:
    """Return a signal as a double; booleans become 0 and 1, null stays null."""
    return F.col(stored_name(name)).cast("double")


def undotted(names: Sequence[str]) -> list[Column]:
    """Return signals as columns for a function of batches, in order, named by their place.

    A function of batches must name its columns itself: Spark takes a dot for a field of a struct.
    """
    return [F.col(stored_name(name)).alias(f"signal_{place}") for place, name in enumerate(names)]


def failing(rule: ResolvedRule) -> Column:
    """Return whether a document fails a rule; never null."""
    if rule.listed is not None:
        return _named(rule.listed)
    if rule.expression is not None:
        outside = F.coalesce(F.expr(stored_expression(rule.expression)), F.lit(False))
    elif not rule.numeric:
        outside = F.coalesce(~_listed(rule), F.lit(False))
    else:
        lower, upper = _bound(rule, "min"), _bound(rule, "max")
        value = signal_column(rule.signal)
        outside = F.coalesce(value < lower, F.lit(False)) | F.coalesce(value > upper, F.lit(False))
    holds = [_holds(condition) for condition in rule.when]
    return functools.reduce(operator.and_, holds, outside)


def alive(rules: Sequence[ResolvedRule]) -> Column:
    """Return whether no dropping rule fails; what later stages filter by."""
    failed = [failing(rule) for rule in rules if rule.action == "drop"]
    return ~functools.reduce(operator.or_, failed, F.lit(False))


def verdict_columns(rules: Sequence[ResolvedRule]) -> list[Column]:
    """Return the columns ``reason, reasons, flags, signal, value, threshold``.

    ``reasons`` holds all dropping rules that failed, in the recipe's order; ``reason`` and the last
    three speak of the first of them and are null for a document that lives. ``flags`` holds the
    failed rules that let it live: ``flag`` and ``excise``.
    """
    drops = [rule for rule in rules if rule.action == "drop"]
    flags = [rule for rule in rules if rule.action != "drop"]
    return [
        _first(drops, lambda rule: F.lit(rule.reason)).alias("reason"),
        _failed_names(drops).alias("reasons"),
        _failed_names(flags).alias("flags"),
        _first(drops, lambda rule: F.lit(rule.asked)).alias("signal"),
        _first(drops, _judged_value).alias("value"),
        _first(drops, _broken_bound).alias("threshold"),
    ]


def excised(rule: ResolvedRule, match: Column) -> Column:
    """Return whether a match, of a document that fails the rule, is one that the rule cuts out."""
    assert rule.default is not None  # a rule that excises has one bound and no others
    is_meant = match["variant"] == F.lit(EXCISABLE[rule.signal])
    return is_meant & (match["strength"] > F.lit(rule.default.max))


def cut_out(rules: Sequence[ResolvedRule]) -> Column | None:
    """Return ``text`` without the lines that rules cut out of it; None where none does.

    Args:
        rules: All of the run's; those with other actions do nothing here.
    """
    acting = [rule for rule in rules if rule.action == "excise"]
    if not acting:
        return None
    matches = F.col("contamination.matches")
    cuts = [
        F.when(failing(rule), F.filter(matches, functools.partial(excised, rule)))
        for rule in acting
    ]
    return without_lines(F.col("text"), F.flatten(F.array_compact(F.array(*cuts))))


def without_lines(text: Column, spans: Column) -> Column:
    """Return a text without some of its lines; all of it where there are no spans, or they are null.

    Args:
        text: string.
        spans: array<struct<first_line, last_line, ...>>; numbers of lines from 0, both cut.
    """

    def stays(_: Column, number: Column) -> Column:
        return ~F.exists(spans, lambda cut: number.between(cut["first_line"], cut["last_line"]))

    lines = F.filter(F.split(text, "\n"), stays)
    return F.when(F.size(spans) > 0, F.array_join(lines, "\n")).otherwise(text)


def _failed_names(rules: Sequence[ResolvedRule]) -> Column:
    names = [F.when(failing(rule), F.lit(rule.reason)) for rule in rules]
    return F.array_compact(F.array(*names).cast("array<string>"))


def _first(rules: Sequence[ResolvedRule], value: Callable[[ResolvedRule], Column]) -> Column:
    # No coalesce: of a text the first rule has no value, and the next one's is not asked for.
    chosen: Any = F  # its `when` begins what a column's own goes on with
    for rule in rules:
        chosen = chosen.when(failing(rule), value(rule))
    return chosen if rules else F.lit(None)


def _judged_value(rule: ResolvedRule) -> Column:
    if rule.listed is not None:
        return F.lit(NAMED)
    return signal_column(rule.signal) if rule.numeric else F.lit(None).cast("double")


def _listed(rule: ResolvedRule) -> Column:
    """Whether a text is one of those listed for its language; null where it, or the list, is none."""
    value = F.col(stored_name(rule.signal))
    language = F.col(LANGUAGE)
    chosen = F.lit(None).cast("boolean")
    if rule.default is not None and rule.default.one_of is not None:
        chosen = value.isin(*rule.default.one_of)
    for code, bounds in rule.languages.items():
        own = (
            value.isin(*bounds.one_of) if bounds and bounds.one_of else F.lit(None).cast("boolean")
        )
        chosen = F.when(language.eqNullSafe(code), own).otherwise(chosen)
    return chosen


def _named(listed: Listed) -> Column:
    """Return whether a document is one of those listed; of ``id``, ``source`` and ``url``."""
    record, url = listed_names(listed)
    return record.isNotNull() | url.isNotNull()


def listed_names(listed: Listed) -> tuple[Column, Column]:
    """Return the record (:func:`record_name`) and the address of a document, null where not listed."""
    row = F.col("id").bitwiseAND(F.lit((1 << ROW_BITS) - 1))
    record = F.concat_ws(BETWEEN, F.col("source"), row.cast("string"))
    names = [record_name(*one) for one in listed.records]
    url = F.col("url")
    return F.when(record.isin(names), record), F.when(url.isin(list(listed.urls)), url)


def record_name(source: str, row: int) -> str:
    """Return a record of a file as one text."""
    return f"{source}{BETWEEN}{row}"


def _broken_bound(rule: ResolvedRule) -> Column:
    if rule.listed is not None:
        return F.lit(NOT_NAMED)
    if not rule.numeric:
        return F.lit(None).cast("double")
    lower, upper = _bound(rule, "min"), _bound(rule, "max")
    return F.when(signal_column(rule.signal) < lower, lower).otherwise(upper)


def _holds(condition: Condition) -> Column:
    if condition.any:
        return functools.reduce(operator.or_, map(_holds, condition.any))
    if condition.all:
        return functools.reduce(operator.and_, map(_holds, condition.all))
    if condition.one_of is not None:
        text = F.col(stored_name(condition.signal))
        return F.coalesce(text.isin(*condition.one_of), F.lit(False))
    value = F.col(stored_name(condition.signal))
    if condition.min is not None or condition.max is not None:
        value = signal_column(condition.signal)
    held = value.isNotNull()
    if condition.min is not None:
        held = held & (value >= condition.min)
    if condition.max is not None:
        held = held & (value <= condition.max)
    return held


def _bound(rule: ResolvedRule, side: str) -> Column:
    # As one text: a rule with forty languages would take hundreds of calls from Python to the JVM.
    default = _number(rule.default, side)
    if not rule.languages:
        return F.expr(default)
    entries = ", ".join(
        f"{_quoted(language)}, {_number(bounds, side)}"
        for language, bounds in sorted(rule.languages.items())
    )
    listed = ", ".join(_quoted(language) for language in sorted(rule.languages))
    return F.expr(
        f"CASE WHEN {LANGUAGE} IN ({listed}) THEN try_element_at(map({entries}), {LANGUAGE}) "
        f"ELSE {default} END"
    )


def _number(bounds: Bounds | None, side: str) -> str:
    value = getattr(bounds, side) if bounds else None
    return "CAST(NULL AS DOUBLE)" if value is None else f"CAST('{float(value)!r}' AS DOUBLE)"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"

"""A recipe's rules over Arrow structs of signals, without Spark: which fail, document by document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.recipes.rules import Bounds, Condition, Rule


def failing(
    rule: Rule, signals: Mapping[str, pa.StructArray], languages: Sequence[str]
) -> npt.NDArray[np.bool_]:
    """Judge one rule with fixed bounds, as ``jobs.verdicts`` does in SQL.

    Args:
        rule: The rule; percentiles are not supported.
        signals: Struct columns by name, one element a document.
        languages: Language code of each document.

    Returns:
        bool[documents]; True where the rule fails. An undefined signal never fails.

    Raises:
        ValueError: The rule has a bound that depends on the run's own values.
    """
    value = _value(rule.signal, signals)
    lower = np.array([_bound(rule, language, "min") for language in languages])
    upper = np.array([_bound(rule, language, "max") for language in languages])
    outside = (value < lower) | (value > upper)  # any comparison with NaN is False
    for condition in rule.when:
        outside &= _holds(condition, signals)
    found: npt.NDArray[np.bool_] = outside
    return found


def failed_reasons(
    rules: Sequence[Rule], signals: Mapping[str, pa.StructArray], languages: Sequence[str]
) -> list[list[str]]:
    """Return for each document the reasons of the rules that fail, in the rules' order."""
    columns = [failing(rule, signals, languages) for rule in rules]
    return [
        [rule.reason for rule, failed in zip(rules, row, strict=True) if failed]
        for row in np.column_stack(columns)
    ]


def _value(name: str, signals: Mapping[str, pa.StructArray]) -> npt.NDArray[np.float64]:
    struct, field = name.split(".")
    column = pc.cast(signals[struct].field(field), pa.float64())
    values: npt.NDArray[np.float64] = column.to_numpy(zero_copy_only=False)
    return values


def _bound(rule: Rule, language: str, side: str) -> float:
    bounds: Bounds | None = rule.languages.get(language, rule)
    if bounds is None:
        return np.nan
    if bounds.relative:
        raise ValueError(f"rule {rule.reason} needs the run's own values; give it a fixed bound")
    number = bounds.min if side == "min" else bounds.max
    return np.nan if number is None else number


def _holds(condition: Condition, signals: Mapping[str, pa.StructArray]) -> npt.NDArray[np.bool_]:
    value = _value(condition.signal, signals)
    held = ~np.isnan(value)
    if condition.min is not None:
        held &= value >= condition.min
    if condition.max is not None:
        held &= value <= condition.max
    return held

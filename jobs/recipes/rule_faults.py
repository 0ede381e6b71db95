"""What is wrong with a rule in the light of the signals it names: found before any stage runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from jobs.recipes.rules import Bounds, Condition, Rule
from jobs.recipes.signal_catalogue import NO_OWN, known_signals, signal_fields
from jobs.runtime.errors import SettingsError
from jobs.runtime.suggestions import did_you_mean
from udfs.columns.signal_fields import SignalField

DOCUMENT_COLUMNS = (
    "id", "text", "source", "source_id", "url", "fetched_at", "title", "author", "date", "format",
    "licence_url", "metadata", "document",
)  # fmt: skip
"""Of ``annotated/``, beside groups of signals, and what rules call them together."""
_SPAN = re.compile(r"(\S+) to (\S+)")
_LEAST = re.compile(r">=? (\S+)")


def signal_faults(rules: Sequence[Rule], own: Mapping[str, str] = NO_OWN) -> list[str]:
    """Return one sentence a fault: signals that nobody computes, bounds that do not fit their values.

    Args:
        rules: Of a recipe.
        own: Its ``annotators``, which are imported for the fields they declare.
    """
    faults = [
        f"annotators.{name}: {name} is a column of ours: take another name"
        for name in sorted(own.keys() & {*signal_fields(), *DOCUMENT_COLUMNS})
    ]
    if faults:
        return faults
    try:
        known = known_signals(own)
    except SettingsError as error:
        return [f"annotators: {error}"]
    for rule in rules:
        faults += [
            f"rules.{rule.reason}: no signal {signal!r}{did_you_mean(signal, known)} "
            "`corpusmill recipes signals` lists them all"
            for signal in sorted(rule.signals)
            if signal not in known
        ]
        for place, signal, bounds in _bounds(rule):
            fault = _fault(known[signal], bounds) if signal in known else None
            if fault:
                faults.append(f"rules.{rule.reason}{place}: {signal} {fault}")
    return faults


def _bounds(rule: Rule) -> Iterator[tuple[str, str, Bounds | Condition]]:
    """Every bound of a rule: its place in the rule, its signal, itself."""
    if not rule.empty:
        yield "", rule.signal, rule
    for language, bounds in rule.languages.items():
        if bounds is not None:
            yield f".languages.{language}", rule.signal, bounds
    for condition in rule.when:
        for leaf in condition.leaves:
            yield ".when", leaf.signal, leaf


def _fault(field: SignalField, bounds: Bounds | Condition) -> str | None:
    bounds_number = bounds.min is not None or bounds.max is not None
    if pa.types.is_string(field.type):
        relative = isinstance(bounds, Bounds) and bounds.relative
        if bounds_number or relative:
            return f"is text ({field.range}) and has no min or max: give one_of"
        return None
    if bounds.one_of is not None:
        return f"is a number ({field.range}), and one_of lists texts: give min and max"
    lower, upper = value_range(field)
    if bounds.min is not None and bounds.min > upper:
        return f"is {field.range}: min {bounds.min:g} is above all of its values"
    if bounds.max is not None and bounds.max < lower:
        return f"is {field.range}: max {bounds.max:g} is below all of its values"
    return None


def value_range(field: SignalField) -> tuple[float, float]:
    """Return the lowest and highest value that a signal of numbers can have, as it declares them."""
    if pa.types.is_boolean(field.type):
        return 0.0, 1.0
    span, least = _SPAN.fullmatch(field.range), _LEAST.fullmatch(field.range)
    if span is not None:
        return float(span[1]), float(span[2])
    return (float(least[1]) if least is not None else float("-inf")), float("inf")

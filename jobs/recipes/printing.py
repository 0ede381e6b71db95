"""Recipes and signals as text for a person."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from jobs.recipes.loading import load_recipe, recipe_names, recipe_text, rule_origins
from jobs.recipes.rules import Bounds, Condition, Rule
from jobs.recipes.signal_catalogue import known_signals

REASON_WIDTH = 30  # of the longest in the recipes here


def list_recipes() -> str:
    """Return one line a recipe: name, number of rules, description."""
    recipes = [load_recipe(name) for name in recipe_names()]
    return "\n".join(
        f"{recipe.name:<14} {len(recipe.rules):>3} rules  {recipe.description}"
        for recipe in recipes
    )


def list_signals(name_or_file: str = "default", overrides: Sequence[str] = ()) -> str:
    """Return one line a signal: name, unit, range, meaning; also those of a recipe's own annotators.

    Raises:
        SettingsError: The recipe has faults.
    """
    own = load_recipe(name_or_file, overrides).annotators
    return "\n".join(
        f"{name:<44} {field.unit:<12} {field.range:<10} {field.meaning}"
        for name, field in known_signals(own).items()
    )


def show_recipe(name_or_file: str, overrides: Sequence[str] = ()) -> str:
    """Return a recipe with all inherited and overridden values: its rules, then its settings.

    Raises:
        SettingsError: The recipe has faults.
    """
    recipe = load_recipe(name_or_file, overrides)
    lines = [f"{recipe.name}: {recipe.description}", "", "rules, in the order they are asked:"]
    lines += [line for rule in recipe.rules for line in _rule_lines(rule)]
    settings = recipe.model_dump(mode="json", exclude={"rules", "name", "description"})
    lines += ["", "settings:", yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)]
    return "\n".join(lines).rstrip()


def resolved_recipe(name_or_file: str, overrides: Sequence[str] = ()) -> str:
    """Return a recipe as YAML that stands for itself, nothing inherited and nothing left to defaults.

    A comment beside the reason of each inherited rule names the recipes it comes from, the eldest first.

    Raises:
        SettingsError: The recipe has faults.
    """
    text = recipe_text(load_recipe(name_or_file, overrides))
    for reason, names in rule_origins(name_or_file).items():
        if len(names) > 1 or names[0] != name_or_file:
            line = f"  reason: {reason}"
            text = text.replace(f"{line}\n", f"{line}  # {', changed by '.join(names)}\n")
    return text.rstrip()


def recipe_difference(first: str, second: str, overrides: Sequence[str] = ()) -> str:
    """Return what differs between two recipes, a line a value; rules are compared by their reasons.

    Args:
        first: Name or file.
        second: The other.
        overrides: ``key=value`` changes of the second.

    Raises:
        SettingsError: One has faults.
    """
    one, other = load_recipe(first), load_recipe(second, overrides)
    old, new = _flat(one.model_dump(mode="json")), _flat(other.model_dump(mode="json"))
    lines = [
        f"{key}: {_shown(old, key)} -> {_shown(new, key)}"
        for key in dict.fromkeys([*old, *new])
        if old.get(key, _NOTHING) != new.get(key, _NOTHING)
    ]
    orders = [[rule.reason for rule in recipe.rules] for recipe in (one, other)]
    both = set(orders[0]) & set(orders[1])
    if [r for r in orders[0] if r in both] != [r for r in orders[1] if r in both]:
        lines.append("rules: asked in another order")
    return "\n".join(lines) or f"{first} and {second} decide alike"


_NOTHING = object()


def _flat(values: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """Values by their place, as ``--set`` names it; a rule that has nothing to say of a key has none."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if key == "rules":
            for rule in value:
                told = {name: given for name, given in rule.items() if given not in (None, [], {})}
                found |= _flat(told, f"{place}rules.{rule['reason']}.")
        elif isinstance(value, dict):
            found |= _flat(value, f"{place}{key}.")
        else:
            found[f"{place}{key}"] = value
    return found


def _shown(values: Mapping[str, Any], key: str) -> str:
    if key not in values:
        return "nothing"
    value = values[key]
    if isinstance(value, float):  # a bound of 30 is asked as 30.0
        return f"{value:.12g}"
    return json.dumps(value, ensure_ascii=False)


def _rule_lines(rule: Rule) -> list[str]:
    action = {"drop": "", "flag": " (flag only)", "excise": " (excise)"}[rule.action]
    asked = f"leaves where {rule.expression}"
    if rule.expression is None:
        asked = f"{rule.signal} {bounds_text(rule)}"
    lines = [f"  {rule.reason:<{REASON_WIDTH}} {asked}{action}"]
    lines += [f"  {'':<{REASON_WIDTH}} when {condition_text(condition)}" for condition in rule.when]
    lines += [
        f"  {'':<{REASON_WIDTH}} {language}: {bounds_text(bounds) if bounds else 'off'}"
        for language, bounds in rule.languages.items()
    ]
    return [*lines, f"  {'':<{REASON_WIDTH}} source: {rule.source}"]


def bounds_text(bounds: Bounds) -> str:
    """Return bounds as a person writes them, e.g. ``0.1 to 0.5`` or ``<= P99 of its language``."""
    parts = []
    if bounds.min is not None or bounds.max is not None:
        parts.append(_range_text(bounds.min, bounds.max))
    if bounds.one_of is not None:
        parts.append(f"one of {', '.join(bounds.one_of)}")
    if bounds.min_percentile is not None:
        parts.append(f">= P{bounds.min_percentile:g} of its language")
    if bounds.max_percentile is not None:
        parts.append(f"<= P{bounds.max_percentile:g} of its language")
    if bounds.max_fence is not None:
        parts.append(f"<= Q3 + {bounds.max_fence:g} IQR of its language (logarithms)")
    return " and ".join(parts) or "no bound"


def condition_text(condition: Condition) -> str:
    """Return a condition as a person writes it: ``a.b >= 1``, or several in brackets."""
    for word, parts in (("or", condition.any), ("and", condition.all)):
        if parts:
            return f"({f' {word} '.join(map(condition_text, parts))})"
    if condition.one_of is not None:
        return f"{condition.signal} one of {', '.join(condition.one_of)}"
    if condition.min is None and condition.max is None:
        return f"{condition.signal} is known"
    return f"{condition.signal} {_range_text(condition.min, condition.max)}"


def _range_text(lower: float | None, upper: float | None) -> str:
    if lower is not None and upper is not None:
        return f"{lower:g} to {upper:g}"
    return f">= {lower:g}" if lower is not None else f"<= {upper:g}"


def recipes_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill recipes`."""
    if arguments.action == "list":
        return list_recipes()
    if arguments.action == "signals":
        return list_signals(arguments.name, arguments.overrides)
    if arguments.action == "diff":
        other = arguments.other or "default"
        return recipe_difference(arguments.name, other, arguments.overrides)
    if arguments.action == "show" and arguments.resolved:
        return resolved_recipe(arguments.name, arguments.overrides)
    if arguments.action == "show":
        return show_recipe(arguments.name, arguments.overrides)
    recipe = load_recipe(arguments.name, arguments.overrides)
    return f"recipe {recipe.name}: no fault, {len(recipe.rules)} rules"

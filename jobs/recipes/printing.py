"""Recipes and signals as text for a person."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import yaml

from jobs.recipes.loading import load_recipe, recipe_names
from jobs.recipes.rules import Bounds, Rule
from jobs.recipes.signal_catalogue import known_signals


def list_recipes() -> str:
    """Return one line a recipe: name, number of rules, description."""
    recipes = [load_recipe(name) for name in recipe_names()]
    return "\n".join(
        f"{recipe.name:<14} {len(recipe.rules):>3} rules  {recipe.description}"
        for recipe in recipes
    )


def list_signals() -> str:
    """Return one line a signal: name, unit, range, meaning."""
    return "\n".join(
        f"{name:<44} {field.unit:<12} {field.range:<10} {field.meaning}"
        for name, field in known_signals().items()
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


def _rule_lines(rule: Rule) -> list[str]:
    action = {"drop": "", "flag": " (flag only)", "excise": " (excise)"}[rule.action]
    lines = [f"  {rule.reason:<24} {rule.signal} {bounds_text(rule)}{action}"]
    lines += [
        f"  {'':<24} when {condition.signal} {_range_text(condition.min, condition.max)}"
        for condition in rule.when
    ]
    lines += [
        f"  {'':<24} {language}: {bounds_text(bounds) if bounds else 'off'}"
        for language, bounds in rule.languages.items()
    ]
    return [*lines, f"  {'':<24} source: {rule.source}"]


def bounds_text(bounds: Bounds) -> str:
    """Return bounds as a person writes them, e.g. ``0.1 to 0.5`` or ``<= P99 of its language``."""
    parts = []
    if bounds.min is not None or bounds.max is not None:
        parts.append(_range_text(bounds.min, bounds.max))
    if bounds.min_percentile is not None:
        parts.append(f">= P{bounds.min_percentile:g} of its language")
    if bounds.max_percentile is not None:
        parts.append(f"<= P{bounds.max_percentile:g} of its language")
    if bounds.max_fence is not None:
        parts.append(f"<= Q3 + {bounds.max_fence:g} IQR of its language (logarithms)")
    return " and ".join(parts) or "no bound"


def _range_text(lower: float | None, upper: float | None) -> str:
    if lower is not None and upper is not None:
        return f"{lower:g} to {upper:g}"
    return f">= {lower:g}" if lower is not None else f"<= {upper:g}"


def recipes_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill recipes`."""
    if arguments.action == "list":
        return list_recipes()
    if arguments.action == "signals":
        return list_signals()
    if arguments.action == "show":
        return show_recipe(arguments.name, arguments.overrides)
    recipe = load_recipe(arguments.name, arguments.overrides)
    return f"recipe {recipe.name}: no fault, {len(recipe.rules)} rules"

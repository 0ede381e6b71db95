"""How a recipe inherits: key by key, rules by their reason, languages by their code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.runtime.suggestions import did_you_mean

MERGED_BY_CODE = "languages"
"""Of a rule: below it null is a value, which switches the rule off for a language."""


def merged_recipe(parent: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe's YAML on top of the one that it extends.

    Mappings are merged key by key at any depth, and rules by ``reason``, in the parent's order, with new
    ones behind. Other values, lists among them, replace the parent's; null takes the parent's value back
    to what it is by default. A rule that names another signal is another rule: it inherits nothing.

    Args:
        parent: Merged already with those it extends itself.
        child: As its file has it; ``without`` lists reasons of the parent's rules that it leaves out.
    """
    rest = {key: value for key, value in child.items() if key != "rules"}
    result = _merged(parent, rest)
    if child.get("rules") or child.get("without"):
        without = child.get("without") or []
        result["rules"] = _merged_rules(
            parent.get("rules") or [], child.get("rules") or [], without
        )
    return result


def without_faults(parent: Mapping[str, Any], child: dict[str, Any]) -> list[str]:
    """Return faults of ``without``, which merging would hide; what is no list is emptied."""
    without = child.get("without") or []
    if not isinstance(without, list):
        child["without"] = []
        return [f"without: give a list of reasons (given: {without!r})"]
    reasons = {rule["reason"] for rule in parent.get("rules") or [] if "reason" in rule}
    return [
        f"without: no rule with reason {name!r} is inherited{did_you_mean(str(name), reasons)}"
        for name in without
        if name not in reasons
    ]


def _merged(parent: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(parent)
    for key, value in child.items():
        old = result.get(key)
        if value is None and key in result:
            del result[key]
        elif key == MERGED_BY_CODE and isinstance(old, dict) and isinstance(value, dict):
            result[key] = _merged_languages(old, value)
        elif isinstance(old, dict) and isinstance(value, dict):
            result[key] = _merged(old, value)
        else:
            result[key] = value
    return result


def _merged_languages(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        code: _merged(old[code], bounds)
        for code, bounds in new.items()
        if isinstance(old.get(code), dict) and isinstance(bounds, dict)
    }
    return {**old, **new, **both}


def _merged_rules(old: Sequence[Any], new: Sequence[Any], without: Sequence[str]) -> list[Any]:
    given = {rule.get("reason"): rule for rule in new if isinstance(rule, dict)}
    kept = [rule for rule in old if rule.get("reason") not in without]
    known = {rule.get("reason") for rule in kept}
    merged = [_merged_rule(rule, given.get(rule.get("reason"), {})) for rule in kept]
    return merged + [
        rule for rule in new if not isinstance(rule, dict) or rule.get("reason") not in known
    ]


def _merged_rule(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    other = new.get("signal", old.get("signal")) != old.get("signal")
    return dict(new) if other else _merged(old, new)

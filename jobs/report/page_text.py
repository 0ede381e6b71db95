"""How numbers, bounds and foreign text are written on the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jobs.recipes.rules import Condition
from jobs.report.report_model import Limits, RuleFacts
from jobs.runtime.amounts import measure

# Listing a percentile for each of a hundred languages would bury the rule.
LANGUAGES_NAMED = 4
OTHER_REASONS = {
    "excluded": "named in the file of exclude.file",
    "exact_duplicate": "the same text as a kept document, after normalisation",
    "near_duplicate": "nearly the same text as a kept document",
}
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def language_tag(language: str | None) -> str:
    """Return a language as a valid ``lang`` attribute; empty means unknown to browsers."""
    known = language is not None and language != "und" and LANGUAGE_TAG.fullmatch(language)
    return language if known and language else ""


def rule_sentence(rule: RuleFacts) -> str:
    """Return a rule in words: ``heuristics.words below 50; zh: below 20; ja: not judged``."""
    asked = rule.asked
    if asked is not None and asked.max_percentile is not None:
        relative = f"above percentile {asked.max_percentile:g} of the language"
    elif asked is not None and asked.max_fence is not None:
        relative = (
            f"more than {asked.max_fence:g} quartile ranges above the language's upper quartile"
        )
    elif asked is not None and asked.min_percentile is not None:
        relative = f"below percentile {asked.min_percentile:g} of the language"
    else:
        relative = ""
    parts = [relative] if relative else []
    if rule.default is not None:
        parts.append(limits_phrase(rule.default))
    named = list(rule.languages.items())[:LANGUAGES_NAMED]
    parts += [f"{language}: {limits_phrase(bounds)}" for language, bounds in named]
    if len(rule.languages) > len(named):
        parts.append(f"{len(rule.languages) - len(named)} more languages")
    sentence = f"{rule.signal} {'; '.join(parts)}"
    if rule.expression is not None:
        sentence = f"where {rule.expression}"
    conditions = [condition_phrase(condition) for condition in rule.when]
    return f"{sentence}, only where {' and '.join(conditions)}" if conditions else sentence


def condition_phrase(condition: Condition) -> str:
    """Return a condition in words; one made of others in brackets."""
    for word, parts in (("or", condition.any), ("and", condition.all)):
        if parts:
            return f"({f' {word} '.join(map(condition_phrase, parts))})"
    if condition.one_of is not None:
        return f"{condition.signal} is one of {', '.join(condition.one_of)}"
    return f"{condition.signal} {inside_phrase(condition.min, condition.max)}"


def limits_phrase(limits: Limits | None) -> str:
    """Return which values fail: ``below 3 or above 10``."""
    if limits is None:
        return "not judged"
    sides = []
    if limits.one_of is not None:
        sides.append(f"none of {', '.join(limits.one_of)}")
    if limits.min is not None:
        sides.append(f"below {measure(limits.min)}")
    if limits.max is not None:
        sides.append(f"above {measure(limits.max)}")
    return " or ".join(sides) or "not judged"


def inside_phrase(low: float | None, high: float | None) -> str:
    """Return which values pass a condition: ``is at least 5``."""
    if low is not None and high is not None:
        return f"is from {measure(low)} to {measure(high)}"
    if low is not None:
        return f"is at least {measure(low)}"
    return f"is at most {measure(high)}" if high is not None else "is known"


def flat_settings(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield nested settings as dotted names and values."""
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from flat_settings(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _setting(value)


def _setting(value: Any) -> str:
    if value is None or value in ({}, [], ()):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)

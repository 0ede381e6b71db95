"""How numbers, bounds and foreign text are written on the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jobs.report.report_model import Limits, RuleFacts

BYTES_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
# Listing a percentile for each of a hundred languages would bury the rule.
LANGUAGES_NAMED = 4
DUPLICATE_REASONS = {
    "exact_duplicate": "the same text as a kept document, after normalisation",
    "near_duplicate": "nearly the same text as a kept document",
}
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
# Marks that reorder or hide what stands around them: shown by number, so that a page cannot lie.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ufff9-\ufffc\ufffe\uffff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Return text with control, invisible and reordering characters made visible.

    C0 controls become their control pictures (U+2400...), all others ``[U+202E]``. Tabs and newlines
    stay; a carriage return before a newline goes.
    """
    return INVISIBLE.sub(_shown, text.replace("\r\n", "\n"))


def _shown(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"[U+{code:04X}]"


def language_tag(language: str | None) -> str:
    """Return a language as a valid ``lang`` attribute; empty means unknown to browsers."""
    known = language is not None and language != "und" and LANGUAGE_TAG.fullmatch(language)
    return language if known and language else ""


def whole_number(value: int) -> str:
    """Return 1234567 as 1,234,567."""
    return f"{value:,}"


def measure(value: float | None) -> str:
    """Return a signal's value with at most four significant digits; integers whole."""
    if value is None:
        return "–"
    if value == int(value) and abs(value) < 1e12:
        return f"{int(value):,}"
    if abs(value) >= 10_000:
        return f"{value:,.0f}"
    if abs(value) < 1e-4:
        return f"{value:.2e}"
    digits = float(f"{value:.4g}")
    return f"{int(digits):,}" if digits == int(digits) else f"{digits:,}"


def share(part: float, whole: float) -> str:
    """Return a percentage; what is more than nothing never shows as nothing, nor less than all as all."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    if part and percent < 0.1:
        return "< 0.1 %"
    if part < whole and percent > 99.9:
        return "> 99.9 %"
    return f"{percent:.1f} %" if percent % 100 else f"{percent:.0f} %"


def percent(part: float | None) -> str:
    """Return a share of 1 as :func:`share` does."""
    return "–" if part is None else share(part, 1.0)


def size(count: float) -> str:
    """Return bytes in decimal units: 4.2 MB."""
    unit = 0
    while count >= 999.5 and unit < len(BYTES_UNITS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:.0f} {BYTES_UNITS[unit]}" if unit == 0 else f"{count:.3g} {BYTES_UNITS[unit]}"


def rounded(count: float) -> str:
    """Return a large count in words that can be read at a glance: 1.23 million."""
    for limit, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if count >= limit:
            return f"{count / limit:.3g} {word}"
    return whole_number(int(count))


def duration(seconds: float) -> str:
    """Return a time as people say it: 0.4 s, 12.5 s, 3 min 5 s, 2 h 10 min."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


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
    conditions = [
        f"{condition.signal} {inside_phrase(condition.min, condition.max)}"
        for condition in rule.when
    ]
    return f"{sentence}, only where {' and '.join(conditions)}" if conditions else sentence


def limits_phrase(limits: Limits | None) -> str:
    """Return which values fail: ``below 3 or above 10``."""
    if limits is None:
        return "not judged"
    sides = []
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

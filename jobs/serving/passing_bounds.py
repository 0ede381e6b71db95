"""The bound that a document's value would pass, in as few digits as say it truly."""

from __future__ import annotations

import math

DIGITS = 4


def passing_bound(reason: str, value: float, side: str) -> str:
    """Return a bound as a recipe names it: ``too_few_words.min were 15``.

    Args:
        reason: The rule's.
        value: The signal's, finite.
        side: ``min`` or ``max``.

    Returns:
        The number has four significant digits where that leaves the value inside: rounded down for a
        ``min``, up for a ``max``.
    """
    return f"{reason}.{side} were {_number(value, side)}"


def _number(value: float, side: str) -> str:
    if value == int(value) and abs(value) < 1e12:
        return str(int(value))
    step = 10.0 ** (math.floor(math.log10(abs(value))) + 1 - DIGITS)
    away = math.floor if side == "min" else math.ceil
    text = f"{away(value / step) * step:.{DIGITS}g}" if step else repr(value)
    inside = float(text) <= value if side == "min" else float(text) >= value
    return text if inside else repr(value)

"""The nearest right name for a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?).`` for the nearest known name, or a full stop."""
    near = difflib.get_close_matches(given, list(known), n=1, cutoff=0.5)
    return f" (did you mean {near[0]!r}?)." if near else "."

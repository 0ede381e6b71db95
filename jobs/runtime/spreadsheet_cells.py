"""Cells of tables that people open in a spreadsheet: what strangers wrote must not run as a formula."""

from __future__ import annotations

import re
from typing import Any, Final

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_GUARDED: Final = re.compile(r"'+[=+\-@\t\r]")


def harmless(value: Any) -> Any:
    """Return a cell's value, a text that a spreadsheet would take for a formula behind an apostrophe."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def as_written(cell: str) -> str:
    """Return the text that :func:`harmless` made a cell of."""
    return cell[1:] if _GUARDED.match(cell) else cell

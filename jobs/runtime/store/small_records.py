"""Small JSON objects that we keep in files: whole, or told as damaged by a crash or another hand."""

from __future__ import annotations

import json
from typing import Any

from jobs.runtime.errors import DamagedRecordError
from jobs.runtime.store import storage


def read_mapping(path: str) -> dict[str, Any] | None:
    """Return a small JSON object, or None when there is none.

    Raises:
        DamagedRecordError: It is no JSON object: cut short by a crash, or overwritten.
        MissingRequirementError: The store refuses.
    """
    text = storage.read_text(path)
    if text is None:
        return None
    found = json_mapping(text)
    if found is None:
        raise DamagedRecordError(f"{path} holds no JSON object: it is damaged")
    return found


def json_mapping(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text is, or None."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None

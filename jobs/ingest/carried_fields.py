"""Further columns of a record: what a table holds beside text, address, id and date, kept as JSON."""

from __future__ import annotations

import base64
import datetime
import json
import math
import re
from collections.abc import Mapping, Set
from typing import Any, Final
from urllib.parse import unquote

ALL: Final = "all"
"""Stands for every column that is not read as something else."""
DEEPEST: Final = 100
"""Levels of lists and objects in a value that is carried. Python's stack ends some hundreds of levels on, and
where depends on who calls: one process would read what another refuses."""
_PARTITION = re.compile(r"(?:^|/)([^\W\d][\w.\- ]*)=([^/]*)(?=/)")
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"  # how Hive, and Spark after it, name null in a path


def carried(fields: Mapping[str, Any], read: Set[str | None], carry: tuple[str, ...]) -> str | None:
    """Return the fields of a record that are carried as a JSON object, or None where there are none.

    Args:
        fields: Values by name, of a JSON object or a table's row; null ones are left out.
        read: Names that the record holds already, as its text, address, id or date.
        carry: Names asked for, which may be among ``read``, too, or ``all``.

    Raises:
        RecursionError: A value has more than ``DEEPEST`` levels.
    """
    if not carry:
        return None
    names = [name for name in fields if name not in read] if ALL in carry else carry
    kept = {name: plain(fields[name]) for name in names if fields.get(name) is not None}
    return _told(kept) if kept else None


def with_partitions(metadata: str | None, source: str, carry: tuple[str, ...]) -> str | None:
    """Return what a record carries with the partitions that its file's path names (``…/year=2024/…``)."""
    if not carry:
        return metadata
    found = {
        name: unquote(value)
        for name, value in _PARTITION.findall(source)
        if value != _NULL_PARTITION and (ALL in carry or name in carry)
    }
    return _told(found | json.loads(metadata or "{}")) if found else metadata


def plain(value: object, levels: int = DEEPEST) -> object:
    """Return a value as JSON can hold it.

    Bytes become base64, times ISO 8601, numbers that are not finite and decimals the text they print as.

    Raises:
        RecursionError: There are more lists and objects in each other than ``levels``.
    """
    if isinstance(value, Mapping | list | tuple) and not levels:
        raise RecursionError(f"more than {DEEPEST} levels of lists and objects")
    if isinstance(value, Mapping):
        return {str(name): plain(inner, levels - 1) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner, levels - 1) for inner in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _told(fields: Mapping[str, object]) -> str:
    # JSON may smuggle in half a surrogate pair, which UTF-8 cannot hold.
    text = json.dumps(fields, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace").decode()

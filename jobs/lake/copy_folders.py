"""Where in OUTPUT the copy of a table of a lake lies, and which table a folder there is a copy of."""

from __future__ import annotations

import re
from typing import Final

from jobs.lake.table_names import LakeTable
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import read_manifest

COPIES: Final = "tables"
"""Folder below OUTPUT."""


def copy_name(table: LakeTable, version: int) -> str:
    """A folder's name that says which table it is of; two tables never share one."""
    readable = re.sub(r"[^\w.-]+", "_", table.name)[-80:]
    return f"{readable}-{digest(table.name)[:8]}-{version}"


def copied_table(folder: str) -> str | None:
    """Return the table that a folder is a copy of, with its state; None for any other folder."""
    manifest = read_manifest(folder) if f"/{COPIES}/" in folder else None
    return None if manifest is None else manifest.details.get("table")

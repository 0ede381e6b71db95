"""Matches of a run as a table for a person's marks, the most doubtful first; by Arrow, without Spark."""

from __future__ import annotations

import argparse
from typing import Any

from jobs.contamination.review_table import write_table
from jobs.runtime.contract.driver_tables import opened
from jobs.runtime.contract.manifest import require_manifest
from jobs.runtime.errors import InputError
from jobs.runtime.store import storage

DATASET = "contamination"
TABLE_NAME = "contamination-review.csv"


def review_rows(run: str) -> list[dict[str, Any]]:
    """Return one row a passage and item, nearest to the line of evidence first.

    Raises:
        InputError: The run was not given benchmarks.
    """
    folder = storage.join(storage.absolute(run), DATASET)
    manifest = require_manifest(folder, "run --benchmarks")
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for file in manifest.files:
        if not file.rows:
            continue
        with opened(storage.join(folder, file.path)) as table:
            matches = table.read().to_pylist()
        for row in matches:
            place = (row["benchmark"], row["item"], row["key"])
            kept = rows.setdefault(place, {**row, "documents": 0})
            kept["documents"] += 1
    return sorted(rows.values(), key=lambda row: (abs(row["strength"] - 1), row["key"]))


def review_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill contamination review` with the path of the table.

    Raises:
        InputError: There is a table already, perhaps with marks.
    """
    rows = review_rows(arguments.run)
    path = arguments.table or storage.join(storage.absolute(arguments.run), TABLE_NAME)
    path = storage.absolute(path)
    if storage.exists(path):
        raise InputError(
            f"{path} exists and may hold your marks: give another name with --table, or move it away."
        )
    count = write_table(path, rows)
    return f"{path}: {count:,} passages; fill the column mark with true or false, then give --review {path}"

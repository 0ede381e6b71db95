"""A table in which a person marks matches as true or false, and how a later run reads it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from jobs.runtime.errors import InputError
from jobs.runtime.spreadsheet_cells import as_written, harmless
from jobs.runtime.store import storage
from udfs.contamination.reviews import FALSE_MARKS, TRUE_MARKS

COLUMNS = (
    "mark", "benchmark", "item", "key", "strength", "variant", "field", "share", "bits", "documents",
    "source", "passage", "item_text",
)  # fmt: skip
"""``mark`` is empty and wants ``true`` or ``false``; benchmark, item and key say what is marked."""


class Mark(NamedTuple):
    """What a person said of one passage and item."""

    benchmark: str
    item: str
    key: str
    leak: bool


def write_table(path: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows of ``COLUMNS`` as CSV in UTF-8 and return their number."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    count = 0
    for row in rows:
        writer.writerow({name: harmless(row.get(name, "")) for name in COLUMNS})
        count += 1
    storage.write_text(path, text.getvalue())
    return count


def read_marks(path: str) -> tuple[Mark, ...]:
    """Read the rows that a person marked.

    Raises:
        InputError: The file is missing, lacks a column, or a mark is neither true nor false.
    """
    text = storage.read_text(storage.absolute(path))
    if text is None:
        raise InputError(
            f"--review {path}: no such file. `corpusmill contamination review RUN` writes one."
        )
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    lacking = [name for name in COLUMNS[:4] if name not in (reader.fieldnames or ())]
    if lacking:
        raise InputError(
            f"--review {path} has no column {', '.join(lacking)}: take the table that `corpusmill "
            "contamination review RUN` writes and fill its column mark."
        )
    marks: dict[tuple[str, str, str], Mark] = {}
    for row in reader:
        said = (row["mark"] or "").strip().lower()
        if not said:
            continue
        if said not in TRUE_MARKS | FALSE_MARKS:
            raise InputError(
                f"--review {path} line {reader.line_num}: mark {row['mark']!r}, wanted true, false or nothing"
            )
        benchmark, item, key = (as_written(row[name] or "") for name in COLUMNS[1:4])
        place = (benchmark, item, key)
        mark = Mark(benchmark, item, key, leak=said in TRUE_MARKS)
        if marks.setdefault(place, mark) != mark:
            raise InputError(
                f"--review {path} line {reader.line_num}: {place[0]}/{place[1]} with key {place[2]} is "
                "marked true and false: keep one of both"
            )
    return tuple(marks.values())

"""What people say of documents: ``labels.parquet`` beside a run, and the files made of it."""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from jobs.inspection import label_tables
from jobs.inspection.label_tables import LABELS_NAME, group_of
from jobs.inspection.run_tables import RunTables
from jobs.runtime.contract.document_ids import place_of
from jobs.runtime.contract.driver_tables import opened
from jobs.runtime.errors import InputError
from jobs.runtime.store import storage

LABELS: Final = {"good": 5.0, "unsure": 2.5, "wrong": 0.0}
"""Marks and the grades that ``corpusmill train-grader`` reads them as, 0 to 5."""
LONGEST_NOTE: Final = 2000
SCHEMA: Final = pa.schema(
    [
        ("id", pa.int64()),
        ("mark", pa.string()),
        ("label", pa.float64()),
        ("note", pa.string()),
        ("text", pa.string()),
        ("language", pa.string()),
        ("host", pa.string()),
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("url", pa.string()),
        ("marked_at", pa.string()),
    ]
)
CSV_COLUMNS: Final = ("id", "mark", "note", "url", "source", "source_id", "language", "marked_at")
_WRITING = threading.Lock()  # two marks at once must not lose each other


@dataclass(frozen=True)
class Mark:
    """What somebody said of a document: a key of LABELS, and a note."""

    mark: str
    note: str


def read_marks(output: str) -> pa.Table:
    """Return the marks of a run, in the order in which they were first made; none is an empty table.

    Raises:
        InputError: The file is damaged, or none of ours.
    """
    path = storage.join(output, LABELS_NAME)
    if not storage.exists(path):
        return SCHEMA.empty_table()
    with opened(path) as file:
        lacking = set(SCHEMA.names) - set(file.schema_arrow.names)
        if lacking:
            raise InputError(
                f"{path} has no column {min(lacking)}: it is no file of marks. Move it elsewhere; the "
                "page makes one of its own."
            )
        return file.read(columns=SCHEMA.names)


def marks_by_id(table: pa.Table) -> dict[int, Mark]:
    """Return the marks of a table by document."""
    columns = (table.column(name).to_pylist() for name in ("id", "mark", "note"))
    return {number: Mark(mark, note or "") for number, mark, note in zip(*columns, strict=True)}


def set_mark(tables: RunTables, number: int, mark: Mark | None) -> None:
    """Mark a document, mark it anew, or take its mark away.

    Args:
        tables: The run.
        number: The document's id, one of the run's.
        mark: None takes it away.

    Raises:
        InputError: The mark or its note is none that can be given, or the file is damaged.
        MissingRequirementError: The run's folder cannot be written.
    """
    if mark is not None and mark.mark not in LABELS:
        raise InputError(f"mark={mark.mark}: wanted one of {', '.join(LABELS)}")
    if mark is not None and len(mark.note) > LONGEST_NOTE:
        raise InputError(f"a note of {len(mark.note):,} characters: at most {LONGEST_NOTE:,}")
    with _WRITING:
        rows = {row["id"]: row for row in read_marks(tables.output).to_pylist()}
        if mark is None:
            rows.pop(number, None)
        else:
            rows[number] = _row(tables, number, mark)
        with storage.open_output(storage.join(tables.output, LABELS_NAME)) as file:
            pq.write_table(
                pa.Table.from_pylist(list(rows.values()), SCHEMA), file, compression="zstd"
            )


def _row(tables: RunTables, number: int, mark: Mark) -> dict[str, Any]:
    document = tables.rows("documents", [number], ["source", "source_id", "url"])[number]
    judged = tables.rows("annotated", [number], ["url", "text", "language"]).get(number, {})
    url = document["url"] or judged.get("url")
    return {
        "id": number,
        "mark": mark.mark,
        "label": LABELS[mark.mark],
        "note": mark.note,
        "text": judged.get("text") or "",
        "language": (judged.get("language") or {}).get("language"),
        "host": group_of(url, document["source"]),
        "source": document["source"],
        "source_id": document["source_id"],
        "url": url,
        "marked_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def csv_of(marks: pa.Table) -> bytes:
    """Return marks as a table for spreadsheets, without texts."""
    return label_tables.csv_of(marks.select(CSV_COLUMNS))


def labelled_of(marks: pa.Table) -> bytes:
    """Return the documents marked good or wrong as Parquet for ``corpusmill train-grader``."""
    decided = [row for row in marks.to_pylist() if row["mark"] != "unsure" and row["text"]]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(decided, SCHEMA), sink, compression="zstd")
    return sink.getvalue()


def exclusions_of(marks: pa.Table) -> bytes:
    """Return the documents marked wrong as a file for the setting ``exclude.file`` of a recipe."""
    wrong = [row for row in marks.to_pylist() if row["mark"] == "wrong"]
    entries = {"documents": [_exclusion(row) for row in wrong]}
    text = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True)
    return f"# Left out by `corpusmill run ... --set exclude.file=FILE`.\n{text}".encode()


def _exclusion(row: Mapping[str, Any]) -> dict[str, Any]:
    # A crawl of another day may hold a file of the same name, and then the same ids.
    named = (
        {"url": row["url"]}
        if row["url"]
        else {"source": row["source"], "record": place_of(row["id"])[1]}
    )
    return {**named, **({"note": row["note"]} if row["note"] else {})}

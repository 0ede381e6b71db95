"""Rows of CSV and TSV, known by a line of names and rows of as many fields; and lists of paths, known too."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import cast

from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord, field_record
from jobs.ingest.unpacking import Stretch

DELIMITERS = {"\t": "TSV", ",": "CSV", ";": "CSV with semicolons"}
_NAME = re.compile(r"[^\W\d][\w .\-]{0,63}")
_PATH = re.compile(
    r"(?:[a-z0-9]+://\S+|(?:\S*/)?[^\s/]+\.(?:warc|wet|wat|arc|jsonl|parquet)(?:\.gz|\.zst)?)"
)
_FEWEST_ROWS = 2  # behind the names: prose may have two lines with a comma each
_MOST_LINES = 100


def delimiter_of(head: bytes, *, whole: bool) -> str | None:
    """Return what stands between the fields of a table in text; None for what is none.

    Args:
        head: The first bytes.
        whole: Whether these are all; else the last row may be cut off.
    """
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    first = text.partition("\n")[0]
    for delimiter in DELIMITERS:
        # Of most documents the first line tells enough.
        names = _parsed(first, delimiter)[0] if delimiter in first else []
        if len(names) < 2 or len(set(names)) < len(names) or not all(map(_NAME.fullmatch, names)):
            continue
        rows = _parsed(text, delimiter)
        rest = [row for row in (rows if whole else rows[:-1]) if row][1:]
        if len(rest) >= _FEWEST_ROWS and all(len(row) == len(names) for row in rest):
            return delimiter
    return None


def _parsed(text: str, delimiter: str) -> list[list[str]]:
    """The rows of a text; a quote that is left open takes the rest into the last."""
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)) or [[]]


def looks_like_list(head: bytes) -> bool:
    """Say whether a text holds paths or addresses, one a line, and nothing else."""
    first, _, rest = head.decode("utf-8", "replace").partition("\n")
    if not _PATH.fullmatch(first.strip()):
        return False
    lines = [first, *rest.split("\n")]
    # The last may be cut off, and of a long list the first lines tell enough.
    told = [line.strip() for line in lines[: -1 if len(lines) > 2 else None] if line.strip()]
    return len(told) > 1 and all(map(_PATH.fullmatch, told[:_MOST_LINES]))


def delimited_records(
    stretch: Stretch, delimiter: str, settings: IngestSettings
) -> Iterator[SourceRecord]:
    """Yield a record for each row, or one that says what to do where no column holds text."""
    text = io.TextIOWrapper(io.BufferedReader(stretch), "utf-8-sig", errors="replace", newline="")
    csv.field_size_limit(max(csv.field_size_limit(), settings.max_document_bytes))
    rows = csv.reader(text, delimiter=delimiter)
    names = next(rows)
    wanted = (*settings.text_fields, *settings.html_fields)
    if not set(names) & set(wanted):
        yield SourceRecord(
            status="unsupported",
            detail=f"{DELIMITERS[delimiter]} with the columns {', '.join(names)[:300]}: name the one with "
            "text by --text-column",
        )
        return
    try:
        for row in rows:
            place = f"line {rows.line_num}"
            if len(row) == len(names):
                fields = {name: value or None for name, value in zip(names, row, strict=True)}
                yield field_record(fields, place, settings)
            elif row:
                detail = f"{place}: {len(row)} fields, {len(names)} names"
                yield SourceRecord(status="malformed", detail=detail)
    except csv.Error as error:
        yield SourceRecord(status="malformed", detail=f"line {rows.line_num}: {error}")
    finally:
        cast("io.TextIOBase", text).detach()

"""What tables of documents to label, and of labelled ones, have in common: name, groups, spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import Final
from urllib.parse import urlsplit

import pyarrow as pa

from jobs.runtime.spreadsheet_cells import harmless

LABELS_NAME: Final = "labels.parquet"
"""Beside a run: what people said of its documents."""


def group_of(url: str | None, source: str | None) -> str:
    """Return what a grader's training must not divide: the host of an address, or else the file.

    Documents of one host in training and test would flatter a grader.
    """
    try:
        host = urlsplit(url or "").hostname
    except ValueError:  # an address in brackets that is none
        host = None
    return host or source or ""


def csv_of(table: pa.Table) -> bytes:
    """Return a table for spreadsheets: UTF-8 with a byte order mark."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(table.column_names)
    for row in table.to_pylist():
        writer.writerow([harmless(value) for value in row.values()])
    return stream.getvalue().encode("utf-8-sig")

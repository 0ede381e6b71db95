"""A file of half a gigabyte that takes no disk: refused by name, and never held in memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from jobs.ingest.record_readers import read_records
from jobs.ingest.settings import IngestSettings

SIZE = 1 << 29  # eight times what may be held


@pytest.mark.parametrize(
    ("head", "statuses"),
    [
        (b"", ["too_big"]),
        (b"%PDF-1.7\n", ["too_big"]),
        (b"<!doctype html><html><body><p>", ["too_big"]),
        (b"PK\x03\x04", ["too_big"]),
        (b'{"text": "a first document"}\n', ["ok", "too_big"]),
    ],
    ids=["zeros", "pdf", "html", "zip", "json lines"],
)
def test_a_large_sparse_file_is_too_big(tmp_path: Path, head: bytes, statuses: list[str]) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(SIZE)
    settings = IngestSettings(max_document_megabytes=4)
    tracemalloc.start()
    try:
        with path.open("rb") as stream:
            records = list(read_records(stream, SIZE, settings))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [record.status for record in records] == statuses
    assert peak < 64 << 20

"""Whatever chance does to a file, each record is kept or has a row that says why not."""

from __future__ import annotations

import io
from random import Random

import pytest

from jobs.ingest.record_readers import read_records
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord
from tests.document_builders import simple_epub
from tests.jobs.ingest.mutated_files import MAKERS, damaged
from udfs.extraction.document_reading import extract

SETTINGS = IngestSettings(max_document_megabytes=1)


def read(content: bytes) -> list[SourceRecord]:
    return list(read_records(io.BytesIO(content), len(content), SETTINGS))


def assert_all_counted(kind: str, seed: int) -> None:
    made = MAKERS[kind](seed)
    records = read(made.content)
    kept = {record.content for record in records if record.status == "ok"}
    assert made.untouched <= kept, f"{kind} {seed}: {made.untouched - kept} lost"
    assert made.least <= len(records) <= made.most, f"{kind} {seed}: {len(records)} rows"
    assert all(record.detail for record in records if record.status != "ok")


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.timeout(60)
def test_each_record_is_counted(kind: str) -> None:
    for seed in range(60):
        assert_all_counted(kind, seed)


@pytest.mark.slow
@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.timeout(300)
def test_each_record_of_two_thousand_files_is_counted(kind: str) -> None:
    for seed in range(1000, 3000):
        assert_all_counted(kind, seed)


def assert_book_is_counted(seed: int) -> None:
    random = Random(seed)
    texts = [f"Chapter {number}. " + "The ferry leaves at six. " * 30 for number in range(5)]
    book = simple_epub(*(f"<p>{text}</p>" for text in texts))
    content = (
        damaged(random, book) if random.random() < 0.8 else book[: random.randrange(len(book))]
    )
    (record,) = read(content)
    extraction = extract(record.content) if record.status == "ok" else None
    status = record.status if extraction is None else extraction.status
    assert status in {"ok", "malformed", "unsupported", "too_big", "encrypted", "empty"}
    if extraction is not None and status != "ok":
        assert extraction.detail


def test_each_book_has_one_status() -> None:
    for seed in range(60):
        assert_book_is_counted(seed)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_each_of_two_thousand_books_has_one_status() -> None:
    for seed in range(1000, 3000):
        assert_book_is_counted(seed)

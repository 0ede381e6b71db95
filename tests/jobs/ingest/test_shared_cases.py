"""The small inputs of the shared folder that went wrong once, as its expected.txt wants them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from jobs.ingest.record_readers import read_records
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord

pytestmark = pytest.mark.real_data


@pytest.fixture
def cases(shared_data: Path) -> Path:
    folder = shared_data.parent / "cases"
    if not folder.is_dir():
        pytest.skip(f"no cases at {folder}")
    return folder


def read(path: Path) -> list[SourceRecord]:
    content = path.read_bytes()
    return list(read_records(io.BytesIO(content), len(content), IngestSettings()))


def statuses(records: list[SourceRecord]) -> list[str]:
    return [record.status for record in records]


def test_jsonl_first_record_over_64k(cases: Path) -> None:
    records = read(cases / "jsonl_first_record_over_64k/books.jsonl")
    assert [record.source_id for record in records] == ["book0", "book1", "book2", "book3"]
    assert [record.url for record in records] == [f"https://books.example/{n}" for n in range(4)]
    assert not any(record.content.startswith(b"{") for record in records)


def test_jsonl_one_line_bom(cases: Path) -> None:
    (record,) = read(cases / "jsonl_one_line_bom/bom.jsonl")
    assert (record.source_id, record.content) == ("a", b"One line with a BOM in front of it.")


@pytest.mark.parametrize("name", ["cp1252", "utf16"])
def test_jsonl_other_charsets(cases: Path, name: str) -> None:
    records = read(cases / f"jsonl_other_charsets/{name}.jsonl")
    assert len(records) > 1
    assert records[0].content.decode() == "café au lait"
    assert set(statuses(records)) == {"ok"}


def test_json_array(cases: Path) -> None:
    records = read(cases / "json_array/array.json")
    assert [record.source_id for record in records] == ["a0", "a1", "a2", "a3"]
    assert statuses(records) == ["ok"] * 4


def test_zstd_long_window(cases: Path) -> None:
    (record,) = read(cases / "zstd_long_window/long31.jsonl.zst")
    assert record.status == "unsupported"
    assert "zstd -d --long=31" in record.detail


def test_warc_assets(cases: Path) -> None:
    records = read(cases / "warc_assets/assets.warc")
    assert statuses(records) == ["unsupported"] * 4
    assert all("Content-Type" in record.detail for record in records)


def test_warc_bad_chunk_or_long_header(cases: Path) -> None:
    records = read(cases / "warc_bad_chunk_or_long_header/five.warc.gz")
    assert len(records) == 5
    assert statuses(records).count("ok") >= 4


@pytest.mark.parametrize("name", ["cut.warc", "cut.warc.gz"])
def test_warc_cut_last_record_is_ok(cases: Path, name: str) -> None:
    records = read(cases / "warc_cut_last_record_is_ok" / name)
    assert statuses(records) == ["ok", "malformed"]
    assert "the file ends inside this record" in records[1].detail
    assert records[1].url


def test_warc_header_says_chunked(cases: Path) -> None:
    records = read(cases / "warc_header_says_chunked/crawl.warc")
    assert [(record.url or "")[-2:] for record in records] == ["p1", "p2", "p3", "p4"]
    assert statuses(records) == ["ok"] * 4


def test_warc_lf_http_headers(cases: Path) -> None:
    (record,) = read(cases / "warc_lf_http_headers/lf.warc")
    assert b"The ferry leaves at six in the morning" in record.content


def test_warc_other_encodings(cases: Path) -> None:
    records = read(cases / "warc_other_encodings/enc.warc")
    assert [(record.url or "")[-2:] for record in records] == ["q0", "q1", "q2", "q3", "q4"]
    assert all(b"The ferry leaves at six in the morning" in record.content for record in records)

"""JSON in any shape and charset is read as records, never taken for prose."""

import codecs
import gzip
import io
import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.ingest import json_records
from jobs.ingest.record_readers import read_records
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord

ROWS = [{"id": f"r{number}", "text": f"Café number {number}"} for number in range(3)]


def read(content: bytes) -> list[SourceRecord]:
    return list(read_records(io.BytesIO(content), len(content), IngestSettings()))


def lines(rows: list[dict[str, str]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def texts(records: list[SourceRecord]) -> list[tuple[str, str | None, str]]:
    return [(record.status, record.source_id, record.content.decode()) for record in records]


WANTED = [("ok", row["id"], row["text"]) for row in ROWS]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "cp1252"],
)
def test_lines_in_any_charset(encoding: str, count: int) -> None:
    assert texts(read(lines(ROWS[:count]).encode(encoding))) == WANTED[:count]


def test_lines_in_utf_16_of_the_other_byte_order_with_its_mark() -> None:
    assert texts(read(codecs.BOM_UTF16_BE + lines(ROWS).encode("utf-16-be"))) == WANTED


@pytest.mark.parametrize("pack", [bytes, gzip.compress, pa.Codec("zstd").compress])
def test_a_first_record_longer_than_what_is_looked_at(pack: object) -> None:
    rows = [{"id": "long", "text": "word " * 40_000}, *ROWS]
    found = read(bytes(pack(lines(rows).encode())))  # type: ignore[operator]
    assert [record.source_id for record in found] == ["long", "r0", "r1", "r2"]
    assert {record.status for record in found} == {"ok"}


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_as_many_records_as_it_has_elements(indent: int | None) -> None:
    assert texts(read(json.dumps(ROWS, indent=indent).encode())) == WANTED


def test_what_is_no_object_in_an_array_is_one_row() -> None:
    found = read(json.dumps([ROWS[0], 7, ROWS[1]]).encode())
    assert [record.status for record in found] == ["ok", "malformed", "ok"]


def test_a_torn_array_is_one_malformed_row() -> None:
    (found,) = read(json.dumps(ROWS).encode()[:-10])
    assert found.status == "malformed"


def test_an_array_above_the_limit_says_what_to_give_instead() -> None:
    content = json.dumps([{"text": "x" * (1 << 20)}] * 2).encode()
    settings_ = IngestSettings(max_document_megabytes=1)
    (found,) = read_records(io.BytesIO(content), len(content), settings_)
    assert found.status == "too_big"
    assert "give JSON lines" in found.detail


@pytest.mark.parametrize(
    "text", ["[1] See the note below.\n", "{curly} words", "[link](https://a.example)"]
)
def test_prose_that_begins_with_a_bracket_stays_one_document(text: str) -> None:
    (found,) = read(text.encode())
    assert (found.status, found.content) == ("ok", text.encode())


def test_empty_objects_by_the_thousand_end_in_one_row_of_quarantine() -> None:
    found = read(gzip.compress(b"{}\n" * 200_000))
    assert len(found) < 10_010
    assert "empty objects in a row" in found[-1].detail


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=5),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_every_line_is_one_record_with_its_text(values: list[str], encoding: str) -> None:
    content = lines([{"text": value} for value in values]).encode(encoding)
    assert [record.content.decode() for record in read(content)] == values


def test_a_damaged_member_of_many_costs_its_lines() -> None:
    members = [gzip.compress(lines([row]).encode()) for row in ROWS]
    members[1] = members[1][:20] + b"\xff" * 6 + members[1][26:]
    found = read(b"".join(members))
    assert [record.status for record in found] == ["ok", "malformed", "ok"]
    assert f"gzip member at byte {len(members[0])}" in found[1].detail


def test_a_line_that_a_damage_tears_is_told_once() -> None:
    text = lines([{"text": "the ferry leaves at six " * 5000}] * 3).encode()
    members = [gzip.compress(text[place : place + 90_000]) for place in range(0, len(text), 90_000)]
    members[1] = members[1][:-8] + b"\xff" * 8  # known when most of it was read
    found = read(b"".join(members))
    assert [record.status for record in found] == ["ok", "malformed", "ok"]
    assert found[1].detail.startswith("line 2: gzip member at byte")


def test_a_packed_file_that_is_cut_keeps_its_whole_lines() -> None:
    content = gzip.compress(
        lines([{"id": str(n), "text": f"{n} " * 900} for n in range(90)]).encode()
    )
    found = read(content[:-30])
    assert {record.status for record in found[:-1]} == {"ok"}
    assert found[-1].status == "malformed"
    assert "the file ends inside it" in found[-1].detail


def test_a_line_that_is_torn_and_alone_is_no_prose() -> None:
    (found,) = read(b'{"id": 1, "text": "The ferry leaves at')
    assert (found.status, found.detail) == ("malformed", "line 1 is no JSON object")


def test_brackets_without_end_are_one_malformed_row() -> None:
    assert [record.status for record in read(b'[{"a": ' + b"[" * 200_000)] == ["malformed"]


def test_a_small_file_of_millions_of_broken_lines_is_no_million_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_records, "_MOST_LOST_LINES", 50)
    found = read(gzip.compress(b'{"text": "one"}\n' + b"x\n" * 5000))
    assert len(found) == 52
    assert "51 lines in a row are no objects, up to line 52" in found[-1].detail


def test_the_place_of_a_record_is_its_line_or_element() -> None:
    blank = lines(ROWS[:1]) + "\n" + lines(ROWS[1:])
    assert [one.place for one in read(blank.encode())] == ["line 1", "line 3", "line 4"]
    array = json.dumps(ROWS).encode()
    assert [one.place for one in read(array)] == ["element 1", "element 2", "element 3"]

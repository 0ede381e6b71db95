"""Rows of Parquet whose values Python cannot hold keep the rest of the row."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.ingest.record_readers import read_records
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord
from tests.peak_memory import growth_mib


def read(table: pa.Table, **options: object) -> list[SourceRecord]:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return read_bytes(sink.getvalue())


def read_bytes(content: bytes) -> list[SourceRecord]:
    return list(read_records(io.BytesIO(content), len(content), IngestSettings()))


def test_a_date_beyond_python_s_years_is_null_and_its_row_stays() -> None:
    dates = pa.array([0, 10**15, None], pa.timestamp("ms"))
    found = read(pa.table({"text": ["a", "b", "c"], "date": dates}))
    assert [(one.status, one.content) for one in found] == [
        ("ok", b"a"),
        ("ok", b"b"),
        ("ok", b"c"),
    ]
    assert [one.fetched_at for one in found] == ["1970-01-01 00:00:00", None, None]


def test_a_time_zone_that_nobody_knows_leaves_the_text() -> None:
    dates = pa.array([0], pa.timestamp("us", "Nowhere/Atlantis"))
    (found,) = read(pa.table({"text": ["a"], "date": dates}))
    assert (found.status, found.content, found.fetched_at) == ("ok", b"a", None)


def test_rows_small_on_disk_are_read_a_few_at_a_time() -> None:
    table = pa.table({"text": ["x" * (4 << 20)] * 200})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", use_dictionary=False)
    content = sink.getvalue()
    del table

    def count() -> None:
        rows = read_records(io.BytesIO(content), len(content), IngestSettings())
        assert sum(1 for _ in rows) == 200

    assert len(content) < 1 << 20
    assert growth_mib(count) < 400


def table_of_groups(count: int = 6) -> bytes:
    sink = io.BytesIO()
    columns = {"id": list(range(count)), "text": [f"text {n} " * 400 for n in range(count)]}
    pq.write_table(
        pa.table(columns), sink, row_group_size=2, compression="zstd", use_dictionary=False,
        write_page_checksum=True,
    )  # fmt: skip
    return sink.getvalue()


@pytest.mark.parametrize("column", [0, 1])
def test_a_damaged_page_costs_the_rows_of_its_group(column: int) -> None:
    content = bytearray(table_of_groups())
    chunk = pq.ParquetFile(io.BytesIO(bytes(content))).metadata.row_group(1).column(column)
    end = chunk.data_page_offset + chunk.total_compressed_size
    content[end - 8 : end] = b"\xff" * 8
    found = read_bytes(bytes(content))
    assert len(found) == 6
    if column == 0:  # of the ids: the texts are whole
        assert [record.source_id for record in found] == ["0", "1", None, None, "4", "5"]
        assert {record.status for record in found} == {"ok"}
    else:
        assert [record.source_id for record in found] == ["0", "1", "2", "3", "4", "5"]
        assert [record.status == "ok" for record in found] == [True, True, False, False, True, True]
        assert all("row group 2 is damaged" in record.detail for record in found[2:4])

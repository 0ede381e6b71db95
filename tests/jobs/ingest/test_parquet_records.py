"""Rows of Parquet whose values Python cannot hold keep the rest of the row."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.ingest.record_readers import read_records
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_record import SourceRecord
from tests.peak_memory import growth_mib


def read(table: pa.Table, **options: object) -> list[SourceRecord]:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    content = sink.getvalue()
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

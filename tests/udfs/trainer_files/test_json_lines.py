"""JSON lines hold what the Parquet held, and the same rows give the same bytes."""

import datetime
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from udfs.trainer_files.json_lines import json_line, write_json_lines


def written(table: pa.Table) -> tuple[int, bytes]:
    source, target = io.BytesIO(), pa.BufferOutputStream()
    pq.write_table(table, source)
    rows = write_json_lines(pq.ParquetFile(source), target)
    return rows, target.getvalue().to_pybytes()


def read(data: bytes) -> list[dict[str, object]]:
    with pa.CompressedInputStream(pa.py_buffer(data), "zstd") as stream:
        return [json.loads(line) for line in stream.read().decode("utf-8").splitlines()]


def test_every_row_is_read_back() -> None:
    texts = ["plain", "中文 \u2028 separator", 'line\nfeed "quoted" \\ \x00', "", "𝔘"] * 700
    table = pa.table({"id": range(len(texts)), "text": texts, "url": ["u"] * len(texts)})
    rows, data = written(table)
    assert rows == len(texts)
    assert data == written(table)[1]
    with pa.CompressedInputStream(pa.py_buffer(data), "zstd") as stream:
        lines = stream.read().decode("utf-8").split("\n")[:-1]  # U+2028 ends no line of JSON lines
    assert [json.loads(line) for line in lines] == table.to_pylist()


def test_nulls_are_left_out_and_times_are_text() -> None:
    table = pa.table({"a": [None, 1], "t": [datetime.datetime(2026, 3, 1, 12), None]})
    assert read(written(table)[1]) == [{"t": "2026-03-01T12:00:00"}, {"a": 1}]


def test_no_rows_give_an_empty_stream() -> None:
    assert written(pa.table({"a": pa.array([], pa.int64())}))[0] == 0


def test_bytes_are_refused() -> None:
    with pytest.raises(TypeError, match="bytes has no form in JSON"):
        json_line({"content": b"raw"})

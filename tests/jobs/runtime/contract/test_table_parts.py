"""A table in parts: the ids that Spark gives, bounded sizes, files that differ as files of tables do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.runtime.contract import table_parts
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.table_parts import (
    PART_BYTES,
    TablePart,
    each_part,
    read_parts,
    write_part,
)
from jobs.runtime.contract.user_tables import ROW_ID, open_user_table
from jobs.runtime.spark.parquet_frames import arrow_schema

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def refused() -> SparkSession:
    raise AssertionError("Spark was asked")


def write_table(folder: Path, files: dict[str, dict[str, Any]], rows: int = 3) -> list[str]:
    for name, columns in files.items():
        pq.write_table(pa.table(columns), folder / name, row_group_size=rows)
    return sorted(str(folder / name) for name in files)


def parts_of(paths: list[str], columns: list[str], most: int = PART_BYTES) -> list[TablePart]:
    schema = arrow_schema(paths)
    assert schema is not None
    return list(read_parts(paths, schema, columns, most))


@pytest.mark.spark
def test_rows_have_the_ids_that_spark_gives_them(spark: SparkSession, tmp_path: Path) -> None:
    # Names whose order changes where Spark escapes them.
    names = ["a b.parquet", "a%20.parquet", "aé.parquet", "a~.parquet", "a[1].parquet"]
    files = {
        name: {"id": [f"{name}{row}" for row in range(7)], "text": ["x"] * 7} for name in names
    }
    paths = write_table(tmp_path, files)
    table = open_user_table(refused, str(tmp_path), None, None)
    rows = {row["id"]: row[ROW_ID] for row in table.read(spark).collect()}
    (part,) = parts_of(paths, ["id"])
    assert dict(zip(part.rows.column("id").to_pylist(), part.ids.tolist(), strict=True)) == rows
    assert len(rows) == 35


def test_parts_are_bounded_by_bytes_and_keep_the_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [str(number) * 1000 for number in range(100, 160)]
    paths = write_table(tmp_path, {"0.parquet": {"text": texts}, "1.parquet": {"text": texts}}, 50)
    monkeypatch.setattr(table_parts, "_BATCH_BYTES", 9_000)
    parts = parts_of(paths, ["text"], 20_000)
    assert [part.number for part in parts] == list(range(len(parts)))
    assert 10 < len(parts) <= 20
    assert max(part.rows.nbytes for part in parts) < 30_000
    assert [text for part in parts for text in part.rows.column(0).to_pylist()] == texts * 2
    ids = np.concatenate([part.ids for part in parts])
    assert ids.tolist() == [*range(60), *range(1 << 25, (1 << 25) + 60)]


def test_files_that_lack_a_column_have_nulls_there(tmp_path: Path) -> None:
    files: dict[str, dict[str, Any]] = {
        "a.parquet": {"id": [1, 2]},
        "b.parquet": {"note": pa.array(["x"], pa.large_string()), "id": [3]},
        "c.parquet": {"id": pa.array([], pa.int64())},
    }
    (part,) = parts_of(write_table(tmp_path, files), ["note", "id"])
    assert part.rows.to_pydict() == {"note": [None, None, "x"], "id": [1, 2, 3]}
    assert part.rows.schema.field("note").type == pa.string()


def test_a_table_without_rows_is_one_part(tmp_path: Path) -> None:
    paths = write_table(tmp_path, {"a.parquet": {"id": pa.array([], pa.int64())}})
    (part,) = parts_of(paths, ["id"])
    assert (len(part.ids), part.rows.schema.names) == (0, ["id"])
    write_part(str(tmp_path), part.number, part.rows)
    assert pq.read_table(tmp_path / "part-00000.parquet").schema.names == ["id"]
    write_part(str(tmp_path), 1, part.rows)
    assert not (tmp_path / "part-00001.parquet").exists()


def test_what_is_written_is_nullable_zstd_without_words_of_arrow(tmp_path: Path) -> None:
    field = pa.field("id", pa.int64(), nullable=False, metadata={"a": "b"})
    rows = pa.table([[1, 2], ["x", "y"]], schema=pa.schema([field, ("text", pa.large_string())]))
    write_part(str(tmp_path), 0, rows, plain=["text"])
    file = pq.ParquetFile(tmp_path / "part-00000.parquet")
    assert file.schema_arrow == pa.schema([("id", pa.int64()), ("text", pa.string())])
    columns = [file.metadata.row_group(0).column(place) for place in range(2)]
    assert {column.compression for column in columns} == {"ZSTD"}
    assert [column.has_dictionary_page for column in columns] == [True, False]


@pytest.mark.parametrize(("small", "most"), [(1 << 20, 1), (1_000, 20_000)])
def test_threads_share_a_small_table_and_count_what_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int, most: int
) -> None:
    texts = [str(number) * 1000 for number in range(100, 160)]
    paths = write_table(tmp_path, {"0.parquet": {"text": texts}}, 50)
    monkeypatch.setattr(table_parts, "_SMALL_PART_BYTES", small)
    monkeypatch.setattr(table_parts, "_BATCH_BYTES", 9_000)
    seen: list[TablePart] = []
    tasks = OwnTasks(2)
    schema = arrow_schema(paths)
    assert schema is not None
    each_part(tasks, paths, schema, ["text"], seen.append)
    ordered = sorted(seen, key=lambda part: part.number)
    assert [text for part in ordered for text in part.rows.column(0).to_pylist()] == texts
    assert len(seen) == 1 if most == 1 else len(seen) > 4
    assert tasks.count()[0] == len(seen)

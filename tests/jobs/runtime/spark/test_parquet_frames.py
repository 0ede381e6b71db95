"""Opening Parquet: the same schema and rows as Spark finds, without its job."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from py4j.protocol import Py4JJavaError
from pyspark.sql.pandas.types import from_arrow_schema

from jobs.runtime.spark.parquet_frames import (
    arrow_schema,
    document_session,
    footer_schema,
    largest_row_group,
    read_parquet,
    unreadable_columns,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

COLUMNS: dict[str, Any] = {
    "number": pa.array([1, None], pa.int64()),
    "small": pa.array([1, 2], pa.int32()),
    "share": pa.array([0.5, None]),
    "text": ["a", None],
    "bytes": [b"\x00", None],
    "keys": pa.array([[1, 2], None], pa.list_(pa.int64())),
    "yes": [True, False],
}


def write(folder: Path, **more: Any) -> str:
    path = folder / "a [b] {c}.parquet"  # characters that Spark takes for a pattern
    pq.write_table(pa.table({**COLUMNS, **more}), path)
    return str(path)


@pytest.mark.spark
def test_plain_columns_are_read_as_spark_reads_them(spark: SparkSession, tmp_path: Path) -> None:
    path = write(tmp_path)
    assert footer_schema(path) == spark.read.parquet(str(tmp_path)).schema
    frame = read_parquet(spark, [path])
    assert frame.schema == footer_schema(path)
    assert frame.collect() == spark.read.parquet(str(tmp_path)).collect()


@pytest.mark.spark
@pytest.mark.parametrize(
    "column",
    [
        pa.array([datetime.datetime(2026, 1, 2), None]),
        pa.array([1, 2], pa.uint32()),
        pa.array(["a", "a"]).dictionary_encode(),
    ],
)
def test_other_columns_are_left_to_spark(
    spark: SparkSession, tmp_path: Path, column: pa.Array
) -> None:
    path = write(tmp_path, other=column)
    assert footer_schema(path) is None
    assert read_parquet(spark, [path]).schema == spark.read.parquet(str(tmp_path)).schema


@pytest.mark.spark
def test_what_spark_wrote_keeps_its_schema(spark: SparkSession, tmp_path: Path) -> None:
    rows = "timestamp'2026-01-02' as t, named_struct('d', cast(1 as decimal(9, 2))) as s"
    spark.sql(f"select {rows}").write.parquet(str(tmp_path / "written"))
    (path,) = (tmp_path / "written").glob("*.parquet")
    expected = spark.read.parquet(str(tmp_path / "written"))
    assert read_parquet(spark, [str(path)]).schema == expected.schema
    assert read_parquet(spark, [str(path)]).collect() == expected.collect()


@pytest.mark.spark
def test_times_that_spark_wrote_are_no_nanoseconds(spark: SparkSession, tmp_path: Path) -> None:
    spark.sql("select timestamp'2026-01-02' as t").write.parquet(str(tmp_path / "written"))
    (path,) = (tmp_path / "written").glob("*.parquet")
    assert pq.read_schema(path).field("t").type == pa.timestamp("us", "UTC")
    assert unreadable_columns([str(path)]) == []


@pytest.mark.spark
def test_a_damaged_file_is_sparks_to_complain_about(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "cut.parquet"
    path.write_bytes(Path(write(tmp_path)).read_bytes()[:-9])
    with pytest.raises(Py4JJavaError, match=r"cut\.parquet"):
        read_parquet(spark, [str(path)])


@pytest.mark.spark
def test_what_is_read_row_by_row_joins_what_is_read_in_batches(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = write(tmp_path)
    by_rows = read_parquet(spark, [path], carries_documents=True)
    by_columns = read_parquet(spark, [path])
    assert by_rows.collect() == by_columns.collect()
    kept = by_columns.select(by_columns["number"].alias("kept")).dropna()

    both = by_rows.join(kept, by_rows["number"] == kept["kept"])
    assert [row["text"] for row in both.collect()] == ["a"]


@pytest.mark.spark
def test_the_session_of_documents_keeps_what_was_set_on_this_one(spark: SparkSession) -> None:
    spark.conf.set("corpusmill.mark", "kept")
    document_session.cache_clear()
    assert document_session(spark).conf.get("corpusmill.mark") == "kept"
    assert document_session(spark).conf.get("spark.sql.parquet.columnarReaderBatchSize") == "1"
    assert spark.conf.get("spark.sql.parquet.columnarReaderBatchSize") == "4096"


def test_the_largest_row_group_is_counted_unpacked(tmp_path: Path) -> None:
    zeros = pa.table({"a": [bytes([number]) * 100_000 for number in range(30)]})
    small, large = str(tmp_path / "s.parquet"), str(tmp_path / "l.parquet")
    pq.write_table(zeros.slice(0, 1), small)
    pq.write_table(zeros, large, row_group_size=10, compression="zstd", use_dictionary=False)
    assert largest_row_group([]) == 0
    assert 1_000_000 <= largest_row_group([small, large]) < 1_100_000
    assert Path(large).stat().st_size < 100_000


@pytest.mark.spark
def test_columns_that_arrow_tells_are_those_of_spark(spark: SparkSession, tmp_path: Path) -> None:
    more = {
        "day": pa.array([datetime.date(2026, 1, 2), None]),
        "tiny": pa.array([1, None], pa.int8()),
        "wide": pa.array(["a", "b"], pa.large_string()),
        "kind": pa.array(["a", "a"]).dictionary_encode(),
        "facts": [{"n": 1, "names": ["a"]}, None],
    }
    paths = [write(tmp_path, **more)]
    pq.write_table(pa.table({"share": [0.5], "late": ["x"]}), tmp_path / "b.parquet")
    paths.append(str(tmp_path / "b.parquet"))
    schema = arrow_schema(paths)
    assert schema is not None
    found = from_arrow_schema(schema)
    assert found == spark.read.option("mergeSchema", True).parquet(str(tmp_path)).schema


@pytest.mark.parametrize(
    "columns",
    [
        [{"a": pa.array([1], pa.uint32())}],
        [{"a": pa.array([1], pa.timestamp("us"))}],
        [{"a": pa.array([1], pa.timestamp("ns"))}],
        [{"a": pa.array([1], pa.decimal128(9, 2))}],
        [{"a": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64()))}],
        [{"a": pa.array([[1]], pa.list_(pa.uint8()))}],
        [{"a": [1], "A": [2]}],
        [{"a": [1]}, {"A": [2]}],
        [{"a": [1]}, {"a": ["one"]}],
        [{"a": [1]}, {"a": pa.array([1], pa.int32())}],
    ],
)
def test_columns_that_spark_might_read_otherwise_are_left_to_it(
    tmp_path: Path, columns: list[dict[str, Any]]
) -> None:
    for number, given in enumerate(columns):
        pq.write_table(pa.table(given), tmp_path / f"{number}.parquet")
    assert arrow_schema(sorted(map(str, tmp_path.iterdir()))) is None


def test_a_file_without_a_footer_is_left_to_spark(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    assert arrow_schema([str(tmp_path / "a.parquet")]) is None

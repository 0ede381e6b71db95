"""Row groups are bounded by bytes, whoever writes them: a text is not far behind its group's first."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.runtime.contract.driver_tables import table_chunk, write_batches
from jobs.runtime.contract.stage import parquet_chunk
from jobs.runtime.contract.table_parts import write_part
from jobs.runtime.spark.row_groups import (
    COLUMN_BYTES,
    GROUP_BYTES,
    row_group_bytes,
    row_group_rows,
)

ROWS, LENGTH = 4_000, 6_000
SCHEMA = pa.schema([("id", pa.int64()), ("text", pa.string())])


def texts() -> pa.Table:
    """24 MB of texts, of which none is like another."""
    draw = np.random.default_rng(5)
    drawn = draw.integers(97, 123, (ROWS, LENGTH), np.uint8)
    return pa.table({"id": range(ROWS), "text": [row.tobytes().decode() for row in drawn]})


def sizes(folder: Path) -> list[int]:
    """Unpacked bytes of all row groups of the one file in a folder."""
    (path,) = folder.glob("*.parquet")
    with pq.ParquetFile(path) as file:
        assert file.read().column("id").to_pylist() == [*range(ROWS)]
        groups = map(file.metadata.row_group, range(file.num_row_groups))
        return [group.total_byte_size for group in groups]


@pytest.mark.parametrize(
    "write",
    [
        lambda folder: table_chunk(texts)(folder),
        lambda folder: write_part(folder, 0, texts()),
        lambda folder: write_batches(folder, 0, SCHEMA, texts().to_batches(max_chunksize=256)),
    ],
    ids=["table", "part", "batches"],
)
def test_our_own_writers_cut_texts_into_row_groups_of_equal_size(
    write: Callable[[str], None], tmp_path: Path
) -> None:
    write(str(tmp_path))
    found = sizes(tmp_path)
    assert len(found) in (5, 6)
    assert max(found) < 1.4 * GROUP_BYTES
    assert min(found[:-1]) > 0.5 * GROUP_BYTES  # batches leave a rest


def test_batches_larger_than_a_row_group_are_cut(tmp_path: Path) -> None:
    write_batches(str(tmp_path), 0, SCHEMA, texts().to_batches())
    assert max(sizes(tmp_path)) < 1.1 * GROUP_BYTES


@pytest.mark.spark
def test_spark_cuts_them_likewise(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "texts.parquet")
    pq.write_table(texts(), path)
    parquet_chunk(lambda: spark.read.parquet(path).coalesce(1))(str(tmp_path / "out"))
    found = sizes(tmp_path / "out")
    assert max(found) < 2 * GROUP_BYTES
    assert sorted(found)[len(found) // 2] > GROUP_BYTES // 4


def test_many_columns_make_larger_groups() -> None:
    signals = pa.struct([(f"s{n}", pa.float64()) for n in range(150)])
    plain = [("id", pa.int64()), ("text", pa.string())]
    assert row_group_bytes(pa.schema(plain)) == GROUP_BYTES
    assert row_group_bytes(pa.schema([*plain, ("signals", signals)])) == 152 * COLUMN_BYTES
    lists = pa.list_(pa.struct([("a", pa.int8()), ("b", pa.map_(pa.string(), pa.int8()))]))
    assert row_group_bytes(pa.schema([("x", lists), ("y", signals)])) == 153 * COLUMN_BYTES


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_a_group_has_at_least_one_row(rows: int) -> None:
    huge = pa.table({"text": ["x" * (3 * GROUP_BYTES)] * rows})
    assert row_group_rows(huge) == 1

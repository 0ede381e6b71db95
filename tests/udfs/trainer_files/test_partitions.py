from __future__ import annotations

import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.trainer_files.partitions import partitioned

ROWS = pa.record_batch(
    {
        "id": [1, 2, 3, 4],
        "language": ["zh", "en", None, "zh"],
        "year": [2024, 2025, 2024, 2024],
        "metadata": ['{"board": "a/b=c"}', '{"board": 7}', None, '{"board": "灯 下"}'],
    }
)


def paths(*names: str) -> dict[str, list[int]]:
    return {path: part.column("id").to_pylist() for path, part in partitioned(ROWS, names)}


def test_rows_go_by_the_value_of_a_column_in_their_order_and_null_has_a_name() -> None:
    assert paths("language") == {
        "language=zh": [1, 4],
        "language=en": [2],
        "language=__HIVE_DEFAULT_PARTITION__": [3],
    }


def test_several_columns_are_folders_in_folders() -> None:
    assert set(paths("language", "year")) == {
        "language=zh/year=2024",
        "language=en/year=2025",
        "language=__HIVE_DEFAULT_PARTITION__/year=2024",
    }


def test_a_field_of_metadata_is_escaped_and_stays_in_metadata() -> None:
    assert paths("board") == {
        "board=a%2Fb%3Dc": [1],
        "board=7": [2],
        "board=__HIVE_DEFAULT_PARTITION__": [3],
        "board=%E7%81%AF %E4%B8%8B": [4],
    }
    assert all("metadata" in part.schema.names for _, part in partitioned(ROWS, ["board"]))


def test_the_rows_lack_what_their_path_says() -> None:
    assert all("language" not in part.schema.names for _, part in partitioned(ROWS, ["language"]))


def test_a_column_that_no_path_can_hold_is_refused() -> None:
    rows = pa.record_batch({"tags": [["a"]]})
    with pytest.raises(ValueError, match=r"tags is list.*: a path can hold texts and numbers"):
        list(partitioned(rows, ["tags"]))
    with pytest.raises(ValueError, match="no column year: there are tags"):
        list(partitioned(rows, ["year"]))


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1)))
def test_arrow_reads_the_values_back_from_the_paths(values: list[str | None]) -> None:
    rows = pa.record_batch({"id": range(len(values)), "name": pa.array(values, pa.string())})
    partitioning = ds.HivePartitioning(pa.schema([("name", pa.string())]))
    seen = 0
    for path, part in partitioned(rows, ["name"]):
        expression = partitioning.parse(f"{path}/part-0.parquet")
        names = ds.get_partition_keys(expression)
        assert {values[row] for row in part.column("id").to_pylist()} == {names.get("name")}
        seen += len(part)
    assert seen == len(values)

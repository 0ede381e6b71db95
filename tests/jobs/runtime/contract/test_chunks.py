"""Chunks: cut by bytes, named by what they are made of, there only when all their files are."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.runtime.contract.chunks import (
    GIGABYTE,
    RECORD_NAME,
    Division,
    by_bytes,
    chunk_names,
    finish_chunk,
    finished_chunks,
)

DIVISION = Division("sources", ["a", "b"])
INPUTS = {"sources": "all", "model": "m"}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 20), max_size=12), st.integers(1, 30))
def test_groups_are_consecutive_and_bounded(sizes: list[int], limit: int) -> None:
    groups = by_bytes(sizes, lambda size: size, limit / GIGABYTE)
    assert [size for group in groups for size in group] == sizes
    assert all(sum(group) <= limit or len(group) == 1 for group in groups)


@pytest.mark.parametrize(
    ("inputs", "configuration", "code"),
    [
        ({**INPUTS, "model": "n"}, {"set": 1}, "code"),
        (INPUTS, {"set": 2}, "code"),
        (INPUTS, {"set": 1}, "other"),
    ],
)
def test_a_name_changes_with_all_that_a_chunk_is_made_from(
    inputs: dict[str, str], configuration: dict[str, int], code: str
) -> None:
    names = chunk_names(DIVISION, INPUTS, {"set": 1}, "code")
    assert len(set(names)) == 2
    assert set(names).isdisjoint(chunk_names(DIVISION, inputs, configuration, code))


def test_a_name_does_not_change_with_the_other_chunks() -> None:
    names = chunk_names(DIVISION, INPUTS, {}, "code")
    more = Division("sources", ["b", "c", "a"])
    assert set(names) < set(chunk_names(more, {**INPUTS, "sources": "more"}, {}, "code"))


def test_a_chunk_is_there_when_its_record_is_and_all_of_its_files(tmp_path: Path) -> None:
    for name in ("chunk-a", "chunk-b", "chunk-c", "chunk-d"):
        (tmp_path / name).mkdir()
        pq.write_table(pa.table({"id": [1, 2, 3]}), tmp_path / name / "part.parquet")
    records = {
        name: finish_chunk(str(tmp_path), name, 7.5) for name in ("chunk-a", "chunk-b", "chunk-c")
    }
    (file,) = records["chunk-a"].files
    assert (file.path, file.rows) == ("chunk-a/part.parquet", 3)
    (tmp_path / "chunk-b" / "part.parquet").write_bytes(b"PAR1")
    (tmp_path / "chunk-c" / RECORD_NAME).write_text("{")
    names = [*records, "chunk-d", "chunk-none"]
    assert finished_chunks(str(tmp_path), names) == {"chunk-a": records["chunk-a"]}

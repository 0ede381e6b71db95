"""The bench of the command: results compared by their rows, costs by each figure's median."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.dedup.command import median, result
from bench.measuring import Cost


def write_result(output: Path, ids: list[list[int]], **field: bool) -> dict[str, pa.Table]:
    schema = pa.schema([pa.field("id", pa.int64(), **field)], metadata={"by": str(len(ids))})
    for name in ("duplicates", "corpus"):
        (output / name).mkdir(parents=True)
        for number, part in enumerate(ids):
            pq.write_table(pa.table([part], schema=schema), output / name / f"{number}.parquet")
    return result(output)


def test_results_are_compared_by_their_rows(tmp_path: Path) -> None:
    one = write_result(tmp_path / "a", [[3, 1], [2]])
    other = write_result(tmp_path / "b", [[1, 2, 3]], nullable=False)
    less = write_result(tmp_path / "c", [[1, 2]])
    assert all(one[name].equals(other[name]) for name in one)
    assert not any(one[name].equals(less[name]) for name in one)


def test_each_figure_has_its_own_median() -> None:
    costs = [Cost(1.0, 30.0, 5.0), Cost(2.0, 10.0, 9.0), Cost(9.0, 20.0, 7.0)]
    assert median(costs) == Cost(2.0, 20.0, 7.0)

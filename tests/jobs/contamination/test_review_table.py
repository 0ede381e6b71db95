from __future__ import annotations

from pathlib import Path

from jobs.contamination.review_table import read_marks, write_table


def test_marks_are_of_the_items_as_their_benchmark_names_them(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    names = ["-1", "=1+1", "'=1", "'tis", "plain"]
    rows = [{"mark": "true", "benchmark": "b", "item": name, "key": "+k"} for name in names]
    assert write_table(str(path), rows) == len(names)
    assert "true,b,'-1,'+k" in path.read_text("utf-8")  # no formula for a spreadsheet
    marks = read_marks(str(path))
    assert [(mark.item, mark.key) for mark in marks] == [(name, "+k") for name in names]

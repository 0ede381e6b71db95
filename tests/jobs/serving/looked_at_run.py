"""A small run with whatever a page could stumble over: markup, scripts, reordering marks, a line of 5 MB."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.jobs.finished_run import make_finished_run

LONG_LINE = "<b>no end</b> " * 360_000  # 5 MB without a line break
TITLE = "<script>document.title = 'taken'</script>\u202eoj\u202c"
HOSTILE, LONG, CLEANED = 65 << 25, 100 << 25, 101 << 25
BEFORE = "Kept line.\nCookie banner\nThe end  of it.\n"
AFTER = "Kept line.\nThe end of it.\n"


def make_run(folder: Path) -> Path:
    """Write a run below ``folder``, which must not exist yet, and return it."""
    make_finished_run(folder)
    _change(folder / "annotated", LONG, text=LONG_LINE)
    _change(folder / "extracted", LONG, text=LONG_LINE)
    _change(folder / "annotated", HOSTILE, title=TITLE)
    _change(folder / "annotated", CLEANED, text=AFTER)
    _change(folder / "extracted", CLEANED, text=BEFORE)
    return folder


def rows(folder: Path, dataset: str) -> dict[int, dict[str, Any]]:
    """Return a dataset's rows by id."""
    files = sorted((folder / dataset).rglob("*.parquet"))
    return {row["id"]: row for file in files for row in pq.read_table(file).to_pylist()}


def _change(place: Path, number: int, **values: Any) -> None:
    for path in place.glob("*.parquet"):
        table = pq.read_table(path)
        changed = [{**row, **values} if row["id"] == number else row for row in table.to_pylist()]
        pq.write_table(pa.Table.from_pylist(changed, table.schema), path, compression="zstd")

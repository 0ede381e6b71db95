"""Every command that takes Parquet of the user's takes a table of a lake, and makes the same of it."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.command_line import main
from jobs.lake.table_names import Format, parse_lake_table
from tests.lake.tables import Lake
from tests.lake.test_daily_crawl import documents

pytestmark = pytest.mark.lake

PAGES = [
    {"doc": f"{day}-{page['id']}", "body": page["text"], "kind": page["id"][:2]}
    for day in (1, 2, 3)
    for page in documents(day)
]  # with two copies
COLUMNS = ("--id-column", "doc", "--text-column", "body")
COMMANDS = {
    "annotate": ("annotated", "annotate", *COLUMNS),
    "dedup": ("duplicates", "dedup", *COLUMNS),
    "extract": ("extracted", "extract", *COLUMNS),
    "index": ("phrase_index", "index", *COLUMNS),
    "ingest": ("documents", "ingest", "--text-column", "body", "--set", 'ingest.id_fields=["doc"]'),
}


def make_table(
    lake: Lake, format_: Format, pages: list[dict[str, str]], *, appended: bool = False
) -> str:
    name = lake.spelt(format_, "pages")
    with lake.session() as spark:
        frame = spark.createDataFrame(pages, "doc STRING, body STRING, kind STRING").coalesce(1)
        sql = parse_lake_table(name).sql
        if not appended:
            if format_ == "iceberg":
                spark.sql("CREATE NAMESPACE IF NOT EXISTS lake.web")
            columns = "doc STRING, body STRING, kind STRING"
            spark.sql(f"CREATE TABLE {sql} ({columns}) USING {format_} PARTITIONED BY (kind)")
        frame.writeTo(sql).append()
    return name


def dataset(output: str, name: str) -> list[dict[str, Any]]:
    """Rows without what says where they came from, in an order of their own."""
    files = sorted(Path(output, name).rglob("*.parquet"))
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    for row in rows:
        for column in ("id", "row_id", "source", "corpusmill_row_id", "cluster"):
            row.pop(column, None)
    return sorted(rows, key=str)


@pytest.mark.parametrize("format_", ["iceberg", "delta"])
def test_jobs_make_of_a_table_what_they_make_of_parquet(
    lake: Lake, tmp_path: Path, format_: Format
) -> None:
    name = make_table(lake, format_, PAGES)
    pq.write_table(pa.Table.from_pylist(PAGES), tmp_path / "pages.parquet")
    for command, (made, *words) in COMMANDS.items():
        of_table, of_parquet = str(tmp_path / f"t/{command}"), str(tmp_path / f"p/{command}")
        lake.run(words[0], name, of_table, *words[1:])
        lake.run(words[0], str(tmp_path / "pages.parquet"), of_parquet, *words[1:])
        manifests = [
            json.loads(Path(out, made, "_manifest.json").read_text())
            for out in (of_table, of_parquet)
        ]
        assert manifests[0]["accounts"] == manifests[1]["accounts"], command
        if command != "index":
            assert len(dataset(of_table, made)) == len(dataset(of_parquet, made)) > 0, command
        copies = list(Path(of_table, "tables").glob("*/_manifest.json"))
        assert len(copies) == 1
        assert json.loads(copies[0].read_text())["accounts"]["rows_in"] == len(PAGES)
    sources = {row["source"] for row in rows_of(tmp_path / "t/ingest/documents")}
    assert all(source.startswith(f"{name}@") for source in sources)
    assert {row["source_id"] for row in rows_of(tmp_path / "t/ingest/documents")} == {
        page["doc"] for page in PAGES
    }


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [
        row for file in sorted(folder.rglob("*.parquet")) for row in pq.read_table(file).to_pylist()
    ]


@pytest.mark.parametrize("format_", ["iceberg", "delta"])
def test_a_run_that_failed_goes_on_with_its_snapshot_and_a_moved_table_is_changed_input(
    lake: Lake, tmp_path: Path, format_: Format
) -> None:
    name, output = make_table(lake, format_, PAGES[:9]), str(tmp_path / "out")

    def annotate(column: str) -> int:
        return main(
            lake.words("annotate", name, output, "--id-column", "doc", "--text-column", column)
        )

    def read() -> tuple[str, int]:
        (copy,) = Path(output, "tables").glob("*/_manifest.json")
        told = json.loads(copy.read_text())
        return told["details"]["table"], len(rows_of(Path(output, "annotated")))

    assert annotate("bdy") == 1  # the column is not there: the copy is, and its snapshot is kept
    make_table(lake, format_, PAGES[9:], appended=True)
    assert annotate("body") == 0
    first, rows = read()
    assert rows == 9
    assert annotate("body") == 0
    second, rows = read()
    assert rows == len(PAGES)
    assert second != first
    # An older state by its number, whatever came after.
    older = str(tmp_path / "older")
    lake.run("annotate", first, older, *COLUMNS)
    assert len(rows_of(Path(older, "annotated"))) == 9

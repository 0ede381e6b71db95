"""The names others rely on: columns, report keys, and that nothing is lost between them."""

import json

import pyarrow.parquet as pq
import pytest

from jobs.inspection.raw_document import raw_document
from jobs.inspection.run_tables import RunTables
from tests.sample_run import FinishedRun
from udfs.extraction.guard.quarantine import content_hash

pytestmark = pytest.mark.spark

COLUMNS = {
    "corpus": {"id", "text", "source", "url", "language"},
    "dropped": {
        "id", "url", "source", "stage", "reason", "reasons", "signal", "value", "threshold",
        "keeper_id", "keeper_run", "similarity",
    },
    "duplicates": {
        "id", "keeper_id", "similarity", "kind", "keeper_run", "cluster_id", "cluster_size",
        "n_exact",
    },
    "quarantined": {"id", "url", "source", "stage", "status", "detail", "content_hash"},
}  # fmt: skip


@pytest.mark.parametrize("dataset", COLUMNS)
def test_datasets_have_the_documented_columns_at_their_top(
    finished_run: FinishedRun, dataset: str
) -> None:
    files = sorted((finished_run.folder / dataset).rglob("*.parquet"))
    assert files
    assert all(COLUMNS[dataset] <= set(pq.read_schema(file).names) for file in files)


def test_the_report_has_the_documented_keys_and_adds_up(finished_run: FinishedRun) -> None:
    report = json.loads((finished_run.folder / "report.json").read_text(encoding="utf-8"))
    totals = report["totals"]
    assert set(totals) == {"documents_in", "kept", "dropped", "quarantined"}
    assert totals["documents_in"] == totals["kept"] + totals["dropped"] + totals["quarantined"]
    assert sum(report["reasons"].values()) == totals["dropped"]
    for stage in report["stages"]:
        assert {"stage", "rows_in", "rows_out", "seconds"} <= set(stage)
        assert stage["rows_in"] == (
            stage["rows_out"] + stage["rows_dropped"] + stage["rows_quarantined"]
        )


def test_every_document_ends_in_exactly_one_place(finished_run: FinishedRun) -> None:
    places = [
        {row["id"] for row in finished_run.rows(name, ["id"])}
        for name in ("corpus", "dropped", "quarantined")
    ]
    documents = [row["id"] for row in finished_run.rows("documents", ["id"])]
    assert len(documents) == len(set(documents)) == sum(map(len, places))
    assert set.union(*places) == set(documents)


def test_what_extraction_could_not_use_is_known_by_the_hash_of_its_bytes(
    finished_run: FinishedRun,
) -> None:
    tables = RunTables(finished_run.context.output)
    rows = finished_run.rows("quarantined")
    assert {row["stage"] for row in rows} >= {"extract"}
    for row in rows:
        is_read = row["stage"] == "extract"
        expected = content_hash(raw_document(tables, row["id"])) if is_read else None
        assert row["content_hash"] == expected


def test_every_input_file_gave_a_document(finished_run: FinishedRun) -> None:
    from jobs.ingest.source_files import list_sources

    numbers = {row["id"] >> 25 for row in finished_run.rows("documents", ["id"])}
    assert numbers == {file.number for file in list_sources(finished_run.inputs)}


WRITTEN_ANEW = ("report.json", "report.html", "dataset_card.md", "README.md")


def test_a_second_run_does_nothing(finished_run: FinishedRun) -> None:
    def state() -> dict[str, int]:
        return {
            str(path): path.stat().st_mtime_ns
            for path in finished_run.folder.rglob("*")
            if path.is_file() and path.name not in WRITTEN_ANEW
        }

    before = state()
    finished_run.run_again()
    assert state() == before


def test_ledger_rows_of_duplicates_name_a_kept_keeper(finished_run: FinishedRun) -> None:
    kept = {row["id"] for row in finished_run.rows("corpus", ["id"])}
    removed = [row for row in finished_run.rows("dropped") if row["stage"] == "dedup"]
    assert removed
    assert all(row["keeper_id"] in kept and row["similarity"] >= 0.7 for row in removed)

"""Which documents of two runs are the same one, and which of these only one run kept."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.inspection.matched_documents import Matched, Moved, compare_documents
from jobs.inspection.run_tables import RunTables
from jobs.runtime.contract.manifest import Manifest, published_files
from jobs.runtime.contract.row_accounts import RowAccounts


class Row(NamedTuple):
    id: int
    url: str | None
    text: str | None
    kept: bool = True
    content_hash: str | None = None
    source_id: str | None = None
    content_bytes: int = 9


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., RunTables]:
    def publish(folder: Path, table: pa.Table) -> None:
        folder.mkdir(parents=True)
        pq.write_table(table, folder / "part.parquet")
        manifest = Manifest(
            dataset=folder.name, stage="any", fingerprint="", fingerprints={}, seconds=0, created_at="",
            accounts=RowAccounts(rows_in=0, rows_out=0), files=published_files(str(folder)), versions={},
        )  # fmt: skip
        (folder / "_manifest.json").write_text(manifest.model_dump_json(), encoding="utf-8")

    def write(name: str, *rows: Row) -> RunTables:
        types = {
            "id": pa.int64(),
            "url": pa.string(),
            "text": pa.string(),
            "content_hash": pa.string(),
            "source_id": pa.string(),
            "content_bytes": pa.int64(),
        }
        columns = {key: pa.array([getattr(row, key) for row in rows], types[key]) for key in types}
        table = pa.table(columns)
        publish(tmp_path / name / "extracted", table)
        kept = pa.array([row.kept for row in rows], pa.bool_())
        publish(tmp_path / name / "corpus", table.select(["id"]).filter(kept))
        return RunTables(str(tmp_path / name))

    return write


def test_documents_match_by_id_then_address_then_text(run: Callable[..., RunTables]) -> None:
    first = run(
        "first",
        Row(1, "https://a.example/1", "by id"),
        Row(2, "https://a.example/2", "by address"),
        Row(3, None, "by text", kept=False),
        Row(4, None, None, kept=False, content_hash="c0ffee"),
        Row(5, "https://a.example/5", "only here"),
    )
    second = run(
        "second",
        Row(1, "https://a.example/1", "by id, changed", kept=False),
        Row(12, "https://a.example/2", "by address, changed"),
        Row(13, "https://b.example/3", "by text"),
        Row(14, None, None, kept=False, content_hash="c0ffee"),
        Row(15, None, "new"),
        Row(16, None, "newer"),
    )
    assert compare_documents(first, second) == (Matched(1, 1, 2, 1, 2), Moved(1, 1))
    assert compare_documents(second, first) == (Matched(1, 1, 2, 2, 1), Moved(1, 1))


def test_an_id_of_another_address_is_another_document(run: Callable[..., RunTables]) -> None:
    first = run("first", Row(1, "https://a.example/1", "monday"))
    second = run("second", Row(1, "https://a.example/2", "tuesday"))
    assert compare_documents(first, second) == (Matched(0, 0, 0, 1, 1), Moved(0, 0))


def test_what_has_neither_address_nor_text_is_never_matched_by_them(
    run: Callable[..., RunTables],
) -> None:
    first, second = run("first", Row(1, None, None)), run("second", Row(2, None, None))
    assert compare_documents(first, second) == (Matched(0, 0, 0, 1, 1), Moved(0, 0))


def test_of_several_of_one_text_one_that_is_kept_is_enough(run: Callable[..., RunTables]) -> None:
    first = run("first", Row(1, None, "same", kept=False), Row(2, None, "same"))
    second = run("second", Row(3, None, "same"), Row(4, None, "same", kept=False))
    assert compare_documents(first, second) == (Matched(0, 0, 2, 0, 0), Moved(0, 0))


def test_rows_that_moved_in_their_file_are_the_documents_they_were(
    run: Callable[..., RunTables],
) -> None:
    """Of a table without addresses, into which somebody has put a row in front of the others."""
    first = run(
        "first",
        Row(1, None, "heron", source_id="h"),
        Row(2, None, "egret", kept=False, source_id="e"),
        Row(33, None, "stork, in no table", content_bytes=18),
    )
    second = run(
        "second",
        Row(1, None, "bittern", source_id="b"),
        Row(2, None, "heron", source_id="h"),
        Row(3, None, "egret", kept=False, source_id="e"),
        Row(33, None, "other words of as many bytes", content_bytes=18),
    )
    assert compare_documents(first, second) == (Matched(1, 0, 2, 0, 1), Moved(0, 0))


def test_without_address_and_name_a_document_of_another_size_is_another(
    run: Callable[..., RunTables],
) -> None:
    first = run("first", Row(1, None, "monday"))
    second = run("second", Row(1, None, "tuesday", content_bytes=10))
    assert compare_documents(first, second) == (Matched(0, 0, 0, 1, 1), Moved(0, 0))

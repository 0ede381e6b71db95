"""Manifests: accounts that must balance, damage that must be seen, versions that must match."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.runtime.contract.manifest import (
    MANIFEST_NAME,
    Manifest,
    damaged_files,
    published_files,
    read_manifest,
    require_manifest,
    require_run,
    stage_fingerprint,
)
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.errors import AccountingError, InputError

COUNTS = st.integers(0, 10**12)


def write_table(path: Path, rows: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"id": list(range(rows))}), path)


def manifest_of(folder: Path) -> Manifest:
    return Manifest(
        dataset="x",
        stage="x",
        fingerprint="f",
        fingerprints={},
        accounts=RowAccounts(rows_in=0, rows_out=0),
        seconds=1.0,
        created_at="2026-01-01T00:00:00+00:00",
        files=published_files(str(folder)),
        versions={},
    )


def published(folder: Path) -> None:
    write_table(folder / "a.parquet", 3)
    (folder / MANIFEST_NAME).write_text(manifest_of(folder).model_dump_json(), encoding="utf-8")


@given(COUNTS, COUNTS, COUNTS)
def test_accounts_balance_whatever_the_split(out: int, dropped: int, quarantined: int) -> None:
    total = out + dropped + quarantined
    RowAccounts(
        rows_in=total, rows_out=out, rows_dropped=dropped, rows_quarantined=quarantined
    ).check("x")


@pytest.mark.parametrize("difference", [-1, 1])
def test_a_lost_or_doubled_row_is_an_error_with_the_sum(difference: int) -> None:
    accounts = RowAccounts(rows_in=10 + difference, rows_out=7, rows_dropped=2, rows_quarantined=1)
    with pytest.raises(AccountingError, match=r"7 out \+ 2 dropped \+ 1 quarantined = 10"):
        accounts.check("x")


def test_rows_come_from_footers(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", 3)
    write_table(tmp_path / "chunk-00000" / "b.parquet", 4)
    manifest = manifest_of(tmp_path)
    assert [(file.path, file.rows) for file in manifest.files] == [
        ("a.parquet", 3),
        ("chunk-00000/b.parquet", 4),
    ]
    assert manifest.rows == 7


def test_a_damaged_footer_is_an_error_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no footer")
    with pytest.raises(InputError, match=r"a\.parquet is no readable Parquet"):
        published_files(str(tmp_path))


def test_a_missing_and_a_changed_file_are_both_damage(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_table(tmp_path / f"{name}.parquet", 3)
    manifest = manifest_of(tmp_path)
    assert damaged_files(str(tmp_path), manifest) == []
    (tmp_path / "a.parquet").unlink()
    (tmp_path / "b.parquet").write_bytes(b"shorter")
    assert damaged_files(str(tmp_path), manifest) == ["a.parquet", "b.parquet"]


def test_an_unpublished_dataset_says_which_command_makes_it(tmp_path: Path) -> None:
    published(tmp_path / "documents")
    with pytest.raises(InputError, match=r"no published dataset. Run `corpusmill extract` first"):
        require_manifest(str(tmp_path / "extracted"), "extract")


def test_a_dataset_in_the_place_of_its_run_names_the_run(tmp_path: Path) -> None:
    published(tmp_path / "documents")
    require_run(str(tmp_path))
    with pytest.raises(InputError, match=rf"is the documents/ of a run. Give the run: {tmp_path}$"):
        require_run(str(tmp_path / "documents"))


@pytest.mark.parametrize("text", ["{", "{}", '{"format_version": 99}'])
def test_a_manifest_that_is_damaged_is_an_error_not_an_empty_run(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST_NAME).write_text(text)
    with pytest.raises(InputError, match="the command that made it makes it anew"):
        read_manifest(str(tmp_path))


def test_a_manifest_of_another_format_is_refused(tmp_path: Path) -> None:
    later = manifest_of(tmp_path).model_copy(update={"format_version": 99})
    (tmp_path / MANIFEST_NAME).write_text(later.model_dump_json())
    with pytest.raises(InputError, match="has format 99"):
        read_manifest(str(tmp_path))


def test_each_part_of_the_fingerprint_counts() -> None:
    base = stage_fingerprint({"a": "1"}, {"k": 1}, "code")[0]
    others = {
        stage_fingerprint({"a": "2"}, {"k": 1}, "code")[0],
        stage_fingerprint({"a": "1"}, {"k": 2}, "code")[0],
        stage_fingerprint({"a": "1"}, {"k": 1}, "edoc")[0],
    }
    assert len(others | {base}) == 4
    assert stage_fingerprint({"a": "1"}, {"k": 1}, "code")[0] == base

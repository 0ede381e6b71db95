"""A table is copied at one snapshot, which a command that failed leaves to the one that goes on."""

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.ingest.source_files import list_sources
from jobs.lake import pinned_copies as module
from jobs.lake.copy_folders import copied_table, copy_name
from jobs.lake.pinned_copies import pinned_copies
from jobs.lake.snapshots import Commit, version_to_read
from jobs.lake.table_names import LakeTable
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import AccountingError, InputError

PAGES = LakeTable("iceberg", "lake.db.pages")
MONDAY = datetime(2026, 10, 5, 8, tzinfo=timezone.utc)


class FakeLake:
    """A table whose state number N has N rows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.newest, self.counted = 1, 0
        monkeypatch.setattr(module, "commits", lambda *_: self.commits())
        monkeypatch.setattr(module, "read_version", lambda spark, _, at: self.read(spark, at))

    def commits(self) -> list[Commit]:
        return [Commit(number, MONDAY, None, None) for number in range(1, self.newest + 1)]

    def read(self, spark: SparkSession, version: int) -> DataFrame:
        return spark.range(version + self.counted).selectExpr("id AS doc", "'text' AS text")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeLake:
    return FakeLake(monkeypatch)


@pytest.fixture
def context(spark: SparkSession, tmp_path: Path) -> RunContext:
    return RunContext(spark, str(tmp_path / "out"), Reporter(quiet=True))


def read(context: RunContext, table: LakeTable = PAGES) -> str:
    """Let a command that ends well read a table; return the state it read."""
    with pinned_copies(context, [table]) as (folder,):
        return str(copied_table(folder)).rpartition("@")[2]


@pytest.mark.spark
def test_the_command_after_one_that_failed_reads_its_snapshot_and_the_next_the_newest(
    context: RunContext, fake: FakeLake
) -> None:
    with pytest.raises(InterruptedError), pinned_copies(context, [PAGES]):
        raise InterruptedError
    fake.newest = 2
    assert read(context) == "1"
    assert read(context) == "2"
    assert [path.name for path in Path(context.output, "tables").iterdir()] == [copy_name(PAGES, 2)]


@pytest.mark.spark
def test_a_state_that_is_named_is_read_whatever_a_failed_command_began_with(
    context: RunContext, fake: FakeLake
) -> None:
    fake.newest = 3
    with pytest.raises(InterruptedError), pinned_copies(context, [PAGES]):
        raise InterruptedError
    assert read(context, LakeTable("iceberg", "lake.db.pages", 2)) == "2"


@pytest.mark.spark
def test_rows_that_the_copy_lacks_are_an_error(
    context: RunContext, fake: FakeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(spark: SparkSession, table: LakeTable, version: int) -> DataFrame:
        fake.counted += 1  # more rows at each look
        return fake.read(spark, version)

    monkeypatch.setattr(module, "read_version", short)
    with pytest.raises(AccountingError), pinned_copies(context, [PAGES]):
        pass


@pytest.mark.spark
def test_files_of_a_copy_are_sources_named_by_the_table(
    context: RunContext, fake: FakeLake
) -> None:
    with pinned_copies(context, [PAGES]) as folders:
        sources = list_sources(folders, context.output)
    assert sources
    assert all(file.source.startswith("iceberg:lake.db.pages@1/part-") for file in sources)


@pytest.mark.spark
def test_the_pins_are_a_record_of_names_and_states(context: RunContext, fake: FakeLake) -> None:
    with pytest.raises(InterruptedError), pinned_copies(context, [PAGES]):
        raise InterruptedError
    record = Path(context.output, "tables", "_pins.json")
    assert json.loads(record.read_text()) == {"iceberg:lake.db.pages": 1}
    read(context)
    assert not record.exists()


@pytest.mark.parametrize(
    ("spelt", "version"),
    [("2026-10-05", None), ("2026-10-05T08:00", 1), ("2026-10-06 12:00:00", 2), (None, 2)],
)
def test_a_time_means_the_state_that_was_the_newest_then(
    spelt: str | None, version: int | None
) -> None:
    known = [Commit(1, MONDAY, None, None), Commit(2, MONDAY.replace(day=6), None, None)]
    table = LakeTable("delta", "/pages", None, spelt)
    if version is None:
        with pytest.raises(
            InputError, match=r"its oldest state that is known is @1, of 2026-10-05 08"
        ):
            version_to_read(table, known)
    else:
        assert version_to_read(table, known) == version


def test_a_table_that_nothing_was_written_to_is_told() -> None:
    with pytest.raises(InputError, match="nothing was ever written to it"):
        version_to_read(PAGES, [])


def test_tables_whose_names_look_alike_have_folders_of_their_own() -> None:
    names = ["/data/a_b", "/data/a/b", "/data/a b"]
    assert len({copy_name(LakeTable("delta", name), 1) for name in names}) == 3

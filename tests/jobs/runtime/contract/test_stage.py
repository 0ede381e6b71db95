"""The stage contract: skip, redo, resume by chunks, refuse what is not ours, never lose a row."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.runtime.contract.manifest import MANIFEST_NAME, Manifest, PublishedFile, read_manifest
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import (
    RunContext,
    Stage,
    parquet_chunk,
    run_stage,
)
from jobs.runtime.contract.stage_chunks import IN_PROGRESS_NAME
from jobs.runtime.errors import AccountingError, InputError, StageError

pytestmark = pytest.mark.spark


class Work:
    """Counts how often each chunk was written, and fails where told."""

    def __init__(self, spark: SparkSession, output: Path) -> None:
        self.context = RunContext(spark, str(output), Reporter(quiet=True))
        self.written: list[int] = []
        self.fail_at: int | None = None
        self.claimed_rows: int | None = None

    def run(
        self,
        chunks: int = 1,
        configuration: str = "a",
        source: str = "s",
        cut: Sequence[int] | None = None,
    ) -> Manifest:
        stage = Stage(
            name="work",
            dataset="work",
            module="jobs.runtime.contract.chunks",
            inputs={"source": source},
            configuration={"value": configuration},
            chunks=[self._chunk(number) for number in range(chunks)],
            account=self._account,
            cut=[1] * chunks if cut is None else cut,
        )
        return run_stage(self.context, stage)

    def _chunk(self, number: int) -> Callable[[str], None]:
        write = parquet_chunk(lambda: self.context.spark.range(number * 10, number * 10 + 10))

        def chunk(folder: str) -> None:
            if number == self.fail_at:
                raise KeyboardInterrupt  # as a killed driver: no clean-up of ours runs
            self.written.append(number)
            write(folder)

        return chunk

    def _account(self, files: list[PublishedFile]) -> RowAccounts:
        rows = sum(file.rows for file in files)
        return RowAccounts(rows_in=self.claimed_rows or rows, rows_out=rows)

    @property
    def ids(self) -> list[int]:
        frame, _ = self.context.read("work", "work")
        return sorted(row["id"] for row in frame.collect())


@pytest.fixture
def work(spark: SparkSession, tmp_path: Path) -> Work:
    return Work(spark, tmp_path / "run")


def test_a_finished_stage_is_skipped(work: Work) -> None:
    first = work.run()
    assert work.run() == first
    assert work.written == [0]


@pytest.mark.parametrize("change", [{"configuration": "b"}, {"source": "t"}])
def test_changed_input_or_settings_make_it_anew(work: Work, change: dict[str, str]) -> None:
    work.run()
    work.run(**change)  # type: ignore[arg-type]
    assert work.written == [0, 0]
    assert work.ids == list(range(10))


def test_a_file_that_vanished_makes_it_anew(work: Work) -> None:
    manifest = work.run()
    Path(work.context.folder("work"), manifest.files[0].path).unlink()
    work.run()
    assert work.written == [0, 0]
    assert work.ids == list(range(10))


@pytest.mark.parametrize("chunks", [1, 3])
def test_a_killed_stage_goes_on_from_the_chunk_it_was_in(work: Work, chunks: int) -> None:
    work.fail_at = chunks - 1
    with pytest.raises(KeyboardInterrupt):
        work.run(chunks)
    assert read_manifest(work.context.folder("work")) is None
    work.fail_at = None
    work.run(chunks)
    assert work.written == list(range(chunks))
    assert work.ids == list(range(10 * chunks))


def test_chunks_of_other_settings_are_thrown_away(work: Work) -> None:
    work.fail_at = 2
    with pytest.raises(KeyboardInterrupt):
        work.run(3)
    work.fail_at = None
    work.run(3, configuration="b")
    assert work.written == [0, 1, 0, 1, 2]
    assert work.ids == list(range(30))


def test_half_written_files_do_not_survive(work: Work) -> None:
    work.fail_at = 0
    with pytest.raises(KeyboardInterrupt):
        work.run()
    torn = Path(work.context.folder("work"), "part-torn.parquet")
    torn.write_bytes(b"half a file")
    work.fail_at = None
    work.run()
    assert not torn.exists()


def test_chunks_of_work_that_was_cut_otherwise_are_thrown_away(work: Work) -> None:
    work.fail_at = 2
    with pytest.raises(KeyboardInterrupt):
        work.run(3, cut=[1, 2, 1])
    work.fail_at = None
    work.run(3, cut=[1, 1, 2])
    assert work.written == [0, 1, 0, 1, 2]


def test_chunks_that_nothing_tells_apart_are_no_stage(work: Work) -> None:
    with pytest.raises(ValueError, match="several chunks, and neither division nor cut"):
        work.run(2, cut=[])


def test_a_folder_of_somebody_else_is_refused_and_left_alone(work: Work) -> None:
    mine = Path(work.context.folder("work"), "thesis.txt")
    mine.parent.mkdir(parents=True)
    mine.write_text("three years of work")
    with pytest.raises(InputError, match="Choose an empty OUTPUT"):
        work.run()
    assert mine.read_text() == "three years of work"


def test_rows_that_do_not_add_up_are_not_published(work: Work) -> None:
    work.claimed_rows = 11
    with pytest.raises(AccountingError, match="11 rows in"):
        work.run()
    assert read_manifest(work.context.folder("work")) is None


def test_a_failing_job_is_explained_and_can_be_run_again(work: Work, spark: SparkSession) -> None:
    def broken(folder: str) -> None:
        spark.read.parquet("file:///no/such/file.parquet")

    stage = Stage("work", "work", "jobs.runtime.contract.chunks", {}, {}, [broken], work._account)
    with pytest.raises(StageError, match=r"stage work failed: .*no/such/file.*goes on from there"):
        run_stage(work.context, stage)


def test_an_output_that_cannot_be_written_is_named(work: Work, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file where the folder should be")
    with pytest.raises(Exception, match=r"cannot write .*run/work"):
        work.run()


DAMAGES = [b"", b"{", b"[]", b"\xff\xfe\x00", b'{"dataset": 1}']


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_manifest_makes_the_stage_anew(work: Work, damage: bytes) -> None:
    work.run()
    (Path(work.context.output) / "work" / MANIFEST_NAME).write_bytes(damage)
    assert work.run().rows == 10
    assert work.written == [0, 0]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_progress_throws_the_chunks_away(work: Work, damage: bytes) -> None:
    work.fail_at = 2
    with pytest.raises(KeyboardInterrupt):
        work.run(3)
    (Path(work.context.output) / "work" / IN_PROGRESS_NAME).write_bytes(damage)
    work.fail_at = None
    work.run(3)
    assert work.written == [0, 1, 0, 1, 2]
    assert work.ids == list(range(30))

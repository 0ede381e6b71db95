"""A table read by this process: what comes out is what Spark makes of it, and Java is not started."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.dedup import own_table
from jobs.dedup.own_table import repeated
from jobs.find_duplicates import dedup_user_table
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract import table_parts
from jobs.runtime.contract.manifest import read_manifest
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.contract.user_tables import ROW_ID
from jobs.runtime.errors import InputError, StageError
from tests.jobs.dedup_documents import families

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ORDER = {"signatures": "id", "duplicates": ROW_ID}
FAMILIES = families(12, seed=8)
TEXTS: list[str | None] = [
    *FAMILIES, None, None, "", " ", "!!!", "!!!", "Hello", "hello", "naïve café", "nai\u0308ve cafe\u0301",
    "渡船六点开。" * 40, "渡船六点开。" * 40 + "了",
]  # fmt: skip
COUNT = len(TEXTS)


def refused() -> SparkSession:
    raise AssertionError("Spark was started")


def every(values: list[Any]) -> list[Any]:
    return (values * COUNT)[:COUNT]


def write_table(folder: Path, files: int = 3, **columns: Any) -> str:
    """Three files, the last one without the last column, in row groups of 20."""
    folder.mkdir()
    table = pa.table({"id": [f"d-{n}" for n in range(COUNT)], "text": TEXTS, **columns})
    for number in range(files):
        rows = pa.array(range(number, COUNT, files))
        part = table.take(rows)
        if columns and number == files - 1 and files > 1 and "late" in columns:
            part = part.drop_columns(["late"])
        pq.write_table(part, folder / f"{number}.parquet", row_group_size=20)
    return str(folder)


Dedup = Callable[..., RunContext]


@pytest.fixture
def dedup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dedup:
    """Deduplicate a table by threads of this process, which may start no Spark."""
    monkeypatch.setattr(table_parts, "PART_BYTES", 15_000)  # some ten parts
    monkeypatch.setattr(table_parts, "_BATCH_ROWS", 5)

    def run(table: str, *settings: str, name: str = "own") -> RunContext:
        output = str(tmp_path / name)
        context = RunContext(refused, output, Reporter(quiet=True), local=True, threads=2)
        dedup_user_table(context, table, None, None, load_recipe("default", list(settings)))
        return context

    return run


def dataset(context: RunContext, name: str) -> pa.Table:
    files = sorted(Path(context.folder(name)).rglob("*.parquet"))
    table = pa.concat_tables([pq.read_table(file) for file in files])
    # Spark says of its constant 0 that it is never null.
    table = table.cast(pa.schema([field.with_nullable(True) for field in table.schema]))
    return table.sort_by(ORDER.get(name, "id")).combine_chunks()


MORE: dict[str, Any] = {
    "n": pa.array(every([1, None, 3]), pa.int16()),
    "day": every([datetime.date(2026, 1, 2), None]),
    "kind": pa.array(every(["a", "b"])).dictionary_encode(),
    "bytes": every([b"\x00", None]),
    "names": pa.array(every([["x"], None, []]), pa.large_list(pa.large_string())),
    "facts": every([{"n": 1, "s": "a"}, None]),
    "late": every([0.5, None]),
}


@pytest.mark.spark
@pytest.mark.parametrize(
    ("columns", "settings"),
    [
        ({}, []),
        (MORE, []),
        ({"url": every(["https://a.example/", None, ""])}, ["dedup.threshold=0.8"]),
        ({"quality": pa.array(every([0.5, None, 4.0]), pa.float32())}, ["dedup.keep=best"]),
        (
            {"source": every(["web", None, "books"])},
            ["dedup.keep=source_priority", "dedup.source_priority=[books,web]"],
        ),
        ({"lang": every(["en", None, "", "fr"])}, ["dedup.scope=lang"]),
        ({}, ["dedup.preset=fineweb"]),
        ({}, ["dedup.verification=estimate"]),
    ],
)
def test_the_result_is_that_of_spark(
    spark: SparkSession, tmp_path: Path, dedup: Dedup, columns: dict[str, Any], settings: list[str]
) -> None:
    table = write_table(tmp_path / "t", **columns)
    own = dedup(table, *settings)
    spark_run = RunContext(spark, str(tmp_path / "spark"), Reporter(quiet=True))
    dedup_user_table(spark_run, table, None, None, load_recipe("default", settings))
    for name in ("signatures", "duplicates", "corpus"):
        assert dataset(own, name).equals(dataset(spark_run, name)), name
        ours, theirs = (read_manifest(run.folder(name)) for run in (own, spark_run))
        assert ours is not None
        assert theirs is not None
        assert (ours.accounts, ours.fingerprint) == (theirs.accounts, theirs.fingerprint)
        assert ours.costs is not None
        assert ours.costs.tasks > 3 or name == "duplicates"  # there may be nothing to read again
    assert len(dataset(own, "duplicates")) > 5


def test_the_corpus_keeps_the_order_of_the_table(tmp_path: Path, dedup: Dedup) -> None:
    table = write_table(tmp_path / "t", files=2)
    context = dedup(table)
    files = sorted(Path(context.folder("corpus")).glob("*.parquet"))
    assert len(files) > 3
    kept = [name for file in files for name in pq.read_table(file)["id"].to_pylist()]
    order = [
        name
        for file in ("0", "1")
        for name in pq.read_table(f"{table}/{file}.parquet")["id"].to_pylist()
    ]
    removed = set(dataset(context, "duplicates")["id"].to_pylist())
    assert kept == [name for name in order if name not in removed]


def test_a_second_run_does_nothing_and_a_changed_threshold_signs_nothing(
    tmp_path: Path, dedup: Dedup, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = write_table(tmp_path / "t")
    dedup(table)

    def never(*_: object) -> None:
        raise AssertionError("signed again")

    monkeypatch.setattr(own_table, "sign_rows", never)
    monkeypatch.setattr(own_table.OwnTable, "_write_corpus", never)
    dedup(table)
    monkeypatch.undo()
    monkeypatch.setattr(own_table, "sign_rows", never)
    before = len(dataset(dedup(table), "duplicates"))
    assert len(dataset(dedup(table, "dedup.threshold=0.95"), "duplicates")) < before


@pytest.mark.parametrize("stage", ["sign_rows", "shingle_sets", "are_among"])
def test_a_killed_run_goes_on(
    tmp_path: Path, dedup: Dedup, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """Killed in the middle of signing, of reading again, of writing the corpus."""
    table = write_table(tmp_path / "t")
    whole = dedup(table, name="whole")
    calls, real = 0, getattr(own_table, stage)

    def killed(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise KeyboardInterrupt
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(own_table, stage, killed)
        with pytest.raises(KeyboardInterrupt):
            dedup(table)
    again = dedup(table)
    for name in ("signatures", "duplicates", "corpus"):
        assert dataset(again, name).equals(dataset(whole, name))


def test_a_file_damaged_in_the_middle_is_told_in_one_sentence(tmp_path: Path, dedup: Dedup) -> None:
    table = write_table(tmp_path / "t")
    file = Path(table, "1.parquet")
    content = bytearray(file.read_bytes())
    content[200:3000] = b"\xff" * 2800
    file.write_bytes(content)
    with pytest.raises(
        StageError, match=r"stage sign failed: .*the same command goes on from there"
    ):
        dedup(table)


@pytest.mark.parametrize(
    "changed",
    [
        {"seen": every([datetime.datetime(2026, 1, 2)])},
        {"big": pa.array(every([1]), pa.uint32())},
    ],
)
def test_columns_that_only_spark_reads_are_left_to_it(
    tmp_path: Path, dedup: Dedup, changed: dict[str, Any]
) -> None:
    for name in changed:
        if name == "seen":
            changed = {name: pa.array(changed[name], pa.timestamp("us"))}
    with pytest.raises(AssertionError, match="Spark was started"):
        dedup(write_table(tmp_path / "t", **changed))


@pytest.mark.parametrize(
    ("columns", "settings"),
    [
        ({"fetched_at": every(["2026-01-01"])}, ["dedup.keep=earliest"]),
        ({"quality": every(["0.5"])}, ["dedup.keep=best"]),
        ({"year": every([2026, 2025])}, ["dedup.scope=year"]),
        ({"url": every([1, None])}, []),
    ],
)
def test_values_that_spark_casts_by_its_own_rules_are_left_to_it(
    tmp_path: Path, dedup: Dedup, columns: dict[str, Any], settings: list[str]
) -> None:
    with pytest.raises(AssertionError, match="Spark was started"):
        dedup(write_table(tmp_path / "t", **columns), *settings)


def test_partition_folders_are_left_to_spark(tmp_path: Path, dedup: Dedup) -> None:
    write_table(tmp_path / "t")
    (tmp_path / "t" / "lang=en").mkdir()
    shutil.move(tmp_path / "t" / "0.parquet", tmp_path / "t" / "lang=en" / "0.parquet")
    with pytest.raises(AssertionError, match="Spark was started"):
        dedup(str(tmp_path / "t"))


@pytest.mark.spark
def test_ids_that_only_unsigned_numbers_hold_come_back_as_they_are(
    spark: SparkSession, tmp_path: Path
) -> None:
    ids = [2**64 - 1 - number for number in range(COUNT)]
    table = write_table(tmp_path / "t")
    for path in sorted(Path(table).iterdir()):
        rows = pq.read_table(path)
        numbers = [ids[int(name.as_py()[2:])] for name in rows.column("id")]
        rows = rows.set_column(0, "id", pa.array(numbers, pa.uint64()))
        pq.write_table(rows, path)
    context = RunContext(spark, str(tmp_path / "o"), Reporter(quiet=True), local=True)
    dedup_user_table(context, table, None, None, load_recipe("default", []))
    kept, gone = (dataset(context, name).column("id") for name in ("corpus", "duplicates"))
    assert sorted(int(number.as_py()) for number in [*kept, *gone]) == sorted(ids)


@pytest.mark.spark
@pytest.mark.parametrize("setting", ["dedup.mode=annotate", "dedup.max_driver_documents=5"])
def test_spark_goes_on_with_what_was_signed_here(
    spark: SparkSession, tmp_path: Path, setting: str
) -> None:
    table = write_table(tmp_path / "t")
    runs = []
    for name, local in (("own", True), ("spark", False)):
        context = RunContext(spark, str(tmp_path / name), Reporter(quiet=True), local=local)
        dedup_user_table(context, table, None, None, load_recipe("default", [setting]))
        runs.append(context)
    for name in ("signatures", "duplicates", "corpus"):
        own, other = (dataset(run, name) for run in runs)
        assert own.equals(other.cast(own.schema)), name


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["a", "b", "a"], r"'a' \(2 rows\)"),
        ([None, None, "b"], r"None \(2 rows\)"),
        ([7, 7, 7], r"7 \(3 rows\)"),
        ([0.5, 0.5, 1.0], r"0\.5 \(2 rows\)"),
        ([b"\xff", b"\xff", b"a"], r"b'\\xff' \(2 rows\)"),
        ([True, True, False], r"True \(2 rows\)"),
    ],
)
def test_ids_given_twice_are_refused(
    tmp_path: Path, dedup: Dedup, ids: list[Any], message: str
) -> None:
    pq.write_table(pa.table({"id": ids, "text": TEXTS[:3]}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=rf"given more than once, e\.g\. {message}"):
        dedup(str(tmp_path / "t.parquet"))
    assert not (tmp_path / "own" / "duplicates").exists()


@pytest.mark.parametrize("ids", [["", None, "a"], [1, 2, 3], [], [b"", b"\x00"]])
def test_ids_given_once_pass(ids: list[Any]) -> None:
    assert repeated(pa.chunked_array([pa.array(ids)]), 3) == []


def test_a_table_without_rows(tmp_path: Path, dedup: Dedup) -> None:
    empty = pa.table({"id": pa.array([], pa.int64()), "text": pa.array([], pa.string())})
    pq.write_table(empty, tmp_path / "t.parquet")
    context = dedup(str(tmp_path / "t.parquet"))
    assert len(dataset(context, "corpus")) == len(dataset(context, "duplicates")) == 0


def test_too_many_doubtful_documents_are_refused(tmp_path: Path, dedup: Dedup) -> None:
    with pytest.raises(StageError, match="more than max_settled_documents = 3"):
        dedup(write_table(tmp_path / "t"), "dedup.max_settled_documents=3")


def test_a_full_disk_is_told_as_one(
    tmp_path: Path, dedup: Dedup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    table = write_table(tmp_path / "t")
    monkeypatch.setattr(table_parts.pq, "write_table", full)
    with pytest.raises(StageError, match="no space left on device: free space"):
        dedup(table)

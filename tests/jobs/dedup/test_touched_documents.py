"""What is compared of earlier runs: no more than new documents touch, and the result is as if it were all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.dedup import earlier_frames, own_table
from jobs.dedup.earlier_files import EarlierFiles, are_read_here
from jobs.dedup.earlier_runs import open_earlier_runs
from jobs.dedup.touched_documents import TouchedDocuments, gather
from jobs.find_duplicates import dedup_user_table
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import InputError
from tests.jobs.dedup_documents import edited, families, words

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ALONE = [" ".join(words(60, 900_000 + number)) for number in range(40)]
TEXTS = [*families(16, seed=3), *ALONE, "", "!!!", "!!!"]
PARTS = {part: range(place, len(TEXTS), 3) for place, part in enumerate("abc")}


def refused() -> SparkSession:
    raise AssertionError("Spark was started")


class Runs:
    """Parts of TEXTS deduplicated below one folder, by this process or by Spark."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part, places in PARTS.items():
            self.write(part, [TEXTS[number] for number in places], places)

    def write(self, part: str, texts: Sequence[str], numbers: Sequence[int] | None = None) -> None:
        """Write a table of its own, or in place of one of the parts."""
        names = [f"n{number}" for number in numbers or range(len(texts))]
        table = pa.table({"id": names, "text": texts})
        pq.write_table(table, self.folder / f"{part}.parquet", row_group_size=20)

    def __call__(
        self,
        part: str,
        against: Sequence[str] = (),
        *settings: str,
        spark: SparkSession | None = None,
        local: bool = True,
        name: str = "",
    ) -> dict[str, pa.Table]:
        output = self.path(name or part)
        session = refused if spark is None else spark
        context = RunContext(session, output, Reporter(quiet=True), local=local, threads=2)
        table, recipe = str(self.folder / f"{part}.parquet"), load_recipe("default", [*settings])
        dedup_user_table(context, table, None, None, recipe, [self.path(run) for run in against])
        return {name: dataset(Path(output, name)) for name in ("duplicates", "corpus")}

    def path(self, name: str) -> str:
        return str(self.folder / f"run-{name}")


def dataset(folder: Path) -> pa.Table:
    table = pa.concat_tables([pq.read_table(file) for file in sorted(folder.rglob("*.parquet"))])
    nullable = pa.schema([field.with_nullable(True) for field in table.schema.remove_metadata()])
    return table.cast(nullable).sort_by("id").combine_chunks()


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


@pytest.mark.spark
def test_this_process_spark_and_a_search_among_all_find_the_same(
    runs: Runs, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs("a")
    runs("b", "a")
    own = runs("c", "ab")
    assert len(own["duplicates"]) > 20
    assert set(own["duplicates"]["keeper_run"].to_pylist()) == {1, 2}
    monkeypatch.setattr(earlier_frames, "MOST_KEYS", 300)  # several parts
    touched = runs("c", "ab", spark=spark, local=False, name="touched")
    by_spark = runs(
        "c", "ab", "dedup.max_driver_documents=0", spark=spark, local=False, name="shuffled"
    )
    for name, table in own.items():
        assert table.equals(touched[name]), name
        assert table.equals(by_spark[name]), name


@pytest.mark.spark
def test_more_touched_documents_than_may_be_held_are_left_to_spark(
    runs: Runs, spark: SparkSession
) -> None:
    runs("a")
    most = f"dedup.max_driver_documents={len(PARTS['b'])}"
    by_spark = runs("b", "a", most, spark=spark, name="held")
    assert by_spark["duplicates"].equals(runs("b", "a")["duplicates"])


@pytest.mark.spark
@pytest.mark.parametrize("shuffled", [None, False, True])
def test_who_resembles_a_document_leaves_though_a_later_run_removed_a_copy_of_it(
    tmp_path: Path, spark: SparkSession, shuffled: bool | None
) -> None:
    bases = [words(120, 700_000 + number) for number in range(12)]
    runs = Runs(tmp_path)
    runs.write("a", [" ".join(base) for base in bases])
    runs.write("b", [" ".join(base).upper() for base in bases])
    runs.write("c", [" ".join(edited(base, 1, 5)) for base in bases])
    runs("a")
    assert len(runs("b", "a")["duplicates"]) == len(bases)
    settings = ["dedup.max_driver_documents=0"] if shuffled else []
    session = None if shuffled is None else spark
    found = runs("c", "ab", *settings, spark=session, local=session is None)["duplicates"]
    # Whichever of the two texts comes first by its hash, the one that was kept is at hand.
    assert set(found["keeper_run"].to_pylist()) == {1}
    assert len(found) == len(bases)


def compared(runs: Runs, part: str, against: str) -> TouchedDocuments:
    """What the documents of a run are compared with; its signatures must be there."""
    recipe = load_recipe("default")
    earlier = open_earlier_runs([runs.path(run) for run in against], recipe.dedup)
    assert earlier is not None
    signed = dataset(Path(runs.path(part), "signatures"))
    files = EarlierFiles(earlier, pa.string(), OwnTasks(2))
    touched = gather(signed.select, files, recipe.dedup)
    assert touched is not None
    return touched


def test_documents_that_resemble_no_new_one_are_not_held(runs: Runs) -> None:
    for part, against in ("a", ""), ("b", "a"), ("c", "ab"):
        runs(part, against)
    touched = compared(runs, "c", "ab")
    held = touched.given_ids()["given_id"].to_pylist()
    alone = {f"n{number}" for number, text in enumerate(TEXTS) if text in ALONE}
    assert len(held) > 20
    assert not alone & set(held)


def test_a_keeper_that_shares_no_key_is_named_all_the_same(runs: Runs) -> None:
    for part, against in ("a", ""), ("b", "a"), ("c", "ab"):
        runs(part, against)
    touched = compared(runs, "c", "ab")
    keepers = set(touched.removed["keeper_id"].to_pylist())
    named = touched.given_ids()
    assert keepers <= set(named["id"].to_pylist())
    fewer = TouchedDocuments(touched.files, touched.signatures.slice(0, 0), touched.removed)
    expected = named.filter(pa.array([one in keepers for one in named["id"].to_pylist()]))
    assert fewer.given_ids().sort_by("id").equals(expected.sort_by("id"))


def test_without_the_earlier_texts_estimates_decide_as_with_spark(runs: Runs) -> None:
    runs("a")
    read = runs("b", "a")["duplicates"]
    for file in Path(runs.path("a"), "corpus").iterdir():
        file.unlink()
    Path(runs.path("a"), "corpus").rmdir()
    blind = runs("b", "a", name="blind")["duplicates"]
    assert not blind.equals(read)
    assert abs(len(blind) - len(read)) <= 0.2 * len(read)


def test_nothing_is_read_when_nothing_has_changed(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs("a")
    once = runs("b", "a")
    monkeypatch.setattr(own_table, "gather", refused)
    assert runs("b", "a")["duplicates"].equals(once["duplicates"])


def test_a_damaged_file_is_named(runs: Runs) -> None:
    runs("a")
    file = next(Path(runs.path("a"), "signatures").glob("*.parquet"))
    content = bytearray(file.read_bytes())
    content[4 : len(content) // 2] = bytes(len(content) // 2 - 4)
    file.write_bytes(content)
    with pytest.raises(InputError, match=rf"{file.name} cannot be read .*it is damaged"):
        runs("b", "a")


def test_runs_of_other_ids_or_elsewhere_are_not_read_here(runs: Runs) -> None:
    runs("a")
    earlier = open_earlier_runs([runs.path("a")], load_recipe("default").dedup)
    assert earlier is not None
    assert are_read_here(earlier, pa.string())
    assert not are_read_here(earlier, pa.int64())

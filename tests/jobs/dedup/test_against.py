"""A run against earlier ones gives what one run of all would give, and the earlier ones stay as they are."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.find_duplicates import dedup_user_table
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import InputError
from tests.jobs.dedup_documents import families, similarity

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

TEXTS = families(16, seed=3)
PARTS = {  # members of a family are spread over all three
    "a": range(0, len(TEXTS), 3),
    "b": range(1, len(TEXTS), 3),
    "c": range(2, len(TEXTS), 3),
}
DAYS = {"a": "2020-01-01", "b": "2021-01-01", "c": "2022-01-01"}
Rows = dict[str, tuple[str, float, str, int, int]]


class Runs:
    """Tables of some parts of TEXTS, and what was removed from them."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark = spark
        self.folder = folder

    def __call__(self, parts: str, *overrides: str, against: str = "", name: str = "") -> Rows:
        table = self.folder / f"{parts}.parquet"
        chosen = [(number, DAYS[part]) for part in parts for number in PARTS[part]]
        pq.write_table(
            pa.table(
                {
                    "name": [f"n{number}" for number, _ in chosen],
                    "text": [TEXTS[number] for number, _ in chosen],
                    "fetched_at": [day for _, day in chosen],
                }
            ),
            table,
        )
        context = RunContext(self.spark, self.path(name or parts), Reporter(quiet=True))
        recipe = load_recipe("default", ["dedup.keep=earliest", *overrides])
        dedup_user_table(
            context, str(table), "name", "text", recipe, [self.path(run) for run in against]
        )
        return self.duplicates(name or parts)

    def path(self, name: str) -> str:
        return str(self.folder / f"run-{name}")

    def duplicates(self, name: str) -> Rows:
        rows = self.read(name, "duplicates")
        columns = ("keeper_id", "similarity", "kind", "cluster_size", "n_exact")
        return {row["id"]: tuple(row[column] for column in columns) for row in rows}  # type: ignore[misc]

    def read(self, name: str, dataset: str) -> list[dict[str, Any]]:
        files = sorted((self.folder / f"run-{name}" / dataset).glob("*.parquet"))
        return [row for file in files for row in pq.read_table(file).to_pylist()]


@pytest.fixture(scope="module")
def runs(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(spark, tmp_path_factory.mktemp("against"))


@pytest.fixture(scope="module")
def batch(runs: Runs) -> Rows:
    return runs("abc")


@pytest.mark.parametrize("most", [2_000_000, 0])
def test_runs_against_runs_are_one_run(runs: Runs, batch: Rows, most: int) -> None:
    shutil.rmtree(runs.path("a"), ignore_errors=True)
    override = f"dedup.max_driver_documents={most}"
    alone = runs("a", override)
    second = runs("b", override, against="a")
    third = runs("c", override, against="ab")
    removed = [dict.fromkeys(found) for found in (alone, second, third)]
    assert set().union(*removed) == set(batch)
    assert len(second) > 10
    # Sizes of clusters that grow later are those of their day; the last run knows them all.
    assert third == {name: batch[name] for name in third}
    for name, row in {**alone, **second}.items():
        assert row[0] == batch[name][0]
        assert row[1] == batch[name][1]


def test_keepers_of_earlier_runs_are_named_with_their_run(runs: Runs, batch: Rows) -> None:
    numbers = {f"n{number}": part for part, places in PARTS.items() for number in places}
    rows = runs.read("c", "duplicates")
    assert {row["keeper_run"] for row in rows} >= {1, 2}
    for row in rows:
        assert numbers[row["keeper_id"]] == {0: "c", 1: "a", 2: "b"}[row["keeper_run"]]
    kept = {row["name"] for part in "abc" for row in runs.read(part, "corpus")}
    assert {row["keeper_id"] for row in rows} <= kept
    assert len(kept) == len(TEXTS) - len(batch)


def test_published_signatures_take_330_bytes_a_document(runs: Runs) -> None:
    files = list(Path(runs.path("abc"), "signatures").glob("*.parquet"))
    footer = sum(4096 for _ in files)  # schema and statistics, once a file
    size = sum(file.stat().st_size for file in files) - footer
    assert size <= 330 * len(TEXTS)


def test_without_the_earlier_corpus_sketches_decide(runs: Runs, batch: Rows) -> None:
    shutil.rmtree(runs.path("a") + "/corpus")
    found = runs("b", against="a", name="blind")
    theirs = {row["id"] for row in runs.read("b", "duplicates")}
    assert len(theirs ^ set(found)) <= 0.2 * len(theirs)
    for name, row in found.items():
        true = similarity(TEXTS[int(name[1:])], TEXTS[int(row[0][1:])])
        assert true >= 0.7 - 4 * 0.039  # four standard errors of the estimate
    runs_of = pq.read_table(next(Path(runs.path("blind"), "duplicates").glob("*.parquet")))
    assert len(runs_of) == len(found)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("dedup.seed=2", r"seed is 1 there and 2 here"),
        ("dedup.bands=25", r"bands is 20 there and 25 here"),
        ("dedup.spaced_length=7", r"spaced_length is 5 there and 7 here.*--set dedup.NAME=VALUE"),
        ("dedup.scope=fetched_at", r"scope is None there and 'fetched_at' here"),
    ],
)
def test_signatures_that_cannot_be_compared_are_refused(
    runs: Runs, batch: Rows, override: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        runs("b", override, against="a", name="refused")


def test_a_run_whose_own_earlier_run_is_not_given_is_refused(runs: Runs, batch: Rows) -> None:
    with pytest.raises(
        InputError, match=r"itself made against .*run-a.*give --against .*run-a too"
    ):
        runs("c", against="b", name="refused")


def test_an_earlier_run_that_is_not_there_is_refused(runs: Runs) -> None:
    with pytest.raises(InputError, match=r"no such folder. Give the OUTPUT of `corpusmill dedup`"):
        runs("b", against="x", name="refused")


@pytest.mark.parametrize("dataset", ["signatures", "duplicates", "corpus"])
@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_run_of_which_a_file_is_damaged_is_refused(
    runs: Runs, batch: Rows, dataset: str, damage: str
) -> None:
    shutil.copytree(runs.path("abc"), runs.path("damaged"), dirs_exist_ok=True)
    for file in Path(runs.path("damaged"), dataset).rglob("*.parquet"):
        file.write_bytes(file.read_bytes()[:-1])
        if damage == "gone":
            file.unlink()
    with pytest.raises(InputError, match=rf"published file\(s\) of {dataset}/ are gone or changed"):
        dedup_user_table(
            RunContext(runs.spark, runs.path("refused"), Reporter(quiet=True)),
            str(runs.folder / "b.parquet"),
            "name",
            "text",
            load_recipe("default"),
            [runs.path("damaged")],
        )


def test_a_run_whose_ids_have_another_type_is_refused(runs: Runs, batch: Rows) -> None:
    table = runs.folder / "numbered.parquet"
    pq.write_table(pa.table({"name": [1, 2], "text": TEXTS[:2]}), table)
    with pytest.raises(InputError, match=r"its ids are string, those of this run bigint"):
        dedup_user_table(
            RunContext(runs.spark, runs.path("refused"), Reporter(quiet=True)),
            str(table),
            "name",
            "text",
            load_recipe("default"),
            [runs.path("a")],
        )

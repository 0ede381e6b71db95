"""A table compared by this process: matches, rows kept and facts are those of Spark, and no Java starts."""

import json
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.contamination.given_benchmarks import GivenBenchmarks
from jobs.contamination.own_table import OwnTable, open_table
from jobs.contamination.spark_table import SparkTable
from jobs.match_benchmarks import decontaminate_user_table
from jobs.recipes.loading import load_recipe
from jobs.recipes.recipe import Recipe
from jobs.runtime.contract import table_parts
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.contract.user_tables import open_user_table
from tests.jobs.test_match_benchmarks import EXCISING, QUESTIONS, RECIPE, TEXTS, VARIANT

Rows = list[dict[str, Any]]


def refused() -> NoReturn:
    raise AssertionError("Spark was started")


@pytest.fixture
def benchmarks(tmp_path: Path) -> GivenBenchmarks:
    path = tmp_path / "test.jsonl"
    path.write_text(
        "\n".join(json.dumps({"question": q, "answer": ""}) for q in QUESTIONS), "utf-8"
    )
    found = GivenBenchmarks.of([f"gsm8k={path}"])
    assert found is not None
    return found


def recipe_of(text: str, folder: Path) -> Recipe:
    path = folder / "recipe.yaml"
    path.write_text(text, "utf-8")
    return load_recipe(str(path), ["contamination.excised_bytes_around=2"])


def write_tables(folder: Path) -> str:
    folder.mkdir()
    several = "\n\n".join([TEXTS["clean"], QUESTIONS[1], VARIANT, TEXTS["clean-2"], QUESTIONS[0]])
    texts = [*TEXTS.values(), QUESTIONS[1], None, "", several]
    table = pa.table(
        {"doc": [f"d{n}" for n in range(len(texts))], "body": texts, "n": range(len(texts))}
    )
    pq.write_table(table.slice(0, 4), folder / "a.parquet")
    pq.write_table(table.slice(4), folder / "b.parquet")
    return str(folder)


def rows(folder: Path, by: str) -> Rows:
    found = [
        row for file in sorted(folder.glob("*.parquet")) for row in pq.read_table(file).to_pylist()
    ]
    return sorted(found, key=lambda row: (row[by], str(row.get("item")), str(row.get("key"))))


def columns(folder: Path) -> list[str]:
    names: list[str] = pq.read_schema(min(folder.glob("*.parquet"))).names
    return names


@pytest.mark.spark
@pytest.mark.parametrize("text", [RECIPE, EXCISING], ids=["drop", "excise"])
def test_both_ways_find_keep_and_state_the_same(
    spark: SparkSession, text: str, benchmarks: GivenBenchmarks, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(table_parts, "PART_BYTES", 1000)  # several parts
    given, recipe = write_tables(tmp_path / "in"), recipe_of(text, tmp_path)
    contexts = {
        "spark": RunContext(spark, str(tmp_path / "spark"), Reporter(quiet=True)),
        "own": RunContext(
            refused, str(tmp_path / "own"), Reporter(quiet=True), local=True, threads=2
        ),
    }
    made = {
        way: decontaminate_user_table(context, given, "doc", "body", recipe, benchmarks)
        for way, context in contexts.items()
    }
    for dataset, by in (("contamination", "id"), ("corpus", "doc"), ("benchmark-phrases", "key")):
        one, other = (rows(tmp_path / way / dataset, by) for way in contexts)
        if dataset == "benchmark-phrases":
            one, other = (sorted(map(str, found)) for found in (one, other))  # type: ignore[assignment]
        assert one == other, dataset
        assert one, dataset
        assert columns(tmp_path / "spark" / dataset) == columns(tmp_path / "own" / dataset)
    assert made["spark"].details == made["own"].details
    assert made["spark"].accounts == made["own"].accounts
    assert made["own"].accounts.rows_dropped


def test_a_table_without_rows_and_one_without_items_pass(
    benchmarks: GivenBenchmarks, tmp_path: Path
) -> None:
    recipe = recipe_of(RECIPE, tmp_path)
    for name, texts in (("none", []), ("clean", [TEXTS["clean"]])):
        table = pa.table(
            {"id": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.string())}
        )
        pq.write_table(table, tmp_path / f"{name}.parquet")
        output = tmp_path / f"out-{name}"
        context = RunContext(refused, str(output), Reporter(quiet=True), local=True, threads=2)
        given = str(tmp_path / f"{name}.parquet")
        manifest = decontaminate_user_table(context, given, None, None, recipe, benchmarks)
        assert manifest.accounts.rows_in == len(texts)
        assert manifest.details["hosts"] == len(texts)
        assert len(rows(output / "corpus", "id")) == len(texts)


def test_other_rules_build_no_other_index(benchmarks: GivenBenchmarks, tmp_path: Path) -> None:
    given, recipe = write_tables(tmp_path / "in"), recipe_of(RECIPE, tmp_path)
    context = RunContext(refused, str(tmp_path / "out"), Reporter(quiet=True), local=True)
    decontaminate_user_table(context, given, "doc", "body", recipe, benchmarks)
    index = tmp_path / "out" / "benchmark-index" / "_manifest.json"
    before = index.read_text("utf-8")
    decontaminate_user_table(
        context, given, "doc", "body", recipe_of(EXCISING, tmp_path), benchmarks
    )
    assert index.read_text("utf-8") == before


def test_a_cluster_reads_through_spark(benchmarks: GivenBenchmarks, tmp_path: Path) -> None:
    given = write_tables(tmp_path / "in")
    table = open_user_table(refused, given, "doc", "body")
    for local, wanted in ((False, SparkTable), (True, OwnTable)):
        context = RunContext(refused, str(tmp_path / "out"), Reporter(quiet=True), local=local)
        assert isinstance(open_table(SparkTable(context, table, benchmarks, [])), wanted)

"""Packed rows are the same, file by file, whether Spark or this process makes them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.pack_corpus import table_source
from jobs.packing import own_documents
from jobs.packing.opened_tokeniser import open_tokeniser
from jobs.packing.packing_estimate import estimate_text
from jobs.packing.packing_stage import pack_stage
from jobs.packing.trainer_formats import format_stages
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import InputError
from tests.small_tokenisers import byte_level_json

SHAPES: dict[str, list[str]] = {
    "plain": [],
    "small partitions": ["pack.partition_documents=9", "pack.seed=5"],
    "groups": ["pack.group_by=host", "pack.partition_documents=20", "pack.strategy=concat"],
    "weights": ["pack.mix_by=host", "pack.weights={a: 2.5, b: 0.3, c: 0}", "pack.seed=5000000000"],
    "documents": ["pack.strategy=documents", "pack.padded=false"],
}


@pytest.fixture(scope="module")
def tokeniser_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("tokeniser") / "tokenizer.json"
    path.write_bytes(byte_level_json(vocabulary=400))
    return str(path)


def table(folder: Path, id_type: pa.DataType) -> str:
    draw = random.Random(3)
    texts: list[str | None] = [
        " ".join(draw.choices(["one", "two", "drei", "四", "🙂", "five"], k=draw.randint(1, 90)))
        for _ in range(117)
    ]
    texts += [None, "", texts[0]]
    numbers = draw.sample(range(10_000), len(texts))
    hosts = [draw.choice(["a", "b", "c", None]) for _ in texts]
    columns: dict[str, Any] = {"id": pa.array(numbers).cast(id_type), "text": texts, "host": hosts}
    columns["language"] = [draw.choice(["en", "zh", None]) for _ in texts]
    folder.mkdir()
    pq.write_table(pa.table(columns).slice(0, 50), folder / "a.parquet", row_group_size=7)
    pq.write_table(pa.table(columns).slice(50), folder / "b.parquet")
    return str(folder)


def everything(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".parquet":
            file = pq.read_table(path)
            found[name] = (file.to_pylist(), file.schema.metadata)
        elif path.is_file() and not path.name.startswith("_"):
            found[name] = path.read_bytes()
    return found


def here(spark: SparkSession | None, output: Path) -> RunContext:
    """A context that works without Spark if none is given, which then is never asked for."""

    def never() -> SparkSession:
        raise AssertionError("Spark was asked for")

    return RunContext(
        spark or never, str(output), Reporter(quiet=True), local=spark is None, threads=2
    )


def packed(
    spark: SparkSession | None, given: str, output: Path, tokeniser_path: str, overrides: list[str]
) -> dict[str, Any]:
    words = ["pack.length=64", "pack.validation=0.1", "pack.formats=[nanogpt, jsonl]", *overrides]
    recipe = load_recipe("default", words)
    context = here(spark, output)
    tokeniser = open_tokeniser(tokeniser_path, recipe.pack)
    source = table_source(context, given, None, None, recipe)
    manifest = pack_stage(context, source, tokeniser, recipe.pack)
    format_stages(context, manifest, tokeniser, recipe.pack, source.own_tasks)
    text = estimate_text(source.chunks, tokeniser, recipe.pack)
    told = {key: manifest.details[key] for key in ("splits", "left_out", "epochs")}
    return {**everything(output), "accounts": manifest.accounts, "told": told, "dry run": text}


@pytest.mark.spark
@pytest.mark.parametrize("id_type", [pa.int64(), pa.int32(), pa.string()], ids=str)
def test_ids_of_every_type(
    spark: SparkSession, tmp_path: Path, tokeniser_path: str, id_type: pa.DataType
) -> None:
    given = table(tmp_path / "in", id_type)
    by_spark = packed(spark, given, tmp_path / "spark", tokeniser_path, [])
    assert packed(None, given, tmp_path / "here", tokeniser_path, []) == by_spark
    assert any(name.startswith("packed/quarantined/") for name in by_spark)


@pytest.mark.spark
@pytest.mark.parametrize("shape", SHAPES)
def test_every_way_to_pack(
    spark: SparkSession, tmp_path: Path, tokeniser_path: str, shape: str
) -> None:
    given = table(tmp_path / "in", pa.int64())
    by_spark = packed(spark, given, tmp_path / "spark", tokeniser_path, SHAPES[shape])
    assert packed(None, given, tmp_path / "here", tokeniser_path, SHAPES[shape]) == by_spark


def test_texts_that_do_not_fit_and_columns_written_in_other_ways_are_sparks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = load_recipe("default", [])
    given = table(tmp_path / "in", pa.int64())
    context = here(None, tmp_path / "out")
    assert table_source(context, given, None, None, recipe).here is not None
    dates = load_recipe("default", ["pack.group_by=day"])
    rows = pq.read_table(given)
    (tmp_path / "dated").mkdir()
    dated = rows.append_column("day", pa.array([None] * len(rows), pa.date32()))
    pq.write_table(dated, tmp_path / "dated" / "a.parquet")
    assert table_source(context, str(tmp_path / "dated"), None, None, dates).here is None
    monkeypatch.setattr(own_documents, "MOST_BYTES", 100)
    assert table_source(context, given, None, None, recipe).here is None


def test_ids_that_rows_cannot_name_are_refused_by_their_type(
    tmp_path: Path, tokeniser_path: str
) -> None:
    given = table(tmp_path / "in", pa.float64())
    with pytest.raises(
        InputError, match="--id-column has type double; rows name their documents by"
    ):
        packed(None, given, tmp_path / "out", tokeniser_path, [])


def test_what_engines_are_compared_on_is_spread_over_the_table() -> None:
    texts = [f"{number:04} {'x' * 50}" if number % 3 else "" for number in range(3_000)]
    documents = own_documents.OwnDocuments(pa.table({"id": range(3_000), "text": texts}))
    found = documents.beginnings(4, 100)
    numbers = [int(text) for text, _ in found]
    assert [size for _, size in found] == [55] * 100
    assert numbers[0] == 1
    assert numbers[-1] == 2_999
    assert 27 <= min(map(int.__sub__, numbers[1:], numbers)) <= 33
    assert len(documents.beginnings(4, 5_000)) == 2_000
    assert own_documents.OwnDocuments(documents.table.slice(0, 0)).beginnings(4, 5) == []

"""What of corpusmill runs through Spark Connect, and what does not: docs/lake.md says the same."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.command_line import main
from jobs.lake.session_settings import lake_settings
from jobs.lake.table_names import parse_lake_table
from tests.jobs.test_match_benchmarks import QUESTIONS, document
from tests.lake.connect_server import ConnectServer, environment, running_server
from tests.lake.tables import Lake, write_lines
from tests.lake.test_daily_crawl import documents
from tests.small_tokenisers import byte_level_json

pytestmark = pytest.mark.lake

PROGRAM = """
import json, sys
from pyspark.sql import SparkSession
from udfs.pandas_functions import register

table, url = sys.argv[1:]
spark = SparkSession.builder.remote(url).getOrCreate()
answers = {}
names = register(spark)
spark.read.parquet(table).createOrReplaceTempView("pages")
for name in names:
    rows = spark.sql(f"SELECT {name}(body) AS answer FROM pages ORDER BY doc").collect()
    answers[name] = [row.answer if isinstance(row.answer, str) else row.answer.asDict() for row in rows]
print(json.dumps(answers))
spark.stop()
"""
LEAK = {"doc": "leak", "body": document(2, QUESTIONS[0].upper()), "kind": "qu"}
PAGES = [
    LEAK,
    *(
        {"doc": f"{day}-{page['id']}", "body": page["text"], "kind": page["id"][:2]}
        for day in (1, 2)
        for page in documents(day)
    ),
]
"""With a copy and a benchmark's question."""
COLUMNS = ("--id-column", "doc", "--text-column", "body")
COMMANDS = {
    "annotate": ("annotated",),
    "dedup": ("duplicates", "corpus"),
    "extract": ("extracted",),
    "decontaminate": ("contamination", "corpus"),
    "index": (),
    "pack": (),
}
"""Jobs on a table of the user's own, and the datasets that are to be equal row for row."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files of a table, a benchmark and a tokeniser."""
    folder = tmp_path_factory.mktemp("connect")
    (folder / "pages").mkdir()
    for number, part in enumerate((PAGES[:9], PAGES[9:])):
        pq.write_table(pa.Table.from_pylist(part), folder / "pages" / f"{number}.parquet")
    write_lines(folder / "quiz.jsonl", [{"question": question} for question in QUESTIONS])
    (folder / "tokenizer.json").write_bytes(byte_level_json())
    return folder


@pytest.fixture(scope="module")
def lake(folder: Path) -> Lake:
    return Lake(folder / "lake")


@pytest.fixture(scope="module")
def server(folder: Path, lake: Lake) -> Iterator[ConnectServer]:
    """A server that knows both formats; ours is to know nothing of them."""
    for needed in ("grpc", "zstandard"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"Spark Connect needs {needed}: make test-lake installs it")
    tables = [parse_lake_table(lake.spelt("iceberg", "x")), parse_lake_table("delta:/x")]
    with running_server(folder, lake.settings | lake_settings(tables, lake.settings)) as server:
        yield server


def command(folder: Path, name: str, output: str) -> list[str]:
    words = [name, str(folder / "pages"), str(folder / output / name), *COLUMNS]
    if name == "decontaminate":
        words += ["--benchmarks", str(folder / "quiz.jsonl")]
    if name == "pack":
        words += ["--tokenizer", str(folder / "tokenizer.json"), "--length", "64"]
        words += ["--format", "megatron", "--set", "pack.validation=0.2"]
    return words


def rows(dataset: Path) -> list[dict[str, Any]]:
    """All rows of a dataset, in an order of their own; whatever is in it is compared."""
    found = [row for file in dataset.rglob("*.parquet") for row in pq.read_table(file).to_pylist()]
    return sorted(found, key=str)


def test_the_functions_run_in_sql(folder: Path, server: ConnectServer) -> None:
    words = [sys.executable, "-c", PROGRAM, str(folder / "pages"), server.url]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    answers = json.loads(done.stdout.splitlines()[-1])
    by_doc = sorted(PAGES, key=lambda page: page["doc"])
    languages = [told["language"] for told in answers["language"]]
    assert languages == ["en" if page["kind"] == "qu" else page["kind"] for page in by_doc]
    assert answers["clean_text"] == [page["body"] for page in by_doc]


@pytest.fixture(scope="module")
def statuses(folder: Path, server: ConnectServer) -> dict[str, int]:
    """All jobs by one client, each with a session of its own."""
    found, said = server.run(*(command(folder, name, "connect") for name in COMMANDS))
    assert "JVM" not in said
    return dict(zip(COMMANDS, found, strict=True))


@pytest.mark.parametrize("name", COMMANDS)
def test_jobs_on_a_table_make_what_a_classic_session_makes(
    folder: Path, statuses: dict[str, int], name: str
) -> None:
    assert statuses[name] == 0
    classic = command(folder, name, "classic")
    assert main([*classic, "--quiet", "--master", "local[2]"]) == 0
    for dataset in COMMANDS[name]:
        ours, theirs = (rows(folder / made / name / dataset) for made in ("connect", "classic"))
        assert ours == theirs, dataset
        assert ours, dataset
    manifests = [
        {path.parent.name: json.loads(path.read_text())["accounts"] for path in found}
        for made in ("connect", "classic")
        for found in [(folder / made / name).glob("*/_manifest.json")]
    ]
    assert manifests[0] == manifests[1]


def test_a_table_of_a_lake_is_written_once_and_read(
    folder: Path, lake: Lake, server: ConnectServer
) -> None:
    pages = documents(1) + documents(2)
    write_lines(folder / "crawl" / "pages.jsonl", pages)
    run, copy = str(folder / "run"), str(folder / "copy")
    assert main(["run", str(folder / "crawl"), run, "--quiet", "--master", "local[2]"]) == 0
    table, corpus = lake.spelt("delta", "annotated"), lake.spelt("iceberg", "corpus")
    export = ["export", run, "--dataset", "annotated", "--to", table]
    found, said = server.run(
        ["export", run, "--to", corpus], export, export, ["dedup", table, copy]
    )
    assert found == [0, 0, 0, 0], said[-3000:]
    (told,) = Path(copy, "tables").glob("*/_manifest.json")
    accounts = json.loads(told.read_text())["accounts"]
    assert accounts["rows_in"] == accounts["rows_out"] == len(pages)
    assert len(rows(Path(copy, "corpus"))) < len(pages)
    with lake.session() as spark:
        assert len(lake.rows(spark, corpus)) == len(rows(Path(run, "corpus"))) > 0
        assert len(lake.written(spark, table)) == 1


def test_what_a_server_alone_can_set_is_refused(folder: Path, server: ConnectServer) -> None:
    words = [*command(folder, "dedup", "refused"), "--spark-conf", "spark.driver.memory=2g"]
    found, said = server.run(words)
    assert found == [1]
    assert "spark.driver.memory: is set where the Connect server starts" in said

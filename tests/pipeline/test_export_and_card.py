"""What trainers and hubs get beside Parquet: JSON lines with the same rows, and a card."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import yaml

from jobs import export_corpus
from jobs.export_corpus import export_stage, require_partitions, tell_outdated
from jobs.report.dataset_card import size_class
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import InputError
from tests.sample_run import FinishedRun

pytestmark = pytest.mark.spark


@pytest.fixture(params=["here", "spark"])
def context(
    request: pytest.FixtureRequest, finished_run: FinishedRun, tmp_path: Path
) -> RunContext:
    shutil.copytree(finished_run.folder, tmp_path / "run")
    here = request.param == "here"
    return replace(finished_run.context, output=str(tmp_path / "run"), local=here)


def test_the_lines_are_the_corpus(
    context: RunContext, finished_run: FinishedRun, tmp_path: Path
) -> None:
    manifest = export_stage(context)
    found = []
    for file in manifest.files:
        path = str(tmp_path / "run" / "jsonl" / file.path)
        with pa.CompressedInputStream(pa.OSFile(path), "zstd") as stream:
            found += [json.loads(line) for line in stream.read().decode("utf-8").split("\n")[:-1]]
    corpus = {
        row["id"]: {k: v for k, v in row.items() if v is not None}
        for row in finished_run.rows("corpus")
    }
    assert {row["id"]: row for row in found} == corpus
    assert manifest.accounts.rows_in == manifest.accounts.rows_out == len(found)
    assert all(file.path.endswith(".jsonl.zst") for file in manifest.files)


def test_partitions_are_the_corpus_by_language_as_spark_and_arrow_read_them(
    context: RunContext, finished_run: FinishedRun, tmp_path: Path
) -> None:
    manifest = export_stage(context, ["language", "format"])
    corpus = {row["id"]: row for row in finished_run.rows("corpus")}
    folder = str(tmp_path / "run" / "partitioned")
    schema = pa.schema([("language", pa.string()), ("format", pa.string())])
    partitioning = ds.partitioning(schema, flavor="hive")
    read = ds.dataset(folder, partitioning=partitioning, format="parquet").to_table().to_pylist()
    assert {row["id"]: row for row in read} == corpus
    assert manifest.accounts.rows_in == manifest.accounts.rows_out == len(read)
    by_spark = context.spark.read.parquet(folder)
    english = by_spark.where("language = 'en'").count()
    assert english == sum(row["language"] == "en" for row in corpus.values()) > 0


def test_an_export_of_an_earlier_corpus_is_told(
    context: RunContext, capsys: pytest.CaptureFixture[str]
) -> None:
    export_stage(context, ["language"])
    told = replace(context, reporter=Reporter())
    tell_outdated(told)
    assert "partitioned/" not in capsys.readouterr().err
    path = Path(context.folder("corpus")) / "_manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["fingerprint"] = "another"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    tell_outdated(told)
    told_again = capsys.readouterr().err
    assert "partitioned/ holds an earlier corpus: `corpusmill export" in told_again
    assert f"{context.output} --partition-by" in told_again


@pytest.mark.parametrize(
    ("name", "carried", "is_refused"),
    [
        ("language", (), False), ("langage", (), True), ("text", (), True), ("id", ("all",), True),
        ("votes", ("votes",), False), ("votes", ("year",), True), ("votes", ("all",), False),
    ],
)  # fmt: skip
def test_what_names_no_partitions_is_refused_before_anything_is_read(
    name: str, carried: tuple[str, ...], is_refused: bool
) -> None:
    if not is_refused:
        require_partitions([name], carried)
        return
    with pytest.raises(
        InputError, match=f"parted by '{name}': wanted one of source, url, language"
    ):
        require_partitions([name], carried)


@pytest.mark.parametrize(
    ("names", "told"),
    [(["language", "language"], "give each column once"), (["_score"], "begin with _ or a dot")],
)
def test_partitions_that_nobody_could_read_are_refused(names: list[str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        require_partitions(names, ["_score"])


def test_a_value_that_no_folder_can_be_called_is_refused_by_name(tmp_path: Path) -> None:
    row = {"id": 1, "text": "a", "metadata": json.dumps({"board": "灯" * 30})}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "part.parquet")
    write = export_corpus._Partitions(("board",))
    with pytest.raises(InputError, match=r"board=%E7.*would be a folder of 276 bytes.*at most 255"):
        write(str(tmp_path / "part.parquet"), str(tmp_path), 0)


def test_too_many_partitions_are_refused_by_name(
    context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_corpus, "MOST_PARTITIONS", 2)
    local = replace(context, local=True)
    with pytest.raises(InputError, match=r"more than 2 partitions by url .*of fewer values"):
        export_stage(local, ["url"])


def test_the_card_tells_counts_languages_and_limits(finished_run: FinishedRun) -> None:
    card = (Path(finished_run.folder) / "dataset_card.md").read_text(encoding="utf-8")
    _, header, body = card.split("---\n", 2)
    facts = yaml.safe_load(header)
    assert {"en", "zh", "de"} <= set(facts["language"])
    assert facts["size_categories"] == ["n<1K"]
    kept = len(finished_run.rows("corpus", ["id"]))
    assert f"{kept} documents" in body
    assert "`too_few_words`" in body
    assert "not judged: `unsafe_agreed`" in body
    assert "| lamplight.example |" in body


@pytest.mark.parametrize(
    ("documents", "name"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (5 * 10**8, "100M<n<1B"), (10**9, "n>1B")],
)
def test_size_classes_are_the_hubs(documents: int, name: str) -> None:
    assert size_class(documents) == name

"""An index made by Spark is the index that the command's own process makes, posting for posting."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.index_phrases import index_stage
from jobs.inspection.tracing import PhraseTrace, trace_phrase
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.manifest import Manifest
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.contract.user_tables import open_user_table
from jobs.runtime.errors import InputError
from jobs.tracing import layout
from jobs.tracing.indexed_documents import run_documents, table_documents
from tests.jobs.finished_run import make_finished_run
from tests.jobs.tracing.traced_tables import own_context, write_grades, write_texts

pytestmark = pytest.mark.spark

PHRASES = (
    "the team counted forty-one species of moss on the north wall",
    "你怎么还不回来你怎么还不回来",
)
TINY_CHUNKS = "run.chunk_gigabytes=0.00002"


def rows(folder: Path, kind: str) -> pa.Table:
    files = sorted((folder / "phrase_index").rglob(f"{kind}-*.parquet"))
    return pa.concat_tables([pq.read_table(file) for file in files])


def counts(folder: Path) -> list[int]:
    (file,) = (folder / "phrase_index").rglob("token_counts.parquet")
    found: list[int] = pq.read_table(file).column("count").to_pylist()
    assert sum(found)
    return found


def index(context: RunContext, *overrides: str) -> Manifest:
    return index_stage(context, load_recipe("default", overrides), run_documents(context))


def told(run: Path) -> list[PhraseTrace]:
    return [trace_phrase(str(run), phrase) for phrase in PHRASES]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ours") / "run"
    run = make_finished_run(folder, files=3)
    numbers = [row["id"] for row in run.annotated[::2]]
    write_grades(folder, {number: None if number % 3 else number % 5 for number in numbers})
    index(own_context(folder))
    return folder


def test_postings_and_documents_are_the_same(
    spark: SparkSession, ours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Path(shutil.copytree(ours, tmp_path / "run"))
    shutil.rmtree(run / "phrase_index")
    monkeypatch.setattr(layout, "BUCKET_POSTINGS", 2_000)  # several files
    manifest = index(RunContext(spark, str(run), Reporter(quiet=True)))
    assert len([file for file in manifest.files if "postings-" in file.path]) > 4
    for kind, order in (("postings", ["hash", "document"]), ("documents", ["document"])):
        keys = [(name, "ascending") for name in order]
        found, wanted = rows(run, kind), rows(ours, kind)
        assert found.equals(found.sort_by(keys))  # in the order of the files
        assert found.equals(wanted)
    assert counts(run) == counts(ours)
    assert told(run) == told(ours)
    # Either goes on from what the other made.
    assert index(own_context(run)).created_at == manifest.created_at


def test_texts_carried_by_java_are_the_texts_that_tasks_read(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "BUCKET_POSTINGS", 500)
    texts = [
        f"{PHRASES[number % 2]} {number * 7919 % 101} of them" if number % 47 else None
        for number in range(200)
    ]
    table = Path(write_texts(tmp_path / "t", texts, files=2, rows_a_group=16))
    source = table_documents(open_user_table(spark, str(table), None, None))
    assert source.table is not None
    assert source.table.arrow is not None
    told_by_spark = replace(source, table=replace(source.table, arrow=None))
    made = []
    for name, given in (("read", source), ("carried", told_by_spark)):
        context = RunContext(spark, str(tmp_path / name), Reporter(quiet=True))
        index_stage(context, load_recipe("default"), given)
        kinds = ("postings", "documents")
        made.append([rows(tmp_path / name, kind) for kind in kinds] + [counts(tmp_path / name)])
    assert made[0] == made[1]
    assert len(made[0][1]) == 200


def test_a_killed_index_goes_on_from_its_chunks(
    spark: SparkSession, ours: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(ours, tmp_path / "run"))
    shutil.rmtree(run / "phrase_index")
    context = RunContext(spark, str(run), Reporter(quiet=True))
    manifest = index(context, TINY_CHUNKS)
    segments = sorted((run / "phrase_index").glob("chunk-*/segment.json"))
    assert len(segments) > 2
    assert told(run) == told(ours)
    # As a kill after the first chunk leaves it.
    kill(run, manifest, len(segments))
    for segment in segments[1:]:
        shutil.rmtree(segment.parent)
    with pytest.raises(InputError, match="has no index"):
        told(run)
    before = segments[0].stat().st_mtime_ns
    index(context, TINY_CHUNKS)
    assert segments[0].stat().st_mtime_ns == before
    assert told(run) == told(ours)


def kill(run: Path, manifest: Manifest, chunks: int) -> None:
    """Leave an index as it is without its manifest."""
    read = [
        json.loads(path.read_text("utf-8"))["files"]
        for path in run.glob("phrase_index/chunk-*/segment.json")
    ]
    progress = {
        "stage": "index",
        "fingerprint": manifest.fingerprint,
        "cut": [len(files) for files in read],
    }
    (run / "phrase_index" / "_in_progress.json").write_text(json.dumps(progress), "utf-8")
    (run / "phrase_index" / "_manifest.json").unlink()


def test_a_table_of_the_users_with_columns_of_any_name(spark: SparkSession, tmp_path: Path) -> None:
    phrase = "one two three four five six seven eight nine"
    table = write_texts(tmp_path / "t", [phrase, "other words", f"so {phrase}", None], files=2)
    for file in Path(table).glob("*.parquet"):
        renamed = pq.read_table(file).rename_columns(["document", "hash", "status"])
        pq.write_table(renamed, file)
    context = RunContext(spark, str(tmp_path / "i"), Reporter(quiet=True))
    source = table_documents(open_user_table(spark, table, "document", "hash"))
    manifest = index_stage(context, load_recipe("default"), source)
    assert (manifest.accounts.rows_in, manifest.accounts.rows_out) == (4, 4)
    trace = trace_phrase(str(tmp_path / "i"), phrase)
    assert [(one.id, one.status) for one in trace.documents] == [(0, "kept"), (2, "kept")]


def test_ids_of_another_type_are_refused(spark: SparkSession, tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [0.5], "text": ["words"]}), tmp_path / "t.parquet")
    with pytest.raises(
        InputError, match=r"id of .* is double; documents are named by whole numbers"
    ):
        table_documents(open_user_table(spark, str(tmp_path / "t.parquet"), None, None))

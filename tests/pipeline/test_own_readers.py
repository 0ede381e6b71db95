"""Formats of the user's in a run: files and addresses by their ending, by threads and by Spark alike."""

import gzip
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from examples.subtitles import read
from jobs.extract_text import extract_inputs
from jobs.ingest.source_files import list_sources
from jobs.ingest_documents import ingest_stage
from jobs.inspection.raw_document import raw_document
from jobs.inspection.run_tables import RunTables
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import SettingsError

pytestmark = pytest.mark.spark

SUBTITLES = """1
00:00:01,000 --> 00:00:03,500
The ferry leaves at six.

2
00:00:04,000 --> 00:00:06,000
As it had every morning.

3
00:01:10,000 --> 00:01:12,000
Nobody came back.
"""
NOTE = '{"text": "this looks like JSON lines"}\n{"text": "but is a note"}\n'
MODULE = """
from own_note_words import greeting
def read(content):
    if content == b"bad":
        raise ValueError("a bad note")
    return greeting() + content.decode()
"""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("readers")
    modules = folder / "modules"
    modules.mkdir()
    (modules / "own_notes.py").write_text(MODULE)
    (modules / "own_note_words.py").write_text("def greeting():\n    return 'Note: '\n")
    given = folder / "in"
    given.mkdir()
    (given / "film.srt").write_text(SUBTITLES)
    (given / "note.note").write_text(NOTE)
    (given / "bad.NOTE").write_text("bad")
    (given / "letter.txt").write_text("A plain letter.")
    (given / "notes.note.gz").write_bytes(gzip.compress(b"packed"))
    (given / "crawl.warc").write_bytes(response("https://a.example/b.note?x=1", b"from a crawl"))
    sys.path.append(str(modules))
    importlib.invalidate_caches()
    yield given
    sys.path.remove(str(modules))


def response(url: str, body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"
    fields = (
        "WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\n"
        f"WARC-Target-URI: {url}\r\nContent-Length: {len(head + body)}\r\n\r\n"
    )
    return fields.encode() + head + body + b"\r\n\r\n"


READERS = ("ingest.readers.note=own_notes:read", "ingest.readers.srt=examples.subtitles:read")


def rows(run: Path, dataset: str) -> dict[str, dict[str, Any]]:
    files = sorted((run / dataset).rglob("*.parquet"))
    found = [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]
    return {Path(row["source"]).name: row for row in found}


def extracted(spark: SparkSession, inputs: Path, run: Path, *overrides: str) -> RunContext:
    context = RunContext(spark, str(run), Reporter(quiet=True), local=True)
    extract_inputs(context, [str(inputs)], load_recipe("default", [*READERS, *overrides]))
    return context


@pytest.fixture(scope="module")
def by_threads(
    spark: SparkSession, inputs: Path, tmp_path_factory: pytest.TempPathFactory
) -> RunContext:
    return extracted(spark, inputs, tmp_path_factory.mktemp("threads"))


def test_files_and_addresses_go_to_the_reader_of_their_ending(by_threads: RunContext) -> None:
    found = rows(Path(by_threads.output), "extracted")
    told = {name: (row["status"], row["format"], row["text"]) for name, row in found.items()}
    assert told == {
        "film.srt": (
            "ok",
            "srt",
            "The ferry leaves at six. As it had every morning.\n\nNobody came back.",
        ),
        "note.note": ("ok", "note", f"Note: {NOTE.strip()}"),
        "bad.NOTE": ("malformed", "note", ""),
        "letter.txt": ("ok", "text", "A plain letter."),
        "notes.note.gz": ("ok", "note", "Note: packed"),
        "crawl.warc": ("ok", "note", "Note: from a crawl"),
    }
    assert found["bad.NOTE"]["detail"] == "ValueError: a bad note"
    assert found["note.note"]["extractor"] == "own_notes:read"


def test_accounts_add_up(by_threads: RunContext) -> None:
    accounts = by_threads.manifest("extracted").accounts
    assert (accounts.rows_in, accounts.rows_out, accounts.rows_quarantined) == (6, 5, 1)
    assert by_threads.manifest("documents").rows == 6


def test_spark_reads_the_same(
    spark: SparkSession, inputs: Path, by_threads: RunContext, tmp_path: Path
) -> None:
    extracted(spark, inputs, tmp_path / "run", "run.driver_megabytes=0")
    assert rows(tmp_path / "run", "extracted") == rows(Path(by_threads.output), "extracted")


def test_the_bytes_of_such_a_document_are_found(by_threads: RunContext) -> None:
    tables = RunTables(by_threads.output)
    found = rows(Path(by_threads.output), "documents")
    assert raw_document(tables, found["notes.note.gz"]["id"]) == b"packed"
    assert raw_document(tables, found["note.note"]["id"]) == NOTE.encode()


@pytest.mark.parametrize("kept", ["true", "false"])
def test_ingest_alone_lists_the_same_documents(
    spark: SparkSession, inputs: Path, by_threads: RunContext, tmp_path: Path, kept: str
) -> None:
    context = RunContext(spark, str(tmp_path), Reporter(quiet=True), local=True)
    recipe = load_recipe("default", [*READERS, f"ingest.keep_content={kept}"])
    ingest_stage(context, list_sources([str(inputs)], context.output), recipe)
    found = rows(tmp_path, "documents")
    if kept == "true":
        assert found["note.note"].pop("content") == NOTE.encode()
    expected = rows(Path(by_threads.output), "documents")
    assert {name: row["id"] for name, row in found.items()} == {
        name: row["id"] for name, row in expected.items()
    }


def test_a_changed_reader_reads_anew(spark: SparkSession, inputs: Path, tmp_path: Path) -> None:
    context = extracted(spark, inputs, tmp_path)
    before = context.manifest("extracted")
    extracted(spark, inputs, tmp_path)
    assert context.manifest("extracted") == before
    words = inputs.parent / "modules" / "own_note_words.py"
    words.write_text(words.read_text() + "# changed\n")
    extracted(spark, inputs, tmp_path)
    assert context.manifest("extracted").fingerprint != before.fingerprint


def test_a_reader_that_is_not_there_is_told_before_anything_is_read(
    spark: SparkSession, inputs: Path, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="own_nowhere:read cannot be imported"):
        extracted(spark, inputs, tmp_path, "ingest.readers.doc=own_nowhere:read")
    assert not (tmp_path / "extracted").exists()


@pytest.mark.parametrize(
    ("setting", "fault"),
    [
        ("ingest.readers.pdf=a:b", "is none of html, pdf, epub, text"),
        ("ingest.readers.rst=nobody", "neither MODULE:FUNCTION nor an entry point"),
    ],
)
def test_a_setting_that_names_no_reader_is_a_fault(setting: str, fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        load_recipe("default", [setting])


def test_what_the_example_cannot_read_it_says() -> None:
    assert json.dumps(read(SUBTITLES.encode())).count("\\n\\n") == 1
    with pytest.raises(ValueError, match="no time such as"):
        read(b"1\nno times here")

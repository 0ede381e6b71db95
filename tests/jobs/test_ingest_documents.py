"""The bytes of sources are read once and stay where they are; documents/ says who and where."""

from __future__ import annotations

import gzip
import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.extract_text import extract_inputs, extract_stage
from jobs.ingest.extract_sources import SourceExtractor
from jobs.ingest.file_numbers import number_of
from jobs.ingest.read_batches import DocumentReader
from jobs.ingest.settings import IngestSettings
from jobs.ingest.source_files import list_sources, read_plan, require_all_unchanged
from jobs.ingest.source_tasks import source_tasks, task_rows
from jobs.ingest_documents import ingest_stage
from jobs.inspection.explain_document import write_raw
from jobs.inspection.raw_document import raw_document
from jobs.inspection.run_tables import RunTables
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.document_ids import document_id
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import InputError, StageError
from jobs.runtime.spark.schemas import DOCUMENTS, EXTRACTED
from tests.sample_run import FinishedRun
from udfs.extraction.contract import ExtractionOptions

PAGE = (
    "<html><head><title>Ferry {0}</title></head><body><p>Ferry {0} leaves at six.</p></body></html>"
)
PAGES = [PAGE.format(number).encode() for number in range(7)]


def crawl_file() -> bytes:
    records = [
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:%d>\r\nWARC-Target-URI: https://a.example/%d\r\n"
        b"Content-Type: application/http\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n"
        % (number, number, len(answer), answer)
        for number, page in enumerate(PAGES)
        for answer in [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page]
    ]
    return b"".join(map(gzip.compress, records))


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A crawl, a table, a page of its own and an empty file."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.warc.gz").write_bytes(crawl_file())
    table = pa.table({"id": ["x", "y"], "html": pa.array(PAGES[:2], pa.binary())})
    pq.write_table(table, folder / "b.parquet")
    (folder / "c.html").write_bytes(PAGES[0])
    (folder / "d.html").write_bytes(b"")
    return folder


def of(name: str, row: int = 0) -> int:
    """The id of a record of one of the sources."""
    return document_id(number_of(f"in/{name}"), row)


@pytest.fixture
def context(spark: SparkSession, tmp_path: Path) -> RunContext:
    return RunContext(spark, str(tmp_path / "run"), Reporter(quiet=True))


def rows_of(context: RunContext, dataset: str) -> list[dict[str, Any]]:
    files = sorted((Path(context.output) / dataset).rglob("*.parquet"))
    found = [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]
    return sorted(found, key=lambda row: (row["source"], row["id"]))


def tasks(folder: Path, parts: int = 1) -> list[pa.RecordBatch]:
    rows = [
        {**vars(file), "part": part, "parts": parts}
        for file in list_sources([str(folder)])
        for part in range(parts)
    ]
    return [pa.RecordBatch.from_pylist([row]) for row in rows]


@pytest.mark.spark
def test_the_list_is_the_same_whether_extraction_read_the_sources_or_ingest_did(
    context: RunContext, sources: Path
) -> None:
    recipe = load_recipe("default")
    extract_inputs(context, [str(sources)], recipe)
    alone = replace(context, output=context.output + "-alone")
    ingest_stage(alone, list_sources([str(sources)]), recipe)
    listed = rows_of(context, "documents")
    assert listed == rows_of(alone, "documents")
    assert [set(row) for row in listed] == [set(DOCUMENTS.names)] * 11
    assert [row["status"] for row in listed] == ["ok"] * 10 + ["empty"]
    assert read_plan(context.folder("documents")) == read_plan(alone.folder("documents"))
    statuses = [(row["status"], row["stage"]) for row in rows_of(context, "extracted")]
    assert statuses == [("ok", "extract")] * 10 + [("empty", "ingest")]


@pytest.mark.spark
def test_what_this_process_reads_of_a_few_files_is_what_spark_reads(
    context: RunContext, sources: Path
) -> None:
    def no_session() -> SparkSession:
        raise AssertionError("Spark was asked for")

    recipe = load_recipe("default")
    made = extract_inputs(context, [str(sources)], recipe)
    here = replace(
        context, session=no_session, output=context.output + "-here", local=True, threads=2
    )
    assert extract_inputs(here, [str(sources)], recipe).accounts == made.accounts
    for dataset in ("extracted", "documents"):
        assert rows_of(here, dataset) == rows_of(context, dataset)
        for output in (context.output, here.output):
            file = next((Path(output) / dataset).rglob("*.parquet"))
            assert (
                pq.read_schema(file).names
                == (EXTRACTED if dataset == "extracted" else DOCUMENTS).names
            )


def test_a_parser_that_cannot_start_is_one_sentence(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("udfs.extraction.guard.parser_child.sys.executable", "/bin/false")
    context = RunContext(lambda: None, str(tmp_path / "run"), Reporter(quiet=True), local=True)  # type: ignore[arg-type, return-value]
    with pytest.raises(StageError, match=r"stage extract failed: the parser child did not start"):
        extract_inputs(context, [str(sources)], load_recipe("default"))


@pytest.mark.spark
def test_bytes_are_kept_where_that_is_asked_for(context: RunContext, sources: Path) -> None:
    recipe = load_recipe("default", ["ingest.keep_content=true"])
    extract_inputs(context, [str(sources)], recipe)
    rows = rows_of(context, "documents")
    assert [row["content"] for row in rows] == [*PAGES, *PAGES[:2], PAGES[0], b""]
    (sources / "a.warc.gz").unlink()  # the copy outlives the source
    assert raw_document(RunTables(context.output), of("a.warc.gz", 3)) == PAGES[3]


@pytest.mark.spark
def test_extraction_by_other_settings_reads_the_sources_again(
    context: RunContext, sources: Path
) -> None:
    extract_inputs(context, [str(sources)], load_recipe("default"))
    documents = Path(context.folder("documents"), "_manifest.json").read_bytes()
    plain = load_recipe("default", ["extract.html_headline=false"])
    plan = read_plan(context.folder("documents"))
    extract_stage(context, plan, plain)
    assert {row["text"] for row in rows_of(context, "extracted")} >= {"Ferry 3 leaves at six."}
    assert Path(context.folder("documents"), "_manifest.json").read_bytes() == documents
    (sources / "c.html").write_bytes(PAGES[1] + b" ")
    with pytest.raises(InputError, match=r"c\.html has changed since it was listed"):
        require_all_unchanged(plan)
    other = load_recipe("default", ["extract.profile=fast"])
    with pytest.raises(StageError, match=r"c\.html has changed since it was listed"):
        extract_stage(context, plan, other)
    (sources / "c.html").unlink()
    with pytest.raises(InputError, match=r"1 of 4 sources are gone, the first is .*c\.html"):
        require_all_unchanged(plan)


def test_a_damaged_list_of_sources_says_who_writes_it(tmp_path: Path) -> None:
    (tmp_path / "_sources.arrow").write_bytes(b"ARROW1")
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match=r"list of sources, cannot be read .* writes it anew"):
            read_plan(str(folder))


@pytest.mark.parametrize("parts", [2, 3, 8])
def test_the_parts_of_a_file_are_the_file(sources: Path, parts: int) -> None:
    read = DocumentReader(IngestSettings())
    whole = pa.Table.from_batches(read(iter(tasks(sources)))).sort_by("id")
    by_part = [
        pa.Table.from_batches(found)
        for task in tasks(sources, parts)
        if (found := [*read(iter([task]))])
    ]
    assert len(by_part) == min(parts, 7) + min(parts, 2) + 2
    assert pa.concat_tables(by_part).sort_by("id").equals(whole)


def test_a_file_that_is_gone_is_a_row_unless_other_tasks_read_it_too(sources: Path) -> None:
    """One of several tasks has its share of the rows only: of a file that went meanwhile it would be lost."""
    alone, first, second = (
        task
        for parts in (1, 2)
        for task in tasks(sources, parts)
        if task["path"][0].as_py().endswith("a.warc.gz")
    )
    read = DocumentReader(IngestSettings())
    assert [*read(iter([first]))]
    (sources / "a.warc.gz").unlink()
    (row,) = pa.Table.from_batches(read(iter([alone]))).to_pylist()
    assert (row["status"], row["detail"]) == ("unreadable", "it is gone since it was listed")
    with pytest.raises(InputError, match=r"a\.warc\.gz is gone since it was listed"):
        list(read(iter([second])))


@pytest.mark.spark
def test_a_large_file_is_dealt_out_and_small_ones_are_gathered(
    spark: SparkSession, sources: Path
) -> None:
    (large, *small) = [
        replace(file, size=size)
        for file, size in zip(list_sources([str(sources)]), (1 << 30, 9, 9, 9), strict=True)
    ]
    dealt = source_tasks(spark, [large])
    assert dealt.rdd.getNumPartitions() == 2  # cores of the tests: each part unpacks the whole file
    assert sorted((row["part"], row["parts"]) for row in dealt.collect()) == [(0, 2), (1, 2)]
    assert [row["parts"] for row in task_rows([large], 64)] == [8] * 8
    assert {row["parts"] for row in task_rows([large, *small], 2)} == {1}
    gathered = source_tasks(spark, small)
    assert gathered.rdd.getNumPartitions() == 2  # cores of the tests
    assert {row["parts"] for row in gathered.collect()} == {1}
    assert source_tasks(spark, small, 1).rdd.getNumPartitions() == 1


def test_rows_that_ingest_refused_pass_extraction_by(sources: Path) -> None:
    found = list(SourceExtractor(IngestSettings(), ExtractionOptions())(iter(tasks(sources))))
    assert all(batch.schema.equals(EXTRACTED) for batch in found)
    rows = [row for batch in found for row in batch.to_pylist()]
    assert len(rows) == 11
    (refused,) = [row for row in rows if row["stage"] == "ingest"]
    assert (refused["status"], refused["detail"]) == ("empty", "the file has 0 bytes")
    assert refused["content_hash"] is refused["format"] is refused["text"] is None
    assert refused["record"]["status"] == "empty"


@pytest.mark.spark
def test_raw_bytes_are_fetched_by_id(
    context: RunContext, sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest_stage(context, list_sources([str(sources)]), load_recipe("default"))
    tables = RunTables(context.output)
    assert raw_document(tables, of("a.warc.gz", 5)) == PAGES[5]
    assert raw_document(tables, of("b.parquet", 1)) == PAGES[1]
    assert raw_document(tables, of("c.html")) == PAGES[0]
    with pytest.raises(InputError, match="has no bytes to show: empty, the file has 0 bytes"):
        raw_document(tables, of("d.html"))
    screen = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", screen)
    write_raw(tables, str(of("a.warc.gz", 4)))
    assert screen.buffer.getvalue() == PAGES[4]
    monkeypatch.setattr(screen, "isatty", lambda: True, raising=False)
    with pytest.raises(InputError, match="add > FILE"):
        write_raw(tables, str(of("a.warc.gz", 4)))
    with pytest.raises(InputError, match="--raw 99: no document of this run has this id"):
        write_raw(tables, "99")
    (sources / "b.parquet").write_bytes(b"other")
    with pytest.raises(InputError, match="has changed since it was listed"):
        raw_document(tables, of("b.parquet"))
    (sources / "b.parquet").unlink()
    with pytest.raises(InputError, match="the original of this document is there or nowhere"):
        raw_document(tables, of("b.parquet"))


@pytest.mark.spark
def test_the_whole_run_writes_no_raw_bytes(finished_run: FinishedRun) -> None:
    for dataset in ("documents", "extracted", "annotated", "corpus"):
        for file in (finished_run.folder / dataset).rglob("*.parquet"):
            assert pa.binary() not in pq.read_schema(file).types

"""What tasks of Spark read and write of an index, without Spark."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.index_phrases import index_stage
from jobs.recipes.loading import load_recipe
from jobs.tracing import layout, sorted_files, spark_tasks
from jobs.tracing.indexed_documents import CORPUS, run_documents
from jobs.tracing.layout import COUNTS_NAME, Segment, open_index
from jobs.tracing.look_up import all_documents, documents_between
from jobs.tracing.spark_tasks import (
    COUNTED,
    TEXT_TASKS,
    PostingBatches,
    PostingWriter,
    TextScan,
)
from tests.jobs.finished_run import make_finished_run
from tests.jobs.tracing.traced_tables import index_table, own_context, write_texts
from udfs.tracing.posting_keys import PostingKeys


def tasks(segment: Segment, parts: int) -> list[pa.RecordBatch]:
    """Every file in so many parts, a batch each."""
    return [
        pa.RecordBatch.from_pylist(
            [
                {
                    "path": segment.path(file),
                    "first": file.first,
                    "whole": file.dataset in ("", CORPUS),
                    "part": part,
                    "parts": parts,
                }
            ],
            schema=TEXT_TASKS,
        )
        for file in segment.files
        for part in range(parts)
    ]


@pytest.mark.parametrize("parts", [1, 2, 5])
def test_parts_hold_each_document_of_a_run_once(
    parts: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorted_files, "ROW_GROUP_DOCUMENTS", 4)
    make_finished_run(tmp_path / "run", files=3)
    context = own_context(tmp_path / "run")
    index_stage(context, load_recipe("default"), run_documents(context))
    (segment,) = open_index(str(tmp_path / "run")).segments
    found = pa.Table.from_batches(TextScan(segment)(iter(tasks(segment, parts))))
    wanted = all_documents(segment)
    assert sorted(found.column("document").to_pylist()) == wanted.tolist()
    assert len({file.dataset for file in segment.files}) == 3
    assert 0 < len(wanted) < sum(file.rows for file in segment.files)
    texts = dict(zip(*(column.to_pylist() for column in found.columns), strict=True))
    for file in segment.files:
        own = pq.read_table(segment.path(file), columns=["text"]).column(0).to_pylist()
        for number, text in texts.items():
            if file.first <= number < file.first + file.rows:
                assert own[number - file.first] == text


def test_documents_between_two_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorted_files, "ROW_GROUP_DOCUMENTS", 3)
    monkeypatch.setattr(sorted_files, "BLOCK_BITS", 4)
    monkeypatch.setattr("jobs.tracing.look_up.BLOCK_BITS", 4)
    index_table(write_texts(tmp_path / "t", ["words"] * 50), tmp_path / "i")
    (segment,) = open_index(str(tmp_path / "i")).segments
    for first, stop in ((0, 50), (0, 1), (15, 17), (16, 32), (17, 50), (49, 50), (50, 60)):
        wanted = list(range(first, min(stop, 50)))
        assert documents_between(segment, first, stop).tolist() == wanted


def test_what_tasks_write_is_what_one_thread_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "BUCKET_POSTINGS", 30)
    monkeypatch.setattr(spark_tasks, "_SENT_TOGETHER", 50)
    monkeypatch.setattr(spark_tasks, "_MOST_TOGETHER", 3)  # a bucket comes in many rows
    draw = np.random.default_rng(18)
    texts = [" ".join(draw.choice(list("abcdefgh"), 40)) for _ in range(60)]
    index_table(write_texts(tmp_path / "t", texts, files=2), tmp_path / "i")
    (segment,) = open_index(str(tmp_path / "i")).segments
    assert segment.bits >= 3
    keys = PostingKeys(segment.hash_bits, segment.bits, segment.document_bits)
    winnow = PostingBatches((), segment.text_bytes, keys, TextScan(segment))
    sent = [batch for task in tasks(segment, 2) for batch in winnow(iter([task]))]
    rows = pa.Table.from_batches(sent).sort_by("bucket")
    assert rows.column("bucket").to_pylist().count(COUNTED) == 4  # one a task
    folder = tmp_path / "written"
    told = [
        row
        for batch in PostingWriter(str(folder), keys)(iter(rows.to_batches()))
        for row in batch.to_pylist()
    ]
    names = {row["file"] for row in told}
    assert names == {name for name in segment.names if name.startswith("postings-")} | {COUNTS_NAME}
    for name in names:
        assert pq.read_table(folder / name).equals(pq.read_table(Path(segment.folder) / name))

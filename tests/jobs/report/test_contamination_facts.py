"""The section on benchmarks: counts, doubtful matches first and side by side, no markup of a text."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.command.parser import build_parser
from jobs.contamination.review_table import COLUMNS, read_marks
from jobs.inspection.review_benchmarks import review_command, review_rows
from jobs.report.contamination_facts import contamination_facts, shared_pieces
from jobs.report.page import render_page
from jobs.runtime.contract.manifest import Manifest, published_files
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.errors import InputError
from tests.jobs.report.test_page import _empty_report

HOSTILE = "</mark><script>alert(1)</script> of the old harbour wall"


def match(number: int, benchmark: str, item: str, strength: float, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "url": f"https://{'leaky' if number < 3 else 'other'}.org/{number}",
        "source": "pages.jsonl",
        "benchmark": benchmark,
        "item": item,
        "field": "question",
        "share": 0.9,
        "bits": 80.0,
        "strength": strength,
        "variant": False,
        "key": f"{number:016x}",
        "passage": HOSTILE,
        "item_text": "What is the name of the old harbour wall?",
        "reason": None,
        "excised": False,
        **more,
    }


MATCHES = [
    match(1, "gsm8k", "a/1", 1.4),
    match(2, "gsm8k", "a/2", 1.02, excised=True),
    match(3, "gsm8k", "a/1", 1.4, key=f"{1:016x}"),
    match(4, "mmlu", "m/1", 0.8),
    match(5, "mmlu", "m/2", 1.5, variant=True, passage="=2+3 of the old harbour wall"),
]
DETAILS = {
    "documents": 1000,
    "hosts": 7,
    "index_bytes": 123,
    "benchmarks": {
        "gsm8k": {"items": 10, "decidable": 9, "undecidable": {"too_short": 1}},
        "mmlu": {"items": 4, "decidable": 4, "undecidable": {}},
    },
    "undecidable": [{"benchmark": "gsm8k", "item": "a/9", "reason": "too_short"}],
    "validation": [
        {"change": "verbatim", "benchmark": "gsm8k", "tokens": "8 to 11", "planted": 4, "found": 3,
         "as_variant": 0, "decidable": 4, "whole": True},
        {"change": "verbatim", "benchmark": "mmlu", "tokens": "8 to 11", "planted": 2, "found": 2,
         "as_variant": 0, "decidable": 2, "whole": True},
    ],
}  # fmt: skip


def manifest(folder: Path) -> Manifest:
    return Manifest(
        dataset="contamination",
        stage="match-benchmarks",
        fingerprint="0" * 32,
        fingerprints={},
        accounts=RowAccounts(rows_in=1000, rows_out=1000),
        seconds=1.0,
        created_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        files=published_files(str(folder)),
        versions={},
        details=DETAILS,
    )


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "contamination"
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist(MATCHES), folder / "part.parquet")
    text = manifest(folder).model_dump_json()
    (folder / "_manifest.json").write_text(text, "utf-8")
    return tmp_path


@pytest.mark.spark
def test_facts_count_items_documents_and_sources(spark: SparkSession, run: Path) -> None:
    folder = run / "contamination"
    matches = spark.read.parquet(str(folder / "part.parquet"))
    facts = contamination_facts(matches, manifest(folder), "")
    assert (facts.documents, facts.flagged, facts.per_million) == (1000, 3, 3000)
    assert facts.excised == 1
    flows = {
        flow.benchmark: (flow.items_found, flow.documents, flow.variants)
        for flow in facts.benchmarks
    }
    assert flows == {"gsm8k": (2, 3, 0), "mmlu": (0, 0, 1)}
    assert [(leak.source, leak.documents) for leak in facts.sources] == [
        ("leaky.org", 2),
        ("other.org", 1),
    ]
    assert [example.item for example in facts.examples] == ["a/2", "m/1", "a/1", "m/2"]
    recall = {(count.of, count.name): (count.planted, count.found) for count in facts.recall}
    assert recall[("change", "verbatim")] == (6, 5)
    assert recall[("benchmark", "mmlu")] == (2, 2)

    page = render_page(_empty_report().model_copy(update={"contamination": facts}))
    assert "<mark>of the old harbour wall</mark>" in page
    assert "<script>alert" not in page
    assert 'href="#contamination"' in page
    assert "too short" in page
    assert "The passages were cut out of 1 documents, which stay." in page


def test_a_run_without_benchmarks_has_no_section() -> None:
    assert 'id="contamination"' not in render_page(_empty_report())


@pytest.mark.parametrize(
    ("passage", "item", "marked"),
    [
        ("He sold 48 clips in May.", "So he SOLD 48 clips in June.", ["He sold 48 clips in"]),
        ("alpha beta", "alpha beta", []),
        ("", "some words here", []),
        ("张老师带领学生去公园", "王老师带领学生去公园", ["老师带领学生去公园"]),
        ("ｏｎｅ two three", "one two three", ["ｏｎｅ two three"]),
    ],
)
def test_runs_of_three_words_that_both_have_are_marked(
    passage: str, item: str, marked: list[str]
) -> None:
    left, right = shared_pieces(passage, item)
    assert [text for text, shared in left if shared] == marked
    assert "".join(text for text, _ in left) == passage
    assert "".join(text for text, _ in right) == item


def test_the_review_table_is_by_passage_and_doubt_and_reads_back(run: Path) -> None:
    rows = review_rows(str(run))
    assert [(row["item"], row["documents"]) for row in rows] == [
        ("a/2", 1),
        ("m/1", 1),
        ("a/1", 2),
        ("m/2", 1),
    ]
    arguments = build_parser().parse_args(["contamination", "review", str(run)])
    answer = review_command(arguments)
    path = run / "contamination-review.csv"
    assert answer is not None
    assert str(path) in answer
    lines = path.read_text("utf-8").splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert "'=2+3 of the old" in path.read_text("utf-8")  # no formula of a stranger's
    lines[1] = f"true{lines[1]}"
    lines[2] = f"No{lines[2]}"
    path.write_text("\n".join(lines), "utf-8")
    marks = read_marks(str(path))
    assert [(mark.item, mark.leak) for mark in marks] == [("a/2", True), ("m/1", False)]
    with pytest.raises(InputError, match="may hold your marks"):
        review_command(arguments)


def test_a_run_without_benchmarks_cannot_be_reviewed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run --benchmarks"):
        review_rows(str(tmp_path))

"""Runs of which nothing is left end as any other: an empty corpus, a full ledger, a report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.command_line import main
from jobs.models.run_models import RunModels
from jobs.recipes.loading import load_recipe
from jobs.run_pipeline import run_pipeline
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext

pytestmark = pytest.mark.spark


SENTENCE = (
    "The keeper of the ferry wrote on day {} that the wind came from the north and nobody crossed. "
)
TEXT = "".join(map(SENTENCE.format, range(9)))


class Outcome(NamedTuple):
    """Files of a folder, the recipe's overrides, totals and the line that names what took most."""

    files: dict[str, bytes]
    overrides: list[str]
    totals: tuple[int, int, int]
    line: str


OUTCOMES = {
    "no file that can be read": Outcome(
        {"a.bin": bytes(range(256)) * 16}, [], (1, 0, 1),
        "1 quarantined; quarantine with the status decode_error took most (1)",
    ),
    "a file of no bytes": Outcome(
        {"a.jsonl": b""}, [], (1, 0, 1), "quarantine with the status empty took most (1)"
    ),
    "a text that is too short": Outcome(
        {"a.txt": b"Too short."}, [], (1, 1, 0),
        "the rule too_few_words over heuristics.word_count took most (1)",
    ),
    "a recipe that drops everything": Outcome(
        {
            "a.txt": TEXT.encode(),
            "b.txt": TEXT.replace("ferry", "inn").encode(),
            "c.txt": "渡船六点开。".encode(),
            "d.bin": bytes(range(256)) * 16,
        },
        ["rules.mean_word_length.max=1", "rules.mean_word_length.min=0",
         "rules.mean_word_length.languages={}", "rules.too_few_words.languages={}"],
        (4, 3, 1),
        "4 documents in, 3 dropped, 1 quarantined; the rule mean_word_length over "
        "heuristics.mean_word_length took most (2)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "by_spark"),
    [
        *((name, False) for name in OUTCOMES),
        ("a file of no bytes", True),
        ("a recipe that drops everything", True),
    ],
)
def test_a_run_of_which_nothing_is_left_is_finished_and_told(
    spark: SparkSession,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    by_spark: bool,
) -> None:
    outcome = OUTCOMES[name]
    (tmp_path / "in").mkdir()
    for file, content in outcome.files.items():
        (tmp_path / "in" / file).write_bytes(content)
    overrides = [*outcome.overrides, *(["run.driver_megabytes=0"] if by_spark else [])]
    context = RunContext(spark, str(tmp_path / "out"), Reporter(), local=True)
    run_pipeline(context, [str(tmp_path / "in")], load_recipe("default", overrides), RunModels())
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    documents, dropped, quarantined = outcome.totals
    assert report["totals"] == {
        "documents_in": documents, "kept": 0, "dropped": dropped, "quarantined": quarantined
    }  # fmt: skip
    assert (tmp_path / "out" / "report.html").stat().st_size > 0
    rows = {
        dataset: sum(
            pq.read_metadata(file).num_rows
            for file in (tmp_path / "out" / dataset).rglob("*.parquet")
        )
        for dataset in ("corpus", "dropped", "quarantined")
    }
    assert rows == {"corpus": 0, "dropped": dropped, "quarantined": quarantined}
    assert next((tmp_path / "out" / "corpus").rglob("*.parquet"))  # of no rows, with all columns
    told = capsys.readouterr().err
    assert "NOTHING KEPT: " in told
    assert outcome.line in told


def test_a_table_without_rows_is_deduplicated_to_one_without_rows(tmp_path: Path) -> None:
    given = pa.table({"id": pa.array([], pa.int64()), "text": pa.array([], pa.string())})
    pq.write_table(given, tmp_path / "in.parquet")
    assert main(["dedup", str(tmp_path / "in.parquet"), str(tmp_path / "out"), "--quiet"]) == 0
    (corpus,) = (tmp_path / "out" / "corpus").rglob("*.parquet")
    assert pq.read_table(corpus).to_pydict() == {"id": [], "text": []}

"""Labelled documents and benchmark items out of a table of a lake, and a look at one before it is packed."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.command_line import main
from jobs.lake.table_names import Format, parse_lake_table
from tests.jobs.test_match_benchmarks import QUESTIONS, TEXTS
from tests.jobs.test_train_grader import labelled_table
from tests.lake.tables import Lake
from tests.small_tokenisers import byte_level_json

pytestmark = pytest.mark.lake

FORMATS = pytest.mark.parametrize("format_", ["iceberg", "delta"])


def put(lake: Lake, format_: Format, name: str, *parts: pa.Table) -> tuple[str, list[int]]:
    """Make a table by a commit a part; return its spelling and its states."""
    spelt = lake.spelt(format_, name)
    sql = parse_lake_table(spelt).sql
    with lake.session() as spark:
        if format_ == "iceberg":
            spark.sql("CREATE NAMESPACE IF NOT EXISTS lake.web")
        for number, part in enumerate(parts):
            frame = spark.createDataFrame(part)
            if number == 0:
                frame.limit(0).writeTo(sql).using(format_).create()
            frame.writeTo(sql).append()
        if format_ == "delta":
            history = spark.sql(f"DESCRIBE HISTORY {sql}")
            states = [row.version for row in history.orderBy("version").collect() if row.version]
        else:
            rows = spark.sql(f"SELECT snapshot_id FROM {sql}.snapshots ORDER BY committed_at")
            states = [row.snapshot_id for row in rows.collect()]
    return spelt, states[-len(parts) :]


def sorted_rows(path: Path) -> pa.Table:
    """Rows in the order in which a table of a lake is read."""
    table = pq.read_table(path)
    return table.sort_by([(name, "ascending") for name in table.column_names])


@FORMATS
def test_a_grader_of_a_table_is_that_of_the_same_rows_in_parquet_and_says_which_state(
    lake: Lake, tmp_path: Path, format_: Format, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = sorted_rows(labelled_table(tmp_path / "labelled.parquet"))
    pq.write_table(rows, tmp_path / "rows.parquet")
    apart = rows.slice(300), rows.slice(0, 300)  # in another order than that of their values
    name, states = put(lake, format_, "graded", *apart)
    words = ("--language-column", "language")
    lake.run("train-grader", name, str(tmp_path / "of_table"), *words)
    lake.run("train-grader", str(tmp_path / "rows.parquet"), str(tmp_path / "of_parquet"), *words)
    weights = [(tmp_path / of / "weights.npz").read_bytes() for of in ("of_table", "of_parquet")]
    assert weights[0] == weights[1]
    told = json.loads((tmp_path / "of_table" / "model.json").read_text())["training"]["table"]
    assert told == f"{name}@{states[-1]}"
    assert f"Labels are those of the table {told}." in (tmp_path / "of_table/card.md").read_text()
    # The state before the last commit has a hundred rows, of which nothing is learnt.
    first = lake.words("train-grader", f"{name}@{states[0]}", str(tmp_path / "first"), *words)
    assert main(first) == 1
    assert "has 100 labelled rows" in capsys.readouterr().err


@FORMATS
def test_items_of_a_table_are_found_as_those_of_a_file_are(
    lake: Lake, tmp_path: Path, format_: Format, capsys: pytest.CaptureFixture[str]
) -> None:
    items = pa.table({"question": sorted(QUESTIONS), "answer": ["42", "18", "1260"]})
    pq.write_table(items, tmp_path / "quiz.parquet")
    texts = pa.table({"doc": list(TEXTS), "body": list(TEXTS.values())})
    pq.write_table(texts, tmp_path / "texts.parquet")
    name, (state,) = put(lake, format_, "quiz", items)
    words = ("--id-column", "doc", "--text-column", "body")
    found = {}
    for of, given in (("table", f"items={name}"), ("file", str(tmp_path / "quiz.parquet"))):
        output = tmp_path / of
        lake.run(
            "decontaminate",
            str(tmp_path / "texts.parquet"),
            str(output),
            "--benchmarks",
            given,
            *words,
        )
        found[of] = capsys.readouterr().out
        matches = [pq.read_table(path) for path in (output / "contamination").glob("*.parquet")]
        found[of + " rows"] = pa.concat_tables(matches).sort_by([("id", "ascending")])
        assert len(found[of + " rows"]) >= 3
    assert found["table"] == found["file"]
    assert found["table rows"] == found["file rows"]
    manifest = json.loads((tmp_path / "table/benchmark-index/_manifest.json").read_text())
    assert manifest["details"]["tables"] == [f"{name}@{state}"]
    manifest = json.loads((tmp_path / "file/benchmark-index/_manifest.json").read_text())
    assert "tables" not in manifest["details"]


@FORMATS
def test_a_dry_run_of_packing_looks_at_a_table_and_copies_nothing(
    lake: Lake, tmp_path: Path, format_: Format, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = pa.table({"id": list(TEXTS), "text": list(TEXTS.values())})
    pq.write_table(texts, tmp_path / "texts.parquet")
    (tmp_path / "tokenizer.json").write_bytes(byte_level_json())
    name, _ = put(lake, format_, "texts", texts)

    def look(given: str) -> str:
        words = ("--tokenizer", str(tmp_path / "tokenizer.json"), "--dry-run", "--length", "64")
        lake.run("pack", given, str(tmp_path / "out"), *words)
        return capsys.readouterr().out

    assert look(name) == look(str(tmp_path / "texts.parquet"))
    assert not (tmp_path / "out").exists()

"""`run --carry`: what a table holds beside its texts arrives in the corpus, and rules can ask it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.command.parser import build_parser
from jobs.ingest_documents import take_inputs
from jobs.models.run_models import RunModels
from jobs.recipes.loading import load_recipe
from jobs.run_pipeline import run_pipeline
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext

pytestmark = pytest.mark.spark

SENTENCES = (
    "On day {} the keeper of the ferry wrote that the wind kept everybody at home. ",
    "Nobody at the inn remembers what the {} guests of last winter paid for soup. ",
    "The lighthouse was repainted {} times before the harbour moved to the south. ",
)
RECIPE = """
name: posts
description: a rule over a column of the user's
rules:
  - reason: few_votes
    expression: get_json_object(document.metadata, '$.votes') < 2
    source: test
"""


@pytest.mark.parametrize("megabytes", [16, 0], ids=["here", "spark"])
def test_columns_of_a_table_and_its_partitions_arrive_in_the_corpus_and_in_rules(
    spark: SparkSession, tmp_path: Path, megabytes: int
) -> None:
    part = tmp_path / "posts" / "forum=ferry" / "part-0.parquet"
    part.parent.mkdir(parents=True)
    texts = ["".join(map(sentence.format, range(9))) for sentence in SENTENCES]
    table = {
        "id": ["a", "b", "c"],
        "text": texts,
        "votes": [1, 2, None],
        "user name": ["x", "y", "z"],
    }
    pq.write_table(pa.table(table), part)
    (tmp_path / "own.yaml").write_text(RECIPE, encoding="utf-8")
    words = [str(part.parents[1]), str(tmp_path / "out"), "--carry", "all"]
    arguments = build_parser().parse_args(["run", *words])
    take_inputs(arguments)
    recipe = load_recipe(
        str(tmp_path / "own.yaml"), [*arguments.overrides, f"run.driver_megabytes={megabytes}"]
    )
    context = RunContext(spark, arguments.output, Reporter(quiet=True), local=True)
    run_pipeline(context, arguments.inputs, recipe, RunModels())
    corpus = [
        row
        for file in (tmp_path / "out" / "corpus").glob("*.parquet")
        for row in pq.ParquetFile(file).read(["source_id", "metadata"]).to_pylist()
    ]
    assert {row["source_id"]: json.loads(row["metadata"]) for row in corpus} == {
        "b": {"forum": "ferry", "votes": 2, "user name": "y"},
        "c": {"forum": "ferry", "user name": "z"},
    }
    dropped = [
        row
        for file in (tmp_path / "out" / "dropped").glob("*.parquet")
        for row in pq.ParquetFile(file).read(["source_id", "reason"]).to_pylist()
    ]
    assert dropped == [{"source_id": "a", "reason": "few_votes"}]


def test_names_are_split_at_commas() -> None:
    arguments = build_parser().parse_args(["run", "in", "out", "--carry", "score, user name"])
    take_inputs(arguments)
    assert load_recipe("default", arguments.overrides).ingest.carry == ("score", "user name")

"""What of corpusmill runs through Spark Connect, and what does not: docs/lake.md says the same."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.lake

# A process of its own: one that has a classic session can have no other kind.
PROGRAM = """
import json, sys
from pyspark.errors import PySparkAttributeError
from pyspark.sql import SparkSession
from jobs.find_duplicates import dedup_user_table
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from udfs.pandas_functions import register

table, folder = sys.argv[1:]
spark = SparkSession.builder.remote("local[2]").getOrCreate()
answers = {}
names = register(spark)
frame = spark.read.parquet(table)
frame.createOrReplaceTempView("pages")
for name in names:
    rows = spark.sql(f"SELECT {name}(text) AS answer FROM pages ORDER BY id").collect()
    answers[name] = [row.answer if isinstance(row.answer, str) else row.answer.asDict() for row in rows]
recipe = load_recipe("c4")
for local in (True, False):
    context = RunContext(spark, f"{folder}/{local}", Reporter(quiet=True), local=local)
    try:
        dedup_user_table(context, table, None, None, recipe, [])
        answers[f"dedup {local}"] = "done"
    except PySparkAttributeError as error:
        answers[f"dedup {local}"] = error.getCondition()
print(json.dumps(answers))
spark.stop()
"""
TEXTS = [
    "The old house stood at the end of the road. " * 3,
    "Nobody had lived in it for years, so they said.",
]


@pytest.mark.timeout(600)
def test_the_functions_run_in_sql_and_the_jobs_only_where_they_need_no_spark(
    tmp_path: Path,
) -> None:
    for needed in ("grpc", "zstandard"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"Spark Connect needs {needed}: make test-lake installs it")
    table = tmp_path / "pages.parquet"
    pq.write_table(pa.table({"id": ["a", "b"], "text": TEXTS}), table)
    places = [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(places),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_TESTING": "1",  # a port that is free
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    command = [sys.executable, "-c", PROGRAM, str(table), str(tmp_path / "out")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    answers = json.loads(done.stdout.splitlines()[-1])
    assert [signals["word_count"] for signals in answers["heuristic_signals"]] == [30, 10]
    assert [told["language"] for told in answers["language"]] == ["en", "en"]
    assert answers["clean_text"][1] == TEXTS[1]
    assert answers["dedup True"] == "done"
    assert answers["dedup False"] == "JVM_ATTRIBUTE_NOT_SUPPORTED"

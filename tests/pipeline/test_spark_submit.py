"""The spark-submit line of the README, as printed, from the zip that `make dist` builds."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs.runtime.spark.java_runtime import find_java
from tests.conftest import REPOSITORY
from tests.submit_checkout import TEXT, write_checkout

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    write_checkout(folder)
    return folder


def submit(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    scripts = Path(sys.executable).parent
    environment = {
        "PATH": f"{scripts}:{os.environ['PATH']}",
        "HOME": str(checkout),
        "JAVA_HOME": str(find_java().home),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    return subprocess.run(
        words, cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )


def test_the_line_in_the_readme_finds_the_duplicate(checkout: Path) -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^spark-submit .*$", readme, re.MULTILINE)
    # The parser's child and the caches must work from a zip; the installed package must not help.
    done = submit(checkout, *shlex.split(line))
    assert done.returncode == 0, done.stderr[-3000:]
    found = pq.read_table(checkout / "OUTPUT" / "duplicates").to_pylist()
    assert [{row["id"], row["keeper_id"]} for row in found] == [{"a", "c"}]


@pytest.mark.parametrize("job", ["extract_text", "annotate_text", "run_pipeline"])
def test_other_stages_explain_themselves_under_spark_submit(checkout: Path, job: str) -> None:
    words = ["spark-submit", "--py-files", "dist/corpusmill.zip", f"jobs/{job}.py", "--help"]
    done = submit(checkout, *words)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "usage: corpusmill" in done.stdout


def test_extraction_and_signals_work_from_the_zip(checkout: Path) -> None:
    words = ["spark-submit", "--py-files", "dist/corpusmill.zip"]
    for job, arguments in (("extract_text", ["crawl", "run"]), ("annotate_text", ["run"])):
        done = submit(checkout, *words, f"jobs/{job}.py", *arguments)
        assert done.returncode == 0, done.stderr[-3000:]
    (row,) = pq.read_table(checkout / "run" / "annotated").to_pylist()
    assert row["language"]["language"] == "en"
    assert row["heuristics"]["word_count"] == len(TEXT.split())  # four times the same sentence

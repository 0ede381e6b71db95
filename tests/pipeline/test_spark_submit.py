"""The spark-submit line of the README, as printed, from the zip that `make dist` builds."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.runtime.java_runtime import find_java
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.slow

TEXT = "The ferry left at six, as it had every morning since the bridge was washed away, and nobody spoke. "


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the line names, and nothing importable but the zip."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "dist").mkdir()
    command = [sys.executable, "-m", "zipfile", "-c", str(folder / "dist" / "corpusmill.zip")]
    subprocess.run([*command, "jobs", "udfs", "conf"], cwd=REPOSITORY, check=True)
    (folder / "jobs").mkdir()
    for job in (REPOSITORY / "jobs").glob("[!_]*.py"):  # the package itself is the zip's
        (folder / "jobs" / job.name).write_text(job.read_text(encoding="utf-8"), encoding="utf-8")
    rows = {"doc": ["a", "b", "c"], "text": [TEXT * 3, "Beeswax melts at a low heat.", TEXT * 3]}
    pq.write_table(pa.table(rows), folder / "table.parquet")
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
    page = f"<html><body><article><p>{TEXT * 4}</p></article></body></html>"
    (checkout / "pages").mkdir()
    (checkout / "pages" / "a.html").write_text(page)
    words = ["spark-submit", "--py-files", "dist/corpusmill.zip"]
    for job, arguments in (("extract_text", ["pages", "run"]), ("annotate_text", ["run"])):
        done = submit(checkout, *words, f"jobs/{job}.py", *arguments)
        assert done.returncode == 0, done.stderr[-3000:]
    (row,) = pq.read_table(checkout / "run" / "annotated").to_pylist()
    assert row["language"]["language"] == "en"
    assert row["heuristics"]["word_count"] == len(TEXT.split())  # four times the same sentence

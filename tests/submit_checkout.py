"""A folder with what the documents' spark-submit lines name, and nothing importable but the zip."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.conftest import REPOSITORY

TEXT = "The ferry left at six, as it had every morning since the bridge was washed away, and nobody spoke. "
PAGE = f"<html><body><article><p>{TEXT * 4}</p></article></body></html>"


def write_checkout(folder: Path) -> None:
    """The zip of `make dist`, the jobs, the settings, a page in crawl/ and a table with a copy."""
    (folder / "dist").mkdir()
    command = [sys.executable, "-m", "zipfile", "-c", str(folder / "dist" / "corpusmill.zip")]
    subprocess.run([*command, "jobs", "udfs", "conf"], cwd=REPOSITORY, check=True)
    for pattern in ("jobs/[!_]*.py", "conf/*.conf"):  # the package itself is the zip's
        for path in REPOSITORY.glob(pattern):
            copy = folder / path.relative_to(REPOSITORY)
            copy.parent.mkdir(exist_ok=True)
            copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "crawl").mkdir()
    (folder / "crawl" / "a.html").write_text(PAGE, encoding="utf-8")
    rows = {"doc": ["a", "b", "c"], "text": [TEXT * 3, "Beeswax melts at a low heat.", TEXT * 3]}
    pq.write_table(pa.table(rows), folder / "table.parquet")

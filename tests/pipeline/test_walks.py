"""The commands of docs/first-day.md and docs/annotators.md, typed in order, do what the pages say."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from examples.make_sample import main as make_sample
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.slow

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```(?:\n+Save it as `([\w.]+)`)?", re.MULTILINE | re.DOTALL)
SUBTITLES = "1\n00:00:01,000 --> 00:00:03,500\nThe ferry leaves at six.\n"


def section(page: str, title: str) -> str:
    text = (REPOSITORY / "docs" / page).read_text(encoding="utf-8")
    (found,) = [
        part for part in re.split(r"^## ", text, flags=re.MULTILINE) if part.startswith(title)
    ]
    return found


def walk(text: str, folder: Path) -> list[str]:
    """Write the files that a page shows, run its commands in its order, and return what each printed."""
    told = []
    for kind, block, saved in BLOCK.findall(text):
        if saved:
            (folder / saved).write_text(block, encoding="utf-8")
        for line in block.splitlines() if not kind else ():
            words = shlex.split(line)
            assert words[0] == "corpusmill", line
            done = subprocess.run(
                [sys.executable, "-m", "jobs.command_line", *words[1:]],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
            told.append(done.stdout)
    return told


def rows(dataset: Path) -> list[dict[str, Any]]:
    files = sorted(dataset.rglob("*.parquet"))
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pages begin: a checkout with the sample in it."""
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    make_sample([str(tmp_path / "sample")])
    return tmp_path


def test_the_data_engineer(folder: Path) -> None:
    told = walk(section("first-day.md", "A data engineer"), folder)
    assert "https://ticker-dump.example/prices" in told[1]
    assert {row["keeper_run"] for row in rows(folder / "tuesday" / "dropped")} == {None, 1}
    assert any((folder / "monday" / "partitioned").glob("language=en"))
    (first, *_) = rows(folder / "signals" / "annotated")
    assert {"url", "heuristics"} <= first.keys()


def test_the_researcher(folder: Path) -> None:
    told = walk(section("first-day.md", "A researcher"), folder)
    assert "rules.word_count.min: 50 -> 30" in told[2]
    assert (folder / "trial" / "packed.html").is_file()


def test_the_owner_of_medical_data(folder: Path) -> None:
    told = walk(section("first-day.md", "The owner"), folder)
    before, after = told[2], told[-1]
    assert "3 documents hold it; 2 are in the corpus" in before
    assert "chapter-12.html" in after
    assert "thread-4711.html" not in after
    dropped = rows(folder / "letters" / "dropped")
    left = {Path(row["source"]).parent.name: row["reason"] for row in dropped}
    assert left == {"forum": "excluded", "mirror": "excluded"}


def test_annotators_and_readers(folder: Path) -> None:
    posts = pa.table({"id": ["a", "b"], "text": ["Take 5 mg now and 10 mg at night.", "Nothing."]})
    pq.write_table(posts, folder / "posts.parquet")
    (folder / "films").mkdir()
    (folder / "films" / "ferry.srt").write_text(SUBTITLES)
    told = walk(section("annotators.md", "An annotator"), folder)
    assert "doses.per_1000_words" in told[-1]
    annotated = rows(folder / "posts-signals" / "annotated")
    assert {row["id"]: row["doses"]["count"] for row in annotated} == {"a": 2, "b": 0}
    walk(section("annotators.md", "A reader"), folder)
    (film,) = rows(folder / "films-run" / "extracted")
    assert (film["text"], film["format"]) == ("The ferry leaves at six.", "srt")

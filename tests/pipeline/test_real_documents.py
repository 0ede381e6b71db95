"""The whole pipeline on the shared folder of real documents: nothing lost, families found.

`make real-run` names its finished run in CORPUSMILL_REAL_RUN; without it the run is made here.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.conftest import REPOSITORY

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

FOLDERS = ("html", "pdf", "epub", "text", "near_dup")


@pytest.fixture(scope="module")
def run(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    finished = os.environ.get("CORPUSMILL_REAL_RUN")
    if finished:
        return REPOSITORY / finished
    output = tmp_path_factory.mktemp("real") / "run"
    inputs = [str(shared_data / name) for name in FOLDERS]
    command = [sys.executable, "-m", "jobs.command_line", "run", *inputs, str(output), "--quiet"]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    return output


def rows(run: Path, dataset: str, columns: list[str]) -> list[dict[str, Any]]:
    files = sorted((run / dataset).rglob("*.parquet"))
    return [row for file in files for row in pq.read_table(file, columns=columns).to_pylist()]


def name_of(row: dict[str, Any]) -> str:
    return Path(row["source"]).name


def test_every_file_is_accounted_for(run: Path, shared_data: Path) -> None:
    files = {path for name in FOLDERS for path in (shared_data / name).rglob("*") if path.is_file()}
    seen = [
        Path(row["source"]).resolve()
        for dataset in ("corpus", "dropped", "quarantined")
        for row in rows(run, dataset, ["source"])
    ]
    assert {path.resolve() for path in files} == set(seen)
    totals = json.loads((run / "report.json").read_text(encoding="utf-8"))["totals"]
    assert totals["documents_in"] == len(seen)


def test_every_failure_is_named(run: Path) -> None:
    quarantined = rows(run, "quarantined", ["source", "status", "detail"])
    assert all(row["status"] and row["detail"] for row in quarantined)
    assert not {row["status"] for row in quarantined} & {"crash", "timeout", "oom", "ok"}


def test_the_families_of_manual_pages_are_found(run: Path) -> None:
    source = {row["id"]: name_of(row) for row in rows(run, "verdicts", ["id", "source"])}
    pairs = [
        (source[row["id"]], source[row["keeper_id"]])
        for row in rows(run, "duplicates", ["id", "keeper_id"])
    ]
    pages = [(name.split("_", 1)[-1], keeper.split("_", 1)[-1]) for name, keeper in pairs]
    expected = {f"{page}.html" for page in ("design", "implementation", "introduction", "uses")}
    assert expected <= {page for page, kept in pages if page == kept}
    assert not [pair for pair in pages if pair[0] in expected and pair[0] != pair[1]]


def test_of_each_book_an_edition_survives(run: Path) -> None:
    dropped = rows(run, "dropped", ["source", "reason"])
    gone = {name_of(row): row["reason"] for row in dropped if "books_en" in row["source"]}
    editions = [name_of(row) for row in rows(run, "verdicts", ["source"]) if "__" in name_of(row)]
    assert len(editions) > 5
    # A removed edition has a kept one, possibly the same book as a web page.
    assert {gone[name] for name in editions if name in gone} <= {
        "near_duplicate",
        "exact_duplicate",
    }


def test_real_languages_are_told(run: Path) -> None:
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    languages = report["languages"]
    assert languages["en"]["in"] > 700
    assert languages["zh"]["in"] > 400
    assert languages["zh"]["kept"] > 0.5 * languages["zh"]["in"]

"""Runs that grow: what was added is read, the rest is as it was, and the result that of one run over all."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs import annotate_text
from jobs.models.run_models import RunModels
from jobs.recipes.loading import load_recipe
from jobs.run_pipeline import run_pipeline
from jobs.runtime.contract.manifest import Manifest, read_manifest
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import SettingsError

FIXED = """
name: growth
description: bounds that depend on no other document
rules:
  - {reason: too_few_words, signal: heuristics.word_count, min: 20, source: a test}
"""
FITTED = f"""{FIXED}
  - {{reason: many_words, signal: heuristics.word_count, max_percentile: 80, source: a test}}
"""
SENTENCE = (
    "the keeper of harbour wrote that wind from north kept every boat at home and nobody went out to sea "
    "before morning when rain was over they mended nets drank tea told stories about older winters"
)
BY_CHUNKS = ("extracted", "annotated", "signatures")
COMPARED = (
    *BY_CHUNKS, "documents", "verdicts", "duplicates", "dropped", "quarantined", "corpus"
)  # fmt: skip


def text(number: int) -> str:
    draw, words = random.Random(number), SENTENCE.split()
    return " ".join(draw.choice(words) for _ in range(10 + number % 60)) + "."


def write(path: Path, numbers: range, extra: str = "") -> None:
    rows = [{"id": f"post-{number}", "text": text(number) + extra} for number in numbers]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


class Notes(Reporter):
    """Keeps the lines that were told."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.lines: list[str] = []

    def _line(self, line: str, event: str, /, **facts: object) -> None:  # noqa: ARG002
        self.lines.append(line)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class Runs:
    """Runs of a folder into outputs."""

    def __init__(self, folder: Path, spark: SparkSession | None) -> None:
        self.folder, self.spark = folder, spark
        self.crawl = folder / "crawl"
        write(self.crawl / "monday.jsonl", range(60))
        write(self.crawl / "tuesday.jsonl", range(60, 120))
        (self.crawl / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")

    def add(self) -> None:
        """New texts between and behind the others, and longer copies of old ones, which must give way."""
        write(self.crawl / "a" / "first.jsonl", range(120, 130))
        write(self.crawl / "new.jsonl", range(50, 56), " And a word that was not there before.")

    def __call__(self, output: str = "run", rules: str = FIXED, **facts: Any) -> Notes:
        def no_spark() -> SparkSession:
            raise AssertionError("Spark was asked for")

        path = self.folder / "recipe.yaml"
        path.write_text(rules, encoding="utf-8")
        notes = Notes()
        context = RunContext(
            self.spark or no_spark, str(self.folder / output), notes, local=not self.spark, threads=2, **facts
        )  # fmt: skip
        run_pipeline(context, [str(self.crawl)], load_recipe(str(path)), RunModels())
        return notes

    def manifest(self, dataset: str, output: str = "run") -> Manifest:
        found = read_manifest(str(self.folder / output / dataset))
        assert found is not None
        return found

    def rows(self, dataset: str, output: str = "run") -> list[dict[str, Any]]:
        place = self.folder / output / dataset
        files = [place / file.path for file in self.manifest(dataset, output).files]
        found = [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]
        return sorted(found, key=lambda row: row["id"])

    def files(self, dataset: str, output: str = "run") -> dict[str, tuple[int, int]]:
        """Number and time of each file: who writes one anew changes both."""
        place = self.folder / output / dataset
        names = [file.path for file in self.manifest(dataset, output).files]
        return {
            name: (status.st_ino, status.st_mtime_ns)
            for name in names
            for status in [(place / name).stat()]
        }

    def equal(self, first: str, second: str) -> None:
        for dataset in COMPARED:
            assert self.rows(dataset, first) == self.rows(dataset, second), dataset
            assert self.manifest(dataset, first).accounts == self.manifest(dataset, second).accounts


@pytest.fixture(params=["here", pytest.param("spark", marks=pytest.mark.spark)])
def runs(request: pytest.FixtureRequest, tmp_path: Path) -> Runs:
    return Runs(tmp_path, request.getfixturevalue("spark") if request.param == "spark" else None)


@pytest.fixture
def here(tmp_path: Path) -> Runs:
    return Runs(tmp_path, None)


def test_a_run_that_grew_is_one_run_over_all_and_leaves_what_was_there(runs: Runs) -> None:
    runs()
    before = {dataset: runs.files(dataset) for dataset in BY_CHUNKS}
    ids = {row["source_id"]: row["id"] for row in runs.rows("documents")}
    runs.add()
    notes = runs(most_lost=0.0)  # growth throws nothing away
    assert "sources: 2 added (crawl/a/first.jsonl, crawl/new.jsonl)" in notes.text
    for dataset in BY_CHUNKS:
        after = runs.files(dataset)
        assert before[dataset].items() < after.items(), dataset
        assert len({name.split("/")[0] for name in after}) == 2
    assert ids.items() <= {row["source_id"]: row["id"] for row in runs.rows("documents")}.items()
    runs("all")
    runs.equal("run", "all")
    removed = {row["source_id"] for row in runs.rows("duplicates")}
    assert removed == {f"post-{number}" for number in range(50, 56)}
    kept = {row["text"] for row in runs.rows("corpus")}
    assert all(f"{text(n)} And a word that was not there before." in kept for n in range(50, 56))
    state = {dataset: runs.files(dataset) for dataset in COMPARED}
    runs()
    assert state == {dataset: runs.files(dataset) for dataset in COMPARED}


def test_changed_and_vanished_files_are_told_apart_and_leave_the_run(here: Runs) -> None:
    here()
    here.add()
    here()
    kept = here.files("annotated")
    write(here.crawl / "a" / "first.jsonl", range(200, 211))
    (here.crawl / "new.jsonl").unlink()
    notes = here()
    told = "sources: 1 changed (crawl/a/first.jsonl); 1 vanished (crawl/new.jsonl)"
    assert told in notes.text
    changes = here.manifest("extracted").details["changes"]
    assert changes["changed"] == {"files": 1, "first": ["crawl/a/first.jsonl"]}
    assert changes["added"] == {"files": 0, "first": []}
    after = here.files("annotated")
    assert len(kept.items() & after.items()) == 1 == len(kept.items() - after.items())
    here("all")
    here.equal("run", "all")


def test_percentiles_stay_until_refit_and_are_then_those_of_one_run_over_all(runs: Runs) -> None:
    runs(rules=FITTED)
    (bound,) = bounds(runs, "run")
    runs.add()
    notes = runs(rules=FITTED)
    assert "kept as it was fitted to 120 rows, --refit fits it to all" in notes.text
    assert bounds(runs, "run") == [bound]
    assert len(runs.rows("verdicts")) == 136
    runs("all", rules=FITTED)
    assert bounds(runs, "all") != [bound]
    runs(rules=FITTED, refit=True)
    runs.equal("run", "all")


def bounds(runs: Runs, output: str) -> list[float]:
    rules = runs.manifest("verdicts", output).details["rules"]
    return [rule["languages"]["en"]["max"] for rule in rules if rule["reason"] == "many_words"]


def test_other_settings_mix_with_nothing_that_was_there(here: Runs) -> None:
    here(rules=FITTED)
    here.add()
    other = FITTED + "clean: {collapse_repeats: false}\n"
    notes = here(rules=other)
    assert "kept as it was fitted" not in notes.text
    assert len(here.files("extracted")) > len(here.files("annotated")) - 1
    here("all", rules=other)
    here.equal("run", "all")


@pytest.fixture
def killed_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """Lets so many chunks of annotation be written, and then ends the driver."""
    write = annotate_text._write_annotated
    chunks: list[str] = []

    def limit(count: int) -> list[str]:
        def write_or_die(*given: Any) -> None:
            if len(chunks) == count:
                raise KeyboardInterrupt  # as a killed driver: no clean-up of ours runs
            write(*given)
            chunks.append(given[-1])

        monkeypatch.setattr(annotate_text, "_write_annotated", write_or_die)
        return chunks

    return limit


def test_a_kill_between_is_gone_on_from_with_what_is_there(
    here: Runs, killed_after: Callable[[int], list[str]]
) -> None:
    chunks = killed_after(3)
    here()
    write(here.crawl / "second.jsonl", range(130, 140))
    here()
    here.add()
    (
        here.crawl / "tuesday.jsonl"
    ).unlink()  # two chunks to make: what is left of the first, and what is new
    write(here.crawl / "big.jsonl", range(140, 180))
    small = FIXED + "\nrun: {chunk_gigabytes: 0.000004}"
    with pytest.raises(KeyboardInterrupt):
        here(rules=small)
    assert read_manifest(str(here.folder / "run" / "annotated")) is None
    done = len(chunks)
    killed_after(100)
    here(rules=small)
    made = chunks[done:]
    assert len(set(chunks)) == len(chunks)  # none twice
    assert made
    here("all", rules=small)
    here.equal("run", "all")


def test_a_damaged_chunk_is_made_anew_and_no_other(here: Runs) -> None:
    here()
    here.add()
    here()
    before = here.files("annotated")
    (name, *_), others = sorted(before), dict(before)
    (here.folder / "run" / "annotated" / name).write_bytes(b"PAR1")
    chunk = name.split("/")[0]
    rows = here.rows("corpus")
    here()
    after = here.files("annotated")
    kept = {path for path in others if not path.startswith(chunk)}
    assert {path for path in kept if before[path] == after[path]} == kept
    assert before[name] != after[name]
    assert here.rows("corpus") == rows


def test_grades_are_never_given_anew_unasked(here: Runs) -> None:
    here()
    manifest = here.manifest("verdicts").model_copy(update={"dataset": "quality", "seconds": 900.0})
    (here.folder / "run" / "quality").mkdir()
    (here.folder / "run" / "quality" / "_manifest.json").write_text(manifest.model_dump_json())
    here.add()
    with pytest.raises(SettingsError, match=r"quality/ \(120 documents, 900\.0 s of work\)"):
        here(most_lost=60.0)

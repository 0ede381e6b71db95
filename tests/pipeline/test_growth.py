"""Runs that grow: what was added is read, the rest is as it was, and the result that of one run over all."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs import annotate_text, extract_text, ingest_documents, publish_corpus
from jobs.annotate_text import annotate_stage
from jobs.decide_verdicts import decide_stage
from jobs.extract_text import extract_inputs
from jobs.find_duplicates import dedup_stage
from jobs.grade_quality import grade_stage
from jobs.models.grader.labelled_table import LabelledColumns
from jobs.models.run_models import RunModels
from jobs.recipes.loading import load_recipe
from jobs.recipes.recipe import Recipe
from jobs.run_pipeline import run_pipeline
from jobs.runtime.contract.manifest import Manifest, read_manifest
from jobs.runtime.contract.paid_work import require_redo
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import SettingsError
from jobs.train_grader import train_grader
from udfs.grade_batches import GradeBatches

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
EXTRA = " And a word that was not there before."
BY_CHUNKS = ("extracted", "annotated", "signatures")
FOUND = (*BY_CHUNKS, "documents", "verdicts", "duplicates")
COMPARED = (*FOUND, "dropped", "quarantined", "corpus")


def text(number: int) -> str:
    draw, words = random.Random(number), SENTENCE.split()
    return " ".join(draw.choice(words) for _ in range(10 + number % 60)) + "."


def write(path: Path, numbers: range, name: str = "post", extra: str = "") -> None:
    rows = [{"id": f"{name}-{number}", "text": text(number) + extra} for number in numbers]
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

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.crawl = folder / "crawl"
        write(self.crawl / "monday.jsonl", range(60))
        write(self.crawl / "tuesday.jsonl", range(60, 120))
        (self.crawl / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")

    def add(self) -> None:
        """New texts between and behind the others, and longer copies of old ones, which must give way."""
        write(self.crawl / "a" / "first.jsonl", range(120, 130))
        write(self.crawl / "new.jsonl", range(50, 56), "copy", EXTRA)

    def __call__(
        self,
        output: str = "run",
        rules: str = FIXED,
        grader: str | None = None,
        inputs: Sequence[str] | None = None,
        **facts: Any,
    ) -> Notes:
        """The whole of a run by this process."""

        def no_spark() -> SparkSession:
            raise AssertionError("Spark was asked for")

        notes, folder = Notes(), str(self.folder / output)
        context = RunContext(no_spark, folder, notes, local=True, threads=2, **facts)
        models = RunModels(grader=grader)
        run_pipeline(context, inputs or [str(self.crawl)], self.recipe(rules), models)
        return notes

    def by_spark(
        self, spark: SparkSession, output: str, rules: str = FIXED, grader: str | None = None
    ) -> None:
        """What reads texts, and what follows from it, by Spark."""
        context = RunContext(spark, str(self.folder / output), Notes())
        recipe = self.recipe(rules)
        extract_inputs(context, [str(self.crawl)], recipe)
        annotate_stage(context, recipe, None, None)
        decide_stage(context, recipe)
        dedup_stage(context, recipe)
        if grader is not None:
            grade_stage(context, recipe, grader)

    def recipe(self, rules: str) -> Recipe:
        path = self.folder / "recipe.yaml"
        path.write_text(rules, encoding="utf-8")
        return load_recipe(str(path))

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

    def equal(self, first: str, second: str, datasets: Sequence[str] = COMPARED) -> None:
        for dataset in datasets:
            assert self.rows(dataset, first) == self.rows(dataset, second), dataset
            assert self.manifest(dataset, first).accounts == self.manifest(dataset, second).accounts


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


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
    assert all(f"{text(n)}{EXTRA}" in kept for n in range(50, 56))
    state = {dataset: runs.files(dataset) for dataset in COMPARED}
    runs()
    assert state == {dataset: runs.files(dataset) for dataset in COMPARED}


@pytest.mark.spark
def test_by_spark_a_run_grows_as_by_this_process(runs: Runs, spark: SparkSession) -> None:
    runs.by_spark(spark, "spark")
    before = {dataset: runs.files(dataset, "spark") for dataset in BY_CHUNKS}
    runs.add()
    runs.by_spark(spark, "spark")
    for dataset in BY_CHUNKS:
        assert before[dataset].items() < runs.files(dataset, "spark").items(), dataset
    runs("all")
    runs.equal("spark", "all", FOUND)


def test_changed_and_vanished_files_are_told_apart_and_leave_the_run(runs: Runs) -> None:
    runs()
    runs.add()
    runs()
    kept = runs.files("annotated")
    write(runs.crawl / "a" / "first.jsonl", range(200, 211))
    (runs.crawl / "new.jsonl").unlink()
    notes = runs()
    told = "sources: 1 changed (crawl/a/first.jsonl); 1 vanished (crawl/new.jsonl)"
    assert told in notes.text
    changes = runs.manifest("extracted").details["changes"]
    assert changes["changed"] == {"files": 1, "first": ["crawl/a/first.jsonl"]}
    assert changes["added"] == {"files": 0, "first": []}
    after = runs.files("annotated")
    assert len(kept.items() & after.items()) == 1 == len(kept.items() - after.items())
    runs("all")
    runs.equal("run", "all")


def test_percentiles_stay_until_refit_and_are_then_those_of_one_run_over_all(runs: Runs) -> None:
    runs(rules=FITTED)
    (bound,) = bounds(runs, "run")
    runs.add()
    notes = runs(rules=FITTED)
    assert "kept as it was fitted to 120 rows, --refit fits it to all" in notes.text
    assert bounds(runs, "run") == [bound]
    assert len(runs.rows("verdicts")) == 136
    told, card = reported(runs, "run")
    assert told == [{"name": "bounds that are percentiles", "documents": 120, "documents_now": 136}]
    line = "- bounds that are percentiles: fitted to 120 documents of an earlier run; there are 136 now"
    assert line in card
    assert "fitted to 120 documents; there are 136 now" in (
        runs.folder / "run" / "report.html"
    ).read_text(encoding="utf-8")
    runs("all", rules=FITTED)
    assert bounds(runs, "all") != [bound]
    assert reported(runs, "all")[0] == []
    runs(rules=FITTED, refit=True)
    runs.equal("run", "all")
    told, card = reported(runs, "run")
    assert told == []
    assert "fitted to" not in card


def reported(runs: Runs, output: str) -> tuple[list[dict[str, Any]], str]:
    """What the report says is fitted to other documents, and the card."""
    folder = runs.folder / output
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report["fitted"], (folder / "dataset_card.md").read_text(encoding="utf-8")


def bounds(runs: Runs, output: str) -> list[float]:
    rules = runs.manifest("verdicts", output).details["rules"]
    return [rule["languages"]["en"]["max"] for rule in rules if rule["reason"] == "many_words"]


def test_other_settings_mix_with_nothing_that_was_there(runs: Runs) -> None:
    runs(rules=FITTED)
    runs.add()
    other = FITTED + "clean: {collapse_repeats: false}\n"
    notes = runs(rules=other)
    assert "kept as it was fitted" not in notes.text
    assert len(runs.files("extracted")) > len(runs.files("annotated")) - 1
    runs("all", rules=other)
    runs.equal("run", "all")


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
    runs: Runs, killed_after: Callable[[int], list[str]]
) -> None:
    chunks = killed_after(3)
    runs()
    write(runs.crawl / "second.jsonl", range(130, 140))
    runs()
    runs.add()
    (
        runs.crawl / "tuesday.jsonl"
    ).unlink()  # two chunks to make: what is left of the first, and what is new
    write(runs.crawl / "big.jsonl", range(140, 180))
    small = FIXED + "\nrun: {chunk_gigabytes: 0.000004}"
    with pytest.raises(KeyboardInterrupt):
        runs(rules=small)
    assert read_manifest(str(runs.folder / "run" / "annotated")) is None
    done = len(chunks)
    killed_after(100)
    runs(rules=small)
    made = chunks[done:]
    assert len(set(chunks)) == len(chunks)  # none twice
    assert made
    runs("all", rules=small)
    runs.equal("run", "all")


def test_a_damaged_chunk_is_made_anew_and_no_other(runs: Runs) -> None:
    runs()
    runs.add()
    runs()
    before = runs.files("annotated")
    (name, *_), others = sorted(before), dict(before)
    (runs.folder / "run" / "annotated" / name).write_bytes(b"PAR1")
    chunk = name.split("/")[0]
    rows = runs.rows("corpus")
    runs()
    after = runs.files("annotated")
    kept = {path for path in others if not path.startswith(chunk)}
    assert {path for path in kept if before[path] == after[path]} == kept
    assert before[name] != after[name]
    assert runs.rows("corpus") == rows


GRADED = f"""{FIXED.replace("min: 20", "min: 5")}
  - {{reason: low_grade, signal: quality.grade, min: 2.5, source: a test}}
"""
GRADES = (*COMPARED, "quality")


@pytest.fixture(scope="module")
def graders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[float], str]:
    """Trains graders that like documents with some of the words, the more words the lower a line."""
    folder = tmp_path_factory.mktemp("graders")

    def trained(line: float) -> str:
        name = folder / f"{line}"
        if not name.exists():
            texts = [text(number) for number in range(1000, 1400)]
            labels = [5.0 if one.count("harbour") >= line else 1.0 for one in texts]
            rows = {"text": texts, "label": labels, "group": [str(n % 40) for n in range(400)]}
            pq.write_table(pa.table(rows), folder / "labelled.parquet")
            labelled = str(folder / "labelled.parquet")
            train_grader(labelled, str(name), LabelledColumns(), "grade", None)
        return str(name)

    return trained


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rows of each batch that a grader of this process is given."""
    grade, rows = GradeBatches.__call__, list[int]()

    def counted(self: GradeBatches, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        def told() -> Iterator[pa.RecordBatch]:
            for batch in batches:
                rows.append(len(batch))
                yield batch

        return grade(self, told())

    monkeypatch.setattr(GradeBatches, "__call__", counted)
    return rows


def test_a_run_with_one_file_more_grades_its_documents_and_no_others(
    runs: Runs, graders: Callable[[float], str], graded: list[int]
) -> None:
    grader = graders(2)
    runs(rules=GRADED, grader=grader)
    assert sum(graded) == 120
    runs.add()
    graded.clear()
    notes = runs(rules=GRADED, grader=grader, most_lost=0.0)  # growth throws no grade away
    assert "grade: 1 of 2 chunks are there" in notes.text
    assert sum(graded) == 16
    assert len(runs.rows("grades")) == 136
    assert len(runs.rows("quality")) == 130  # without old ones that are copies of new ones now
    low = [row for row in runs.rows("dropped") if row["reason"] == "low_grade"]
    assert 0 < len(low) < 130
    graded.clear()
    runs(rules=GRADED, grader=grader)
    assert sum(graded) == 0
    runs("all", rules=GRADED, grader=grader)
    assert sum(graded) == 130
    runs.equal("run", "all", GRADES)


def test_whoever_comes_to_life_later_is_graded_and_no_others(
    runs: Runs, graders: Callable[[float], str], graded: list[int]
) -> None:
    strict = GRADED.replace("min: 5", "min: 50")
    runs(rules=strict, grader=graders(2))
    before = sum(graded)
    assert 0 < before < 120
    graded.clear()
    runs(rules=GRADED, grader=graders(2))
    assert sum(graded) == 120 - before
    runs("all", rules=GRADED, grader=graders(2))
    runs.equal("run", "all", GRADES)


def test_grades_are_given_anew_by_another_grader_and_not_unasked(
    runs: Runs, graders: Callable[[float], str], graded: list[int]
) -> None:
    runs(rules=GRADED, grader=graders(2))
    manifest = runs.folder / "run" / "grades" / "_manifest.json"
    told = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps({**told, "seconds": 900.0}), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"grades/ \(120 documents, 900\.0 s of work\)"):
        runs(rules=GRADED, grader=graders(4), most_lost=60.0)
    # Models that are fitted anew change what texts are annotated with, and so which chunks there are.
    with pytest.raises(SettingsError, match=r"grades/ \(120 documents, 900\.0 s of work\)"):
        require_redo(
            str(runs.folder / "run"), "train", "models", ["inputs"], 60.0, 1.0, refits=True
        )
    require_redo(str(runs.folder / "run"), "decide", "thresholds", ["configuration"], 60.0)
    graded.clear()
    runs(rules=GRADED, grader=graders(4))
    assert sum(graded) == 120
    runs("all", rules=GRADED, grader=graders(4))
    runs.equal("run", "all", GRADES)


@pytest.mark.spark
def test_by_spark_grades_grow_as_by_this_process(
    runs: Runs, spark: SparkSession, graders: Callable[[float], str]
) -> None:
    runs.by_spark(spark, "spark", GRADED, graders(2))
    before = runs.files("grades", "spark")
    runs.add()
    runs.by_spark(spark, "spark", GRADED, graders(2))
    assert before.items() < runs.files("grades", "spark").items()
    assert len(runs.rows("grades", "spark")) == 136
    # Rules of before, of which fewer documents lived, and then those of now.
    late = "strict"
    runs.by_spark(spark, late, GRADED.replace("min: 5", "min: 50"), graders(2))
    runs.by_spark(spark, late, GRADED, graders(2))
    assert len(runs.rows("grades", late)) < 130
    runs("all", rules=GRADED, grader=graders(2))
    runs.equal("spark", "all", (*FOUND, "quality"))
    runs.equal(late, "all", (*FOUND, "quality"))


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets a function of a module be called so many times, and then ends the driver."""

    def end(module: ModuleType, name: str, after: int = 0) -> None:
        calls, function = [0], getattr(module, name)

        def call(*given: Any) -> Any:
            calls[0] += 1
            if calls[0] == after + 1:
                raise KeyboardInterrupt
            return function(*given)

        monkeypatch.setattr(module, name, call)

    return end


def test_a_killed_publication_goes_on_from_chunks_of_the_same_files_only(
    runs: Runs, ends: Callable[..., None]
) -> None:
    runs()
    for number in range(3):
        write(runs.crawl / f"{number}.jsonl", range(200 + 60 * number, 260 + 60 * number))
        runs()
    size = runs.manifest("annotated").bytes
    ends(publish_corpus, "corpus_table", after=1)
    two_and_two, three_and_one = (
        f"{FITTED}run: {{chunk_gigabytes: {share * size / (1 << 30):.12f}}}\n"
        for share in (0.6, 0.9)
    )
    with pytest.raises(KeyboardInterrupt):
        runs(rules=two_and_two)
    runs(rules=three_and_one)
    runs("all", rules=three_and_one)
    runs.equal("run", "all", ["corpus"])


def test_finished_chunks_of_a_killed_run_are_not_thrown_away_unasked(
    runs: Runs, ends: Callable[..., None]
) -> None:
    runs()
    (record,) = (runs.folder / "run" / "extracted").glob("chunk-*/_chunk.json")
    told = {**json.loads(record.read_text("utf-8")), "seconds": 36_000.0}
    record.write_text(json.dumps(told), "utf-8")
    runs.add()
    ends(extract_text, "_write_chunk_here")
    with pytest.raises(KeyboardInterrupt):
        runs(most_lost=60.0)
    other = FIXED + "ingest: {max_document_megabytes: 1}\n"
    with pytest.raises(SettingsError, match=r"extracted/ \(1, 36,000\.0 s of work\)"):
        runs(rules=other, most_lost=60.0)
    assert record.exists()
    notes = runs(most_lost=60.0)
    assert "extract: 1 of 2 chunks are there" in notes.text
    runs("all")
    runs.equal("run", "all")


def test_files_of_one_name_keep_their_ids_when_a_grown_run_is_killed(
    runs: Runs, ends: Callable[..., None]
) -> None:
    write(runs.folder / "a" / "part-0.jsonl", range(10), "a")
    write(runs.folder / "b" / "part-0.jsonl", range(10, 20), "b")
    first, second = (str(runs.folder / name / "part-0.jsonl") for name in "ab")
    runs(inputs=[second])
    before = {row["source_id"]: row["id"] for row in runs.rows("documents")}
    ends(ingest_documents, "_listed_table")
    with pytest.raises(KeyboardInterrupt):
        runs(inputs=[second, first])
    runs(inputs=[second, first])
    after = {row["source_id"]: row["id"] for row in runs.rows("documents")}
    assert before.items() < after.items()
    assert len(set(after.values())) == 20

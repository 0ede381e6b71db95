"""What one process does of a small run is what Spark does, row for row, and needs no Spark."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from examples.sample.demo_companions import (
    BENCHMARK_FILE,
    DOMAINS_FILE,
    LABELLED_FILE,
    write_companions,
)
from jobs.annotate_text import annotate_stage
from jobs.contamination.given_benchmarks import GivenBenchmarks
from jobs.decide_verdicts import decide_stage
from jobs.find_duplicates import dedup_stage
from jobs.grade_quality import grade_stage
from jobs.match_benchmarks import match_stage
from jobs.models.grader.labelled_table import LabelledColumns
from jobs.publish_corpus import publish_stage
from jobs.recipes.loading import load_recipe
from jobs.report_run import report_run
from jobs.runtime.contract.driver_tables import MOST_ROWS, UNPACKED, works_here
from jobs.runtime.contract.manifest import Manifest, require_manifest
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import InputError
from jobs.runtime.spark.parquet_frames import footer_schema, read_parquet
from jobs.train_grader import train_grader
from jobs.train_perplexity import MODEL_DATASET, train_stage
from jobs.train_safety import train_safety
from tests.sample_run import FinishedRun

pytestmark = pytest.mark.spark

READ = ("documents", "extracted")
MADE = ("annotated", "verdicts", "signatures", "duplicates", "dropped", "quarantined", "corpus")
RULES = ("rules.too_few_words.min=60", "rules.perplexity_tail.max_percentile=90")


def no_spark() -> SparkSession:
    raise AssertionError("Spark was asked for")


def finish(context: RunContext, *overrides: str) -> None:
    """The stages of ``run_pipeline`` from training on."""
    recipe = load_recipe("default", overrides)
    train_stage(context, recipe)
    annotate_stage(context, recipe, context.folder(MODEL_DATASET), None)
    decide_stage(context, recipe)
    dedup_stage(context, recipe)
    publish_stage(context, recipe)
    report_run(context, recipe)


def start(run: FinishedRun, folder: Path) -> RunContext:
    """A run of the same extracted documents that has gone no further, and has no Spark."""
    for dataset in READ:
        shutil.copytree(run.folder / dataset, folder / dataset)
    return RunContext(no_spark, str(folder), Reporter(quiet=True), local=True)


@pytest.fixture(scope="module")
def small(finished_run: FinishedRun, tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    context = start(finished_run, tmp_path_factory.mktemp("small") / "run")
    finish(context)
    return context


def table(folder: Path, dataset: str) -> pa.Table:
    files = sorted((folder / dataset).rglob("*.parquet"))
    return pa.concat_tables([pq.read_table(file) for file in files]).sort_by("id")


def plain(run: Path) -> dict[str, Any]:
    """A report without what must differ: times, files, and what was paid."""
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    for stage in report["stages"]:
        for name in ("seconds", "bytes", "rows_per_second", "costs"):
            stage.pop(name)
    del report["created_at"], report["recipe"]
    return dict(report)


@pytest.mark.parametrize("dataset", MADE)
def test_every_row_is_sparks(small: RunContext, finished_run: FinishedRun, dataset: str) -> None:
    ours, theirs = table(Path(small.output), dataset), table(finished_run.folder, dataset)
    assert ours.schema.names == theirs.schema.names
    for name in ours.schema.names:
        # by repr: NaN and negative zeros count
        assert repr(ours.column(name).to_pylist()) == repr(theirs.column(name).to_pylist()), name


@pytest.mark.parametrize("dataset", MADE)
def test_spark_reads_the_files_as_its_own(
    small: RunContext, finished_run: FinishedRun, spark: SparkSession, dataset: str
) -> None:
    ours, theirs = (
        str(next((folder / dataset).rglob("*.parquet")))
        for folder in (Path(small.output), finished_run.folder)
    )
    told = footer_schema(ours)
    assert told is not None
    assert told.simpleString() == footer_schema(theirs).simpleString()  # type: ignore[union-attr]
    rows = read_parquet(spark, [ours]).collect()
    assert len(rows) == pq.read_metadata(ours).num_rows


def test_the_report_is_sparks(small: RunContext, finished_run: FinishedRun) -> None:
    assert plain(Path(small.output)) == plain(finished_run.folder)


def test_models_are_those_of_spark(small: RunContext, finished_run: FinishedRun) -> None:
    cards = [
        json.loads((folder / "models/perplexity/model.json").read_text(encoding="utf-8"))
        for folder in (Path(small.output), finished_run.folder)
    ]
    assert cards[0] == cards[1]


def test_a_rerun_keeps_every_dataset(small: RunContext) -> None:
    before = [require_manifest(small.folder(dataset), "run") for dataset in MADE]
    finish(small)
    assert [require_manifest(small.folder(dataset), "run") for dataset in MADE] == before


def test_beside_an_earlier_run_the_duplicates_are_sparks(
    small: RunContext, spark: SparkSession, tmp_path: Path
) -> None:
    found = []
    for name, session in (("here", no_spark), ("spark", spark)):
        shutil.copytree(small.output, tmp_path / name)
        folder, local = tmp_path / name, session is no_spark
        context = RunContext(session, str(folder), Reporter(quiet=True), local=local)
        dedup_stage(context, load_recipe("default"), [small.output])
        found.append(table(folder, "duplicates"))
    here, by_spark = found
    assert here.schema.names == by_spark.schema.names
    assert here.to_pylist() == by_spark.to_pylist()
    assert set(here["keeper_run"].to_pylist()) == {1}


def test_moved_thresholds_and_percentiles_are_judged_as_by_spark(
    small: RunContext, finished_run: FinishedRun, tmp_path: Path
) -> None:
    folders = []
    for name, context in (("here", small), ("spark", finished_run.context)):
        shutil.copytree(context.output, tmp_path / name)
        moved = replace(context, output=str(tmp_path / name))
        finish(moved, *RULES)
        folders.append(tmp_path / name)
    for dataset in ("verdicts", "dropped", "corpus"):
        ours, theirs = (table(folder, dataset) for folder in folders)
        assert repr(ours.to_pylist()) == repr(theirs.to_pylist())
    assert plain(folders[0]) == plain(folders[1])
    # both ways of working have the same fingerprints: either goes on from what the other made
    finish(replace(finished_run.context, output=str(folders[0])), *RULES)
    assert plain(folders[0]) == plain(folders[1])


GIVEN = (
    "annotated",
    "verdicts",
    "contamination",
    "duplicates",
    "grades",
    "quality",
    "dropped",
    "corpus",
)


@pytest.fixture(scope="module")
def given(finished_run: FinishedRun, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two runs with a grader, a safety model, benchmarks and domains: one made here, one by Spark."""
    folder = tmp_path_factory.mktemp("given")
    write_companions(folder)
    columns = LabelledColumns(language="language")
    labelled = str(folder / LABELLED_FILE)
    train_grader(labelled, str(folder / "grader"), columns, "grade", None)
    unsafe = replace(columns, label="unsafe")
    train_safety(labelled, str(folder / "safety"), unsafe, None, 0.005)
    recipe = load_recipe("default", [f"safety.blocked_domains={folder / DOMAINS_FILE}"])
    benchmarks = GivenBenchmarks.of([str(folder / BENCHMARK_FILE)])
    for name in ("here", "spark"):
        context = start(finished_run, folder / name)
        if name == "spark":
            context = replace(context, session=finished_run.context.session, local=False)
        train_stage(context, recipe)
        models = context.folder(MODEL_DATASET)
        annotate_stage(context, recipe, models, str(folder / "safety"), benchmarks)
        decide_stage(context, recipe)
        match_stage(context, recipe, benchmarks)
        dedup_stage(context, recipe)
        grade_stage(context, recipe, str(folder / "grader"))
        publish_stage(context, recipe)
        report_run(context, recipe)
    return {name: folder / name for name in ("here", "spark")}


@pytest.mark.parametrize("dataset", GIVEN)
def test_grades_and_matches_are_sparks(given: dict[str, Path], dataset: str) -> None:
    ours, theirs = (table(given[name], dataset) for name in ("here", "spark"))
    assert len(ours)
    assert ours.schema.names == theirs.schema.names
    for name in ours.schema.names:
        assert repr(ours.column(name).to_pylist()) == repr(theirs.column(name).to_pylist()), name


def test_the_report_of_grades_and_matches_is_sparks(given: dict[str, Path]) -> None:
    ours, theirs = plain(given["here"]), plain(given["spark"])
    assert ours["contamination"]["flagged"] == 2
    assert {"low_grade", "unsafe_agreed", "benchmark_item"} <= ours["reasons"].keys()
    assert ours == theirs


def manifest(size: int, rows: int) -> Manifest:
    return Manifest.model_validate(
        {
            "dataset": "annotated",
            "stage": "annotate",
            "fingerprint": "",
            "fingerprints": {},
            "accounts": {"rows_in": rows, "rows_out": rows},
            "seconds": 0,
            "created_at": "",
            "files": [{"path": "a.bin", "bytes": size, "rows": rows}],
            "versions": {},
        }
    )


@pytest.mark.parametrize(
    ("local", "megabytes", "size", "rows", "here"),
    [
        (True, 1.0, 1 << 20, 10, True),
        (True, 1.0, (1 << 20) + 1, 10, False),
        (True, 16.0, 1, MOST_ROWS + 1, False),
        (True, 0.0, 1, 1, False),
        (False, 16.0, 1, 1, False),
    ],
)
def test_only_small_datasets_of_local_mode_are_worked_on_here(
    local: bool, megabytes: float, size: int, rows: int, here: bool
) -> None:
    context = RunContext(no_spark, "/nowhere", Reporter(quiet=True), local=local)
    assert works_here(context, megabytes, manifest(size, rows)) == here


def test_sizes_of_several_sources_add_up() -> None:
    context = RunContext(no_spark, "/nowhere", Reporter(quiet=True), local=True)
    assert not works_here(context, 1.0, manifest(600_000, 1), manifest(600_000, 1))


@pytest.mark.parametrize("more", [0, 1])
def test_texts_count_unpacked(tmp_path: Path, more: int) -> None:
    megabytes, texts = 0.25, 8
    size = UNPACKED * (1 << 18) // texts - 4 + more  # four bytes a text for its place
    (tmp_path / "extracted").mkdir()
    path = tmp_path / "extracted" / "a.parquet"
    pq.write_table(
        pa.table({"text": ["a" * (size - (4 if row == 0 else 0)) for row in range(texts)]}), path
    )
    context = RunContext(no_spark, str(tmp_path), Reporter(quiet=True), local=True)
    told = manifest(path.stat().st_size, texts).model_copy(update={"dataset": "extracted"})
    files = [told.files[0].model_copy(update={"path": "a.parquet"})]
    told = told.model_copy(update={"files": files})
    assert told.bytes < 1 << 17
    assert works_here(context, megabytes, told) == (not more)


@pytest.mark.parametrize(
    "override", ["dedup.mode=annotate", "dedup.passages.unit=lines", "run.driver_megabytes=0"]
)
def test_what_this_process_cannot_do_is_sparks(
    small: RunContext, spark: SparkSession, tmp_path: Path, override: str
) -> None:
    shutil.copytree(small.output, tmp_path / "run")
    asked: list[str] = []

    def session() -> SparkSession:
        asked.append("Spark")
        return spark

    context = replace(small, session=session, output=str(tmp_path / "run"))
    shutil.rmtree(tmp_path / "run" / "corpus")
    recipe = load_recipe("default", [override])
    decide_stage(context, recipe)
    dedup_stage(context, recipe)
    publish_stage(context, recipe)
    assert asked


def test_a_damaged_file_is_told(small: RunContext, tmp_path: Path) -> None:
    shutil.copytree(small.output, tmp_path / "run")
    context = replace(small, output=str(tmp_path / "run"))
    victim = next((tmp_path / "run" / "annotated").rglob("*.parquet"))
    victim.write_bytes(b"PAR1" + bytes(victim.stat().st_size - 8) + b"PAR1")
    with pytest.raises(InputError, match=r"annotated.*cannot be read.*damaged"):
        decide_stage(context, load_recipe("default", ["rules.too_few_words.min=61"]))

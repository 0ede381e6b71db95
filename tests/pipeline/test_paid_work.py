"""A second run of a folder: what somebody exported, trained or graded is still there, or was asked for."""

import contextlib
import io
import json
import shutil
from pathlib import Path

import pytest

from jobs.command_line import main

DEAR = ("models", "annotated", "duplicates")


def run(*argv: str) -> tuple[int, str]:
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        status = main(argv)
    return status, told.getvalue()


def held(folder: Path) -> dict[str, bytes]:
    """Every file of a run but the reports, which are written anew."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in files
        if path.name not in ("report.json", "report.html", "dataset_card.md", "README.md")
    }


def change(manifest: Path, **facts: object) -> None:
    told = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps({**told, **facts}), encoding="utf-8")


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crawl")
    for place, wind in (("ferry", "north"), ("harbour", "south")):
        text = [
            f"On day {day} the keeper of the {place} wrote that the {wind} wind kept everybody at home."
            for day in range(12)
        ]
        (folder / f"{place}.txt").write_text("\n".join(text), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def finished(crawl: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("run") / "output"
    assert run("run", str(crawl), str(output))[0] == 0
    return output


@pytest.fixture
def output(finished: Path, tmp_path: Path) -> Path:
    """A finished run whose models, annotations and duplicates took hours, they say."""
    folder = tmp_path / "output"
    shutil.copytree(finished, folder)
    for dataset in DEAR:
        change(folder / dataset / "_manifest.json", seconds=5000.0)
    return folder


def add(output: Path, dataset: str) -> None:
    """What another command left beside the run's own: lines of an export, grades, matches."""
    shutil.copytree(output / "verdicts", output / dataset)
    change(output / dataset / "_manifest.json", dataset=dataset, stage=dataset, seconds=900.0)


def test_an_unchanged_run_leaves_what_others_made_where_it_is(crawl: Path, output: Path) -> None:
    add(output, "jsonl")
    for name in ("packed/train/rows.parquet", "phrase_index/a.parquet", "labels.parquet"):
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (output / name).write_bytes(b"mine")
    before = held(output)
    status, told = run("run", str(crawl), str(output))
    assert status == 0
    assert held(output) == before
    assert "jsonl/ holds an earlier corpus: `corpusmill export" in told


@pytest.mark.parametrize(
    ("dataset", "wanted"), [("quality", "--grader FOLDER"), ("contamination", "--benchmarks")]
)
def test_leaving_out_an_option_deletes_nothing_unasked(
    crawl: Path, output: Path, dataset: str, wanted: str
) -> None:
    add(output, dataset)
    before = held(output)
    status, told = run("run", str(crawl), str(output))
    assert status == 1
    assert f"{dataset}/ (2 documents, 900.0 s of work)" in told
    assert wanted in told
    assert "--redo" in told
    assert held(output) == before
    assert run("run", str(crawl), str(output), "--redo")[0] == 0
    assert not (output / dataset).exists()


def test_models_that_a_run_trained_go_for_given_ones_only_when_asked(
    crawl: Path, output: Path, tmp_path: Path
) -> None:
    shutil.copytree(output / "models" / "perplexity", tmp_path / "given")
    words = ("run", str(crawl), str(output), "--perplexity-model", str(tmp_path / "given"))
    status, told = run(*words)
    assert status == 1
    assert "models/ (2 documents, 5,000.0 s of work)" in told
    assert (output / "models").is_dir()
    assert run(*words, "--redo")[0] == 0
    assert not (output / "models").exists()


@pytest.mark.parametrize(
    ("setting", "stage", "lost"),
    [
        (
            "clean.collapse_repeats=false",
            "train-perplexity",
            "models annotated verdicts duplicates",
        ),
        ("safety.combination=or", "annotate", "annotated verdicts duplicates"),
        ("rules.too_few_words.min=60", "fit-thresholds", "verdicts duplicates"),
        ("dedup.threshold=0.8", "dedup", "duplicates"),
    ],
)
def test_work_of_hours_is_named_with_its_price_and_made_anew_on_redo(
    crawl: Path, output: Path, setting: str, stage: str, lost: str
) -> None:
    before = held(output)
    words = ("run", str(crawl), str(output), "--set", setting)
    status, told = run(*words)
    assert status == 1
    assert f"corpusmill: {stage}: its settings changed since OUTPUT was made" in told
    named = [dataset for dataset in ("extracted", *lost.split()) if f"{dataset}/ (2 docu" in told]
    assert named == lost.split()
    assert held(output) == before
    assert run(*words, "--redo")[0] == 0
    assert held(output) != before


def test_a_folder_that_was_moved_asks_before_everything_is_made_anew(
    crawl: Path, output: Path, tmp_path: Path
) -> None:
    shutil.copytree(crawl, tmp_path / "crawl")
    status, told = run("run", str(tmp_path / "crawl"), str(output))
    assert status == 1
    assert "extract: what it reads changed" in told


def test_work_of_seconds_is_made_anew_without_a_question(crawl: Path, finished: Path) -> None:
    status, told = run("run", str(crawl), str(finished), "--set", "rules.too_few_words.min=61")
    assert status == 0
    assert "fit-thresholds: configuration changed, made anew" in told


@pytest.mark.parametrize("name", ["labels.parquet", "_notes.md", "_mine/a.txt"])
def test_files_that_somebody_put_into_a_dataset_are_not_deleted_with_it(
    crawl: Path, output: Path, name: str
) -> None:
    mine = output / "verdicts" / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_bytes(b"mine")
    words = ("run", str(crawl), str(output), "--redo", "--set", "rules.too_few_words.min=60")
    status, told = run(*words)
    assert status == 1
    assert f"holds {mine}, which corpusmill did not write: move them away first" in told
    assert mine.read_bytes() == b"mine"


def test_a_file_of_somebody_in_a_chunk_stays_when_its_folder_grows(
    crawl: Path, output: Path, tmp_path: Path
) -> None:
    grown = tmp_path / crawl.name
    shutil.copytree(crawl, grown)
    folder = tmp_path / "own"
    assert run("run", str(grown), str(folder))[0] == 0
    (chunk,) = (folder / "extracted").glob("chunk-*")
    (chunk / "_notes.md").write_text("mine", encoding="utf-8")
    (grown / "quay.txt").write_text("On day 4 nobody came. " * 30, encoding="utf-8")
    status, told = run("run", str(grown), str(folder))
    assert status == 1
    assert f"holds {chunk / '_notes.md'}, which corpusmill did not write" in told
    (chunk / "_notes.md").unlink()
    assert run("run", str(grown), str(folder))[0] == 0

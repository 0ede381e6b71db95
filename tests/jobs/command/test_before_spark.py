"""What a user gets wrong is told before Spark starts, also where a cluster's session comes first."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from pathlib import Path

import pytest

from jobs.command_line import main
from jobs.runtime.own_packages import foreign_packages
from jobs.runtime.spark import session

CLUSTER = ("--master", "spark://nowhere.example:7077")


def run(*argv: str) -> tuple[int, str]:
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        status = main(argv)
    return status, told.getvalue()


@pytest.fixture(autouse=True)
def no_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("Spark was started")

    monkeypatch.setattr(session, "start_session", refuse)


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    (tmp_path / "crawl").mkdir()
    (tmp_path / "crawl" / "a.txt").write_text("A page.", encoding="utf-8")
    return tmp_path / "crawl"


@pytest.mark.parametrize(
    ("override", "told"),
    [
        (
            "rules.digits.signal=language.script",
            "rules.digits: language.script is text (ISO 15924)",
        ),
        ("rules.digits.max=-0.1", "is 0 to 1: max -0.1 is below all of its values"),
        ("rules.few_stop_words.min=15", "is 0 to 1: min 15 is above all of its values"),
        (
            "rules.digits.languages={zh: {max: -1}}",
            "rules.digits.languages.zh: heuristics.digit_ratio",
        ),
        (
            "rules.digits.when=[{signal: language.language, min: 1}]",
            "rules.digits.when: language.language is text",
        ),
        ("rules.digits.signal=heuristics.digit_share", "did you mean"),
        ("trust=defualt", "did you mean 'default'"),
        ("perplexity.lmplz=/no/such/lmplz", "/no/such/lmplz"),
        ("dedup.scope=continent", "the documents lack the column continent"),
    ],
)
def test_a_recipe_that_cannot_be_carried_out(
    crawl: Path, tmp_path: Path, override: str, told: str
) -> None:
    settings = ["--set", "rules.digits.min=null", "--set", override]
    status, message = run("run", str(crawl), str(tmp_path / "out"), *settings, *CLUSTER)
    assert status == 1
    assert told in message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "given", ["missing", "missing/*.warc.gz", "crawl/none.txt"], ids=["folder", "glob", "file"]
)
def test_an_input_that_is_not_there(crawl: Path, tmp_path: Path, given: str) -> None:
    words = ("run", str(crawl), str(tmp_path / given), str(tmp_path / "out"), *CLUSTER)
    status, message = run(*words)
    assert status == 1
    assert str(tmp_path / given) in message or "there is no folder" in message
    assert not (tmp_path / "out").exists()


def test_rules_that_no_value_will_be_there_for(crawl: Path, tmp_path: Path) -> None:
    status, message = run("run", str(crawl), str(tmp_path / "out"))
    assert status == 0
    before, _, _ = message.partition("\nextract ")
    assert "not judged: low_grade: no grader was given (--grader FOLDER)" in before
    assert "not judged: unsafe_agreed, unsafe_model: no safety model was given" in before


@pytest.mark.parametrize("command", ["annotate", "extract", "dedup"])
def test_a_table_that_is_not_there(tmp_path: Path, command: str) -> None:
    words = (command, str(tmp_path / "none.parquet"), str(tmp_path / "out"), "--id-column", "doc")
    status, message = run(*words)
    assert status == 1
    assert "none.parquet: no such file or folder" in message


def test_an_earlier_run_that_is_not_there(crawl: Path, tmp_path: Path) -> None:
    words = ("run", str(crawl), str(tmp_path / "out"), "--against", str(tmp_path / "old"))
    status, message = run(*words)
    assert status == 1
    assert f"{tmp_path}/old/signatures holds no published dataset" in message


def test_an_output_that_is_a_file(crawl: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    status, message = run("run", str(crawl), str(tmp_path / "out"), *CLUSTER)
    assert status == 1
    assert f"cannot write to {tmp_path}/out" in message


def test_an_output_in_which_somebody_keeps_a_corpus_of_his_own(crawl: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "corpus").mkdir(parents=True)
    (tmp_path / "out" / "corpus" / "mine.txt").write_text("mine", encoding="utf-8")
    status, message = run("run", str(crawl), str(tmp_path / "out"))
    assert status == 1
    assert "corpus holds files that corpusmill did not write" in message
    assert not (tmp_path / "out" / "extracted").exists()


@pytest.mark.parametrize("place", ["working directory", "PYTHONPATH"])
def test_packages_of_somebody_else_that_workers_would_import(
    crawl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "udfs").mkdir(parents=True)
    (theirs / "udfs" / "__init__.py").write_text("raise RuntimeError", encoding="utf-8")
    if place == "PYTHONPATH":
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PYTHONPATH", f"{theirs}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    else:
        monkeypatch.chdir(theirs)
    assert foreign_packages() == [theirs / "udfs"]
    status, message = run("run", str(crawl), str(tmp_path / "out"))
    assert status == 1
    assert f"{theirs}/udfs would be imported by Spark's workers" in message
    status, message = run("doctor")
    assert status == 1
    assert f"missing  packages           {theirs}/udfs hide ours" in message
    shutil.rmtree(theirs / "udfs")
    (theirs / "udfs").mkdir()  # a mere folder of that name hides nothing
    assert foreign_packages() == []

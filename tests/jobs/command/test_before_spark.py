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
    assert f"{tmp_path}/old: no such folder. Give the OUTPUT of `corpusmill dedup`." in message


def test_an_output_that_is_a_file(crawl: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    status, message = run("run", str(crawl), str(tmp_path / "out"), *CLUSTER)
    assert status == 1
    assert f"cannot write to {tmp_path}/out: it is a file. Choose a folder" in message


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


def test_too_little_text_for_any_perplexity_model(crawl: Path, tmp_path: Path) -> None:
    status, message = run("train-perplexity", str(crawl), str(tmp_path / "out"))
    assert status == 1
    assert "no model was trained: no language has 2,000 tokens of text" in message


RUN_COMMANDS = (
    "annotate RUN", "compare RUN RUN", "contamination review RUN", "decide RUN", "dedup RUN",
    "explain RUN --id 1", "export RUN", "extract RUN", "index RUN",
    "label-sample RUN", "publish RUN", "report RUN", "serve RUN", "trace RUN phrase",
    "train-perplexity RUN", "whatif RUN --set rules.digits.max=1",
    "whatif RUN --dedup --set rules.digits.max=1",
)  # fmt: skip


@pytest.mark.parametrize("words", RUN_COMMANDS)
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mistyped", "mistyped: no such folder. Give the OUTPUT of `corpusmill "),
        ("crawl", "crawl is no run of corpusmill: no dataset was finished in it."),
        ("crawl/a.txt", "crawl/a.txt is no run of corpusmill"),
    ],
)
def test_what_is_no_run_is_told_and_stays_as_it_is(
    crawl: Path, tmp_path: Path, words: str, name: str, told: str
) -> None:
    status, message = run(*words.replace("RUN", str(tmp_path / name)).split())
    assert status == 1
    assert told in message
    assert [path.name for path in crawl.iterdir()] == ["a.txt"]
    assert not (tmp_path / "mistyped").exists()


@pytest.mark.parametrize("command", ["run", "ingest", "train-perplexity"])
@pytest.mark.parametrize("output", ["crawl", "crawl/a.txt", "."])
def test_an_input_in_the_place_of_output(
    crawl: Path, tmp_path: Path, command: str, output: str
) -> None:
    status, message = run(command, str(crawl), str(tmp_path / output))
    assert status == 1
    if output == "crawl/a.txt":
        assert "a.txt: it is a file. Choose a folder" in message
    else:
        assert f"INPUT {crawl} is OUTPUT {tmp_path / output}, or lies in it" in message
    assert not list(tmp_path.glob("**/.corpusmill.lock"))


def test_a_run_among_the_inputs_is_no_document(crawl: Path, tmp_path: Path) -> None:
    assert run("run", str(crawl), str(crawl / "first"), "--quiet")[0] == 0
    for given in (crawl, crawl / "first"):
        status, message = run("run", str(given), str(tmp_path / "second"))
        assert status == 1
        assert f"INPUT {given} holds a run of corpusmill, {crawl}/first" in message
    assert run("run", str(crawl / "first" / "corpus"), str(tmp_path / "third"), "--quiet")[0] == 0
    assert run("run", str(crawl), str(crawl / "first"), "--quiet")[0] == 0  # its own is no source

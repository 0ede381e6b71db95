"""The command: every subcommand explains itself, errors are one message, the exit status is honest."""

import argparse
import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.command.parser import build_parser
from jobs.command.running import call, show
from jobs.command_line import COMMANDS, main
from jobs.runtime.errors import InputError
from tests.conftest import REPOSITORY


def run(*argv: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(argv)
        except SystemExit as end:
            status = int(end.code or 0)
    return status, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    status, out, _ = run(command, "--help")
    assert status == 0
    assert out.startswith(f"usage: corpusmill {command}")
    assert len(out.splitlines()) > 5


def test_every_command_of_the_parser_has_a_function() -> None:
    help_text = build_parser().format_help()
    assert all(name in help_text for name in COMMANDS)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("runn", "a", "b"),
            "corpusmill: no command 'runn' (did you mean 'run'?). `corpusmill --help` explains",
        ),
        (("pack", "a", "--tokenizer", "t", "--tokeniser=u"), "(did you mean '--tokenizer'?)"),
        (
            ("run", "a", "b", "--zzz"),
            "there is no place for '--zzz' here. `corpusmill run --help` explains",
        ),
        (("compare", "a", "b", "c"), "there is no place for 'c' here."),
    ],
    ids=["command", "option", "unlike any", "one word too many"],
)
def test_what_is_misspelt_is_named_with_what_may_be_meant(
    words: tuple[str, ...], told: str
) -> None:
    status, _, err = run(*words)
    assert status == 2
    assert told in err
    assert err.count("\n") == 1


def test_no_word_at_all_asks_for_help() -> None:
    status, out, err = run()
    assert (status, out) == (2, "")
    assert err == build_parser().format_help()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("run", "in", "out", "--recipe", "defualt"), "did you mean 'default'"),
        (("run", "in", "out", "--set", "dedup.treshold=1"), "did you mean 'threshold'"),
        (("run", "in", "out", "--perplexity-model", "/no/such"), "/no/such"),
        (("run", "in", "out", "--grader", "/no/such"), "/no/such"),
        (("run", "in", "out", "--safety-model", "/no/such"), "/no/such"),
        (("grade", "run"), "--grader FOLDER"),
        (("dedup", "run", "--preset", "fineweeb"), "fineweb"),
        (("recipes", "check", "/no/such.yaml"), "no such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_fault_is_found_before_spark_starts_and_named_in_one_message(
    argv: tuple[str, ...], message: str
) -> None:
    status, out, err = run(*argv)
    assert (status, out) == (1, "")
    assert message in err
    assert err.startswith("corpusmill: ")
    assert "Traceback" not in err


def test_recipes_are_listed_shown_and_checked(tmp_path: Path) -> None:
    assert "default" in run("recipes")[1]
    assert "repetition.duplicate_5gram_share <= 0.8" in run("recipes", "show")[1]
    assert "no fault" in run("recipes", "check", "default")[1]
    assert "lines.short_line_ratio" in run("recipes", "signals")[1]


def test_doctor_looks_at_everything() -> None:
    status, out, _ = run("doctor")
    assert status == 0
    for what in ("Python", "Java", "libraries", "configuration", "models", "S3 for Spark", "disk"):
        assert what in out


class Answers:
    """A command that answers, or fails, with words of a document."""

    TITLE = "\x1b]0;owned\x07\x1b[31mred\u202e caf\u00e9"

    def answer(self, _: argparse.Namespace) -> str:
        return self.TITLE

    def fail(self, _: argparse.Namespace) -> str:
        raise InputError(self.TITLE)


@pytest.mark.parametrize(("function", "status"), [("answer", 0), ("fail", 1)])
def test_words_of_documents_do_not_steer_the_terminal(
    function: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(getattr(Answers(), function), argparse.Namespace(debug=False)) == status
    shown = "".join(capsys.readouterr())
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "␛[31mred[U+202E] café" in shown


def test_a_terminal_of_ascii_gets_escapes() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    show("café", stream)
    stream.seek(0)
    assert stream.read() == "caf\\xe9\n"


def test_a_reader_that_has_gone_ends_no_command_with_a_traceback() -> None:
    command = (
        f"{sys.executable} -m jobs.command_line recipes signals | true; exit ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(
        ["bash", "-c", command], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("error", [KeyError("rules"), MemoryError(), InputError("no such file")])
def test_no_traceback_reaches_a_user_who_did_not_ask(
    error: Exception, debug: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: argparse.Namespace) -> str:
        raise error

    assert call(fail, argparse.Namespace(debug=debug)) == 1
    shown = capsys.readouterr().err
    assert ("Traceback" in shown) is debug
    assert shown.splitlines()[-1].startswith("corpusmill: ")


def test_packages_of_the_same_names_on_pythonpath_do_no_harm(tmp_path: Path) -> None:
    for name in ("jobs", "udfs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('somebody else')")
    program = (
        f"import sys; sys.path.insert(1, {str(REPOSITORY)!r}); import corpusmill; corpusmill.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "recipes"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "default" in done.stdout

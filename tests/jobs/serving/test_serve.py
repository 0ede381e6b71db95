"""The command: where it listens, what it refuses, and the sentence without its extra."""

import argparse
import http.client
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.command.parser import build_parser
from jobs.runtime.errors import InputError, MissingRequirementError, SettingsError
from jobs.serving.serve import serve_command
from jobs.serving.served_run import ServedRun
from jobs.serving.warming import warm
from tests.conftest import REPOSITORY
from tests.jobs.serving.looked_at_run import make_run


def words(*given: str) -> argparse.Namespace:
    return build_parser().parse_args(["serve", *given])


def test_this_machine_alone_is_the_default() -> None:
    assert words("RUN").host == "127.0.0.1"
    assert words("RUN").token is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "box.example"])
def test_another_address_wants_a_token(host: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--token SECRET"):
        serve_command(words(str(tmp_path), "--host", host))


@pytest.mark.parametrize("token", ["short", "", "has a blank in it, see", "ümlautümlautümlaut"])
def test_a_token_that_no_address_can_hold_is_refused(token: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="16 or more letters"):
        serve_command(words(str(tmp_path), "--token", token))


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be served"):
        serve_command(words(str(tmp_path)))


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match="another program has it"):
            serve_command(words(str(folder), "--port", str(taken.getsockname()[1])))


def test_what_a_run_lacks_does_not_stop_the_reading_ahead(tmp_path: Path) -> None:
    run = ServedRun("run", str(make_run(tmp_path / "run")))  # without report, recipe and index
    warm([run])
    _, sizes = run.kept(("clusters",), lambda: pytest.fail("was not read ahead"))
    assert sizes.tolist() == [9, 4, 2]


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingRequirementError, match=r"pip install 'corpusmill\[serve\]'"):
        serve_command(words("RUN"))


def test_no_other_command_loads_a_web_server() -> None:
    code = (
        "import sys; from jobs.command_line import COMMANDS, command_function;"
        "[command_function(name) for name in COMMANDS];"
        "print({'starlette', 'uvicorn', 'httpx2'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_the_command_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = "import sys; from jobs.command_line import main; sys.exit(main())"
    words = ["serve", str(folder), "--port", str(port), "--token", "0123456789abcdef"]
    with subprocess.Popen(
        [sys.executable, "-c", code, *words], cwd=REPOSITORY, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert f"run at http://127.0.0.1:{port}/?token=0123456789abcdef" in said
        assert answered(port) == 403
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def answered(port: int) -> int:
    """The status of the first answer to a stranger, once there is one."""
    for _ in range(100):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status
        except ConnectionRefusedError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise AssertionError("nobody listens")

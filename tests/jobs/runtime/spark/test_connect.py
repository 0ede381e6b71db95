"""What a Connect server must have is asked before work begins; tests/lake/test_connect.py has a real one."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import PySparkException, PySparkImportError
from pyspark.sql import SparkSession

import jobs
from jobs.runtime.errors import MissingRequirementError, SettingsError
from jobs.runtime.spark import connect as module
from jobs.runtime.spark.connect import (
    Held,
    connected,
    require_same_files,
    run_apart,
    send,
    tasks_at_a_time,
    through_connect,
)
from jobs.runtime.spark.session import brings_its_own, is_connect, runs_locally, start_session


@pytest.fixture
def listening() -> Iterator[str]:
    """An address where somebody listens, as a server would."""
    place = socket.create_server(("127.0.0.1", 0))
    with place:
        yield f"sc://127.0.0.1:{place.getsockname()[1]}"


class FakeBuilder:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def remote(self, url: str) -> "FakeBuilder":
        assert url.startswith("sc://")
        return self

    def getOrCreate(self) -> Any:  # noqa: N802
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class FakeConf(dict[str, str]):
    """Settings of a session, of which those of a server are not to be changed."""

    def isModifiable(self, key: str) -> bool:  # noqa: N802
        return key.startswith("spark.sql.") and "catalog" not in key

    def set(self, key: str, value: str) -> None:
        self[key] = value


class FakeSession:
    """A session whose workers answer with one row, or fail."""

    def __init__(self, answer: Any = None) -> None:
        self.conf, self.answer = FakeConf(), answer

    def range(self, rows: int) -> "FakeSession":
        assert rows == 1
        return self

    def mapInArrow(self, *_: object) -> "FakeSession":  # noqa: N802
        return self

    def collect(self) -> list[Any]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return [self.answer]


def test_nobody_there_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
    with pytest.raises(SettingsError, match=f"--master sc://127.0.0.1:{port}: no Spark Connect"):
        connected(f"sc://127.0.0.1:{port}", {}, {})
    with pytest.raises(SettingsError, match="Give sc://HOST:PORT"):
        connected("sc://127.0.0.1:many", {}, {})


def test_settings_of_a_session_are_set_and_the_servers_own_refused(
    listening: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = FakeSession()
    monkeypatch.setattr(module.SparkSession, "builder", FakeBuilder(session))
    given = {"spark.sql.ansi.enabled": "false", "spark.sql.catalog.lake": "a.Class"}
    usual = {"spark.sql.ansi.enabled": "true", "spark.driver.host": "here"}
    assert connected(listening, given, usual) is session  # type: ignore[comparison-overlap]
    assert session.conf == given
    with pytest.raises(SettingsError, match=r"--spark-conf spark\.driver\.memory: is set where"):
        connected(listening, {"spark.driver.memory": "2g"}, {})


def test_packages_that_are_missing_are_named(
    listening: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = PySparkImportError("zstandard >= 0.25.0 must be installed")
    monkeypatch.setattr(module.SparkSession, "builder", FakeBuilder(missing))
    with pytest.raises(
        MissingRequirementError, match=r"zstandard.*pip install .pyspark\[connect\]"
    ):
        connected(listening, {}, {})


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        ({"version": "0.0.1", "sees": True}, MissingRequirementError, "have corpusmill 0.0.1"),
        (
            {"version": jobs.__version__, "sees": False},
            SettingsError,
            "give an OUTPUT that both see",
        ),
        (
            PySparkException("Traceback\nModuleNotFoundError: No module named 'jobs'\n"),
            MissingRequirementError,
            "lack our code .ModuleNotFoundError: No module named 'jobs'.: install corpusmill",
        ),
        (PySparkException("the server is tired"), PySparkException, "tired"),
    ],
)
def test_a_server_that_cannot_do_the_work_is_told_before_it_begins(
    answer: Any, error: type[Exception], told: str
) -> None:
    if isinstance(answer, dict):
        answer = type("Row", (), answer)()
    with pytest.raises(error, match=told):
        require_same_files(FakeSession(answer), "/out")  # type: ignore[arg-type]


@pytest.mark.spark
def test_workers_are_asked_what_they_see(spark: SparkSession, tmp_path: Path) -> None:
    require_same_files(spark, str(tmp_path))
    with pytest.raises(SettingsError, match="is on this machine and not on that"):
        require_same_files(spark, str(tmp_path / "elsewhere"))


@pytest.mark.spark
def test_a_function_is_called_once_an_item_and_what_it_tells_is_joined(
    spark: SparkSession, tmp_path: Path
) -> None:
    def write(item: tuple[str, int]) -> dict[str, int]:
        name, number = item
        (tmp_path / name).open("x").close()  # a second call would fail
        return {name: number}

    items = [(f"part-{number}", number) for number in range(7)]
    assert run_apart(spark, write, items) == dict(items)
    assert run_apart(spark, write, []) == {}


@pytest.mark.spark
def test_a_classic_session_has_what_connect_lacks(spark: SparkSession) -> None:
    assert not through_connect(spark)
    assert tasks_at_a_time(spark) == spark.sparkContext.defaultParallelism
    sent = send(spark, {"a": 1})
    assert not isinstance(sent, Held)
    assert sent.value == {"a": 1}


def test_a_master_of_connect_is_no_machine_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    monkeypatch.delenv("SPARK_REMOTE", raising=False)
    assert is_connect("sc://host:15002")
    assert brings_its_own("sc://host:15002")
    assert not runs_locally("sc://host:15002")
    assert not is_connect(None)
    monkeypatch.setenv("SPARK_REMOTE", "sc://other")
    assert is_connect(None)
    assert not is_connect("local[2]")
    with pytest.raises(SettingsError, match=r"SPARK_REMOTE is sc://other and --master local\[2\]"):
        start_session("test", master="local[2]")
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    assert not is_connect("sc://host:15002")

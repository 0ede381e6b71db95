"""The archive of Spark's classes: found only where it fits, and really used by the Java that starts."""

import subprocess
import sys
from pathlib import Path

import pytest

from jobs.runtime.spark import class_archive
from jobs.runtime.spark.class_archive import archive_options, archive_path, write_archive
from jobs.runtime.spark.java_runtime import JavaRuntime, find_java
from tests.conftest import REPOSITORY

# What a run does that matters here: a session of ours, and a query with a shuffle.
QUERY = """
import sys
from jobs.runtime.spark.session import start_session
spark = start_session("archived", master="local[1]")
spark.range(100).selectExpr("id % 7 AS key").groupBy("key").count().collect()
spark.stop()
"""


@pytest.fixture
def spark_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "the cache"))
    monkeypatch.setenv("SPARK_HOME", str(tmp_path / "spark"))
    (tmp_path / "spark" / "jars").mkdir(parents=True)
    return tmp_path / "spark"


def test_nothing_is_asked_of_java_without_an_archive(spark_home: Path) -> None:
    assert archive_options(find_java()) == ""


def test_other_jars_and_another_java_want_another_archive(
    spark_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = find_java()
    names = {archive_path(java)}
    (spark_home / "jars" / "new.jar").touch()
    names.add(archive_path(java))
    monkeypatch.setattr(class_archive, "java_build", lambda _: "another build")
    names.add(archive_path(java))
    monkeypatch.setenv("SPARK_HOME", str(spark_home.parent))
    names.add(archive_path(java))
    assert len(names) == 4


def test_a_damaged_archive_neither_stops_java_nor_makes_it_talk(spark_home: Path) -> None:
    java = find_java()
    archive_path(java).parent.mkdir(parents=True)
    archive_path(java).write_bytes(b"not an archive" * 1000)
    options = archive_options(java).replace('"', "").split(" -X")
    assert len(options) == 5
    command = [str(java.home / "bin" / "java"), options[0], *(f"-X{rest}" for rest in options[1:])]
    answer = subprocess.run([*command, "-version"], capture_output=True, text=True, check=True)
    assert "rror" not in answer.stderr
    assert "arning" not in answer.stderr


def fake_submit(spark_home: Path, body: str) -> None:
    submit = spark_home / "bin" / "spark-submit"
    submit.parent.mkdir()
    submit.write_text(f'#!/bin/sh\noptions="$4"\n{body}\n')
    submit.chmod(0o755)


def test_an_archive_replaces_those_of_what_this_spark_was(
    spark_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = """eval set -- $options; printf classes > "${1#-XX:ArchiveClassesAtExit=}" """
    fake_submit(spark_home, draft)
    java = find_java()
    assert write_archive(java, Path("script.py"))
    old = archive_path(java)
    (spark_home / "jars" / "new.jar").touch()
    assert write_archive(java, Path("script.py"))
    assert archive_path(java).read_text() == "classes"
    assert sorted(old.parent.iterdir()) == [archive_path(java)]


def test_a_java_that_archives_nothing_is_no_error(spark_home: Path) -> None:
    fake_submit(spark_home, "true")
    assert not write_archive(find_java(), Path("script.py"))
    assert not archive_path(find_java()).exists()


def test_a_failing_script_is_an_error_and_leaves_nothing(spark_home: Path) -> None:
    fake_submit(spark_home, "exit 3")
    with pytest.raises(subprocess.CalledProcessError):
        write_archive(find_java(), Path("script.py"))
    assert list(archive_path(find_java()).parent.iterdir()) == []


@pytest.mark.slow
def test_spark_takes_its_classes_from_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "the cache"))
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    script = tmp_path / "query.py"
    script.write_text(QUERY)
    java = find_java()
    if not base_archive(java):
        assert not write_archive(java, script)
        return
    assert write_archive(java, script)
    log = tmp_path / "classes.log"
    monkeypatch.setenv("JDK_JAVA_OPTIONS", f"-Xlog:class+load:file={log}.%p")
    subprocess.run([sys.executable, str(script)], check=True, capture_output=True)
    logs = [path.read_text() for path in tmp_path.glob("classes.log.*")]
    loaded = [line for text in logs for line in text.splitlines()]
    spark = [line for line in loaded if " org.apache.spark.sql." in line]
    mapped = [line for line in spark if "shared objects file (top)" in line]
    assert len(mapped) > 1000
    assert len(mapped) > len(spark) / 2


def base_archive(java: JavaRuntime) -> bool:
    """Whether this Java has the archive of its own classes, on which ours would stand."""
    home = (java.home / "bin" / "java").resolve().parents[1]
    return (home / "lib" / "server" / "classes.jsa").is_file()

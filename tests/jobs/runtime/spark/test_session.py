"""Spark settings are read as Spark reads them, and every shipped file gives a reason for each."""

import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.command.arguments import spark_settings
from jobs.runtime.configuration_files import configuration_folder
from jobs.runtime.errors import SettingsError
from jobs.runtime.spark.session import LateSession, own_threads, read_spark_conf, running

CONF_FILES = sorted(configuration_folder().glob("spark-*.conf"))


def test_lines_of_reasons_are_left_out_and_values_taken_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.conf"
    path.write_text("# head\n\n  # why\nspark.a  1 \nspark.b   two #words\n")
    assert read_spark_conf(path) == {"spark.a": "1", "spark.b": "two #words"}


def test_a_key_without_value_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.conf"
    path.write_text("spark.a 1\nspark.b\n")
    with pytest.raises(SettingsError, match=r"x\.conf, line 2: 'spark\.b' has no value"):
        read_spark_conf(path)


@pytest.mark.parametrize("path", CONF_FILES, ids=lambda path: path.name)
def test_every_shipped_setting_has_its_reason_in_the_line_above(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    keys = [line.split()[0] for line in lines if line and not line.startswith("#")]
    assert keys
    assert len(keys) == len(set(keys))
    for above, line in pairwise(lines):
        if line and not line.startswith("#"):
            assert above.startswith("# "), line


@pytest.mark.spark
@pytest.mark.parametrize("path", CONF_FILES, ids=lambda path: path.name)
def test_spark_submit_reads_the_same_settings(spark: SparkSession, path: Path) -> None:
    read = spark.sparkContext._jvm.org.apache.spark.util.Utils.getPropertiesFromFile(str(path))
    pairs = (pair.split(" -> ", 1) for pair in read.mkString("\n").splitlines())
    assert dict(pairs) == read_spark_conf(path)


@pytest.mark.parametrize("path", CONF_FILES, ids=lambda path: path.name)
def test_whatever_shuffles_the_rows_of_deduplication_does_so_in_zstd(path: Path) -> None:
    if path.name != "spark-s3.conf":  # is added to one of the others
        assert read_spark_conf(path)["spark.io.compression.codec"] == "zstd"


def test_settings_of_the_command_line() -> None:
    assert spark_settings(["spark.a=1=2"]) == {"spark.a": "1=2"}
    with pytest.raises(SettingsError, match="write KEY=VALUE"):
        spark_settings(["spark.a"])


def test_a_late_session_is_started_once_and_only_when_asked_for() -> None:
    started: list[object] = []

    def start() -> Any:
        started.append(object())
        return started[-1]

    late = LateSession(start)
    assert late.started is None
    assert running(late) is running(late) is late.started
    assert len(started) == 1


@pytest.mark.parametrize(
    ("master", "threads"),
    [
        ("local[3]", 3),
        ("local[2,4]", 2),
        ("local", 1),
        ("local[*]", os.cpu_count()),
        ("local-cluster[2,1,1024]", None),
        ("spark://host:7077", None),
        ("yarn", None),
    ],
)
def test_only_local_mode_has_threads_of_its_own(
    monkeypatch: pytest.MonkeyPatch, master: str, threads: int | None
) -> None:
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    assert own_threads(master) == threads
    monkeypatch.setenv("SPARK_MASTER", master)
    assert own_threads(None) == threads
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")  # spark-submit says where work is done
    assert own_threads(master) is None

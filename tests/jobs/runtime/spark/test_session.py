"""Spark settings are read as Spark reads them, and every shipped file gives a reason for each."""

import os
from itertools import pairwise
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.command.arguments import spark_settings
from jobs.runtime.configuration_files import configuration_folder
from jobs.runtime.errors import SettingsError
from jobs.runtime.spark.session import local_threads, read_spark_conf, runs_locally

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


@pytest.mark.parametrize("path", CONF_FILES, ids=lambda path: path.name)
def test_times_of_a_users_table_are_written_as_others_read_them(path: Path) -> None:
    if path.name != "spark-s3.conf":  # is added to one of the others
        kind = read_spark_conf(path)["spark.sql.parquet.outputTimestampType"]
        assert kind == "TIMESTAMP_MICROS"


def test_settings_of_the_command_line() -> None:
    assert spark_settings(["spark.a=1=2"]) == {"spark.a": "1=2"}
    with pytest.raises(SettingsError, match="write KEY=VALUE"):
        spark_settings(["spark.a"])


@pytest.mark.parametrize(
    ("master", "local", "threads"),
    [
        ("local[3]", True, 3),
        ("local[2,4]", True, 2),
        ("local", True, 1),
        ("local[*]", True, os.cpu_count()),
        ("local-cluster[2,1,1024]", False, 1),
        ("spark://host:7077", False, 1),
        ("yarn", False, 1),
    ],
)
def test_a_master_says_what_this_process_may_do(
    monkeypatch: pytest.MonkeyPatch, master: str, local: bool, threads: int
) -> None:
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    assert (runs_locally(master), local_threads(master)) == (local, threads)
    monkeypatch.setenv("SPARK_MASTER", master)
    assert (runs_locally(None), local_threads(None)) == (local, threads)
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")  # spark-submit says where work is done
    assert not runs_locally(master)

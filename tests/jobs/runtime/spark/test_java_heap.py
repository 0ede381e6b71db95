"""The heap follows the machine, and a Java that ran out of it is told in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.runtime.spark.java_heap import (
    local_heap,
    memory_advice,
    tasks_within_heap,
    usable_memory,
)
from jobs.runtime.spark.session import local_cores
from tests.conftest import REPOSITORY

GIBIBYTE = 1 << 30


@pytest.mark.parametrize(
    ("cores", "memory", "heap"),
    [
        (2, 24 * GIBIBYTE, "2560m"),  # never below what a task of large documents needs
        (8, 64 * GIBIBYTE, "8192m"),  # a GiB a core
        (16, 32 * GIBIBYTE, "8192m"),  # a quarter of the memory
        (64, 4 * GIBIBYTE, "2560m"),
    ],
)
def test_heap_goes_by_cores_and_memory(cores: int, memory: int, heap: str) -> None:
    assert local_heap(cores, memory) == heap


def test_usable_memory_is_at_most_the_machine_s() -> None:
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 1 << 28 < usable_memory() <= pages


def test_cores_of_a_local_master() -> None:
    assert local_cores("local[4]") == 4
    assert local_cores("local[3,2]") == 3
    assert local_cores("local") == 1
    assert local_cores("local[*]") == os.cpu_count()


@pytest.mark.spark
def test_fewer_tasks_at_a_time_where_row_groups_are_large(spark: SparkSession) -> None:
    assert tasks_within_heap(spark, 1 << 20) is None
    assert tasks_within_heap(spark, 1 << 40) == 1


@pytest.mark.spark
def test_want_of_memory_is_told_with_the_value_given_and_the_next_one(spark: SparkSession) -> None:
    error = RuntimeError("Cannot reserve additional contiguous bytes in the vectorized reader")
    given = spark.sparkContext.getConf().get("spark.driver.memory")
    advice = memory_advice(spark, error)
    assert advice is not None
    assert f"spark.driver.memory={given}" in advice
    assert "--spark-conf spark.driver.memory=" in advice
    assert memory_advice(spark, RuntimeError("no such column")) is None


KILLS_JAVA = """
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.spark.session import start_session
from jobs.runtime.contract.stage import session_when_asked
from jobs.runtime.errors import StageError
few = {"spark.driver.memory": "600m", "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1"}
spark = start_session("x", master="local[1]", settings=few)
try:
    with session_when_asked(lambda: spark) as session:
        session().sparkContext._jvm.java.lang.System.exit(52)  # as Spark ends itself out of memory
        spark.range(3).count()
except StageError as error:
    print(error)
"""


@pytest.mark.spark
def test_a_java_that_died_for_want_of_memory_is_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLS_JAVA],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Java ran out of memory with spark.driver.memory=600m" in done.stdout
    assert "spark.driver.memory=1200m" in done.stdout

"""Shared fixtures: one lazy Spark session, scratch folders, the folder of real documents."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytest_plugins = ["tests.sample_run"]

# Properties say nothing of time, and where a machine is busy it is the machine that is slow.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED_DATA = Path(os.environ.get("CORPUSMILL_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """One session for the whole test run: starting Spark costs more than most tests."""
    from jobs.runtime.spark.session import start_session

    scratch = tmp_path_factory.mktemp("spark")
    session = start_session(
        "corpusmill-tests",
        master="local[2]",
        settings={
            "spark.sql.shuffle.partitions": "3",  # tiny data: planning dominates
            # Compiling each of hundreds of tiny queries costs more than interpreting them; the command
            # that the slow tests start compiles as in production.
            "spark.sql.codegen.wholeStage": "false",
            "spark.sql.codegen.factoryMode": "NO_CODEGEN",
            # With one compiler alone Java keeps 48 MB of machine code: after some hundred tests it throws
            # code away as fast as it compiles it, and interprets.
            "spark.driver.extraJavaOptions": (
                "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
            ),
            "spark.python.daemon.module": "tests.spark_daemon",
            # Else each column expression asks Java five things more, so that Spark's errors can name
            # the line of Python it comes from; ours are told in words of their own.
            "spark.python.sql.dataFrameDebugging.enabled": "false",
            "spark.sql.warehouse.dir": str(scratch / "warehouse"),
            "spark.local.dir": str(scratch / "local"),
        },
    )
    yield session
    session.stop()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real documents; absent outside the project's own machines."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real documents at {SHARED_DATA}")
    return SHARED_DATA

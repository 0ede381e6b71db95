"""Local workers import pyspark from where it is installed, not from Spark's archives."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from jobs.runtime.spark import worker_daemon


def archives_of_a_worker(_: Iterator[int]) -> Iterator[str]:
    import pyspark

    yield pyspark.__file__
    yield from (place for place in sys.path if worker_daemon._ARCHIVES.search(place))


@pytest.mark.spark
def test_workers_have_no_archives_on_their_path(spark: SparkSession) -> None:
    rows = spark.sparkContext.parallelize([0], 1).mapPartitions(archives_of_a_worker).collect()
    (installed, *archives) = rows
    assert "site-packages" in installed
    # What a user ships stays; the tests ship nothing.
    assert archives == []


def test_spark_that_is_unpacked_and_not_installed_keeps_its_archives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import pyspark.daemon

    given = ["/opt/spark/python/lib/pyspark.zip", "/opt/spark/python/lib/py4j-0.10.9-src.zip"]
    called: list[list[str]] = []
    monkeypatch.setattr(pyspark.daemon, "manager", lambda: called.append(list(sys.path)))
    monkeypatch.setattr(sys, "path", list(given))
    monkeypatch.setattr("gc.freeze", lambda: None)
    monkeypatch.setattr(worker_daemon.PathFinder, "find_spec", lambda *_: None)
    worker_daemon.main()
    assert called == [given]
    monkeypatch.setattr(worker_daemon.PathFinder, "find_spec", lambda *_: object())
    monkeypatch.setattr(sys, "path", [*given, "/data/mine.zip"])
    worker_daemon.main()
    assert called[1] == ["/data/mine.zip"]

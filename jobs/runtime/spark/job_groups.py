"""Which of Spark's tasks belong to a stage of ours, and how many of them are done."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from pyspark.sql import SparkSession

from jobs.runtime.spark.connect import through_connect

CountTasks = Callable[[], tuple[int, int]]
"""Tasks done and tasks known."""


@contextmanager
def job_group(spark: SparkSession, group: str, description: str) -> Iterator[CountTasks]:
    """Name all Spark jobs that the block starts, and yield what counts their tasks.

    Args:
        spark: The session. Through Connect jobs have no groups: those of this session are counted.
        group: Name that no other block has.
        description: For people who look at Spark's pages.
    """
    if through_connect(spark):
        with _heard(spark) as count:
            yield count
        return
    spark.sparkContext.setJobGroup(group, description)
    try:
        yield functools.partial(tasks_done, spark, group)
    finally:
        spark.sparkContext.setJobGroup("corpusmill", "corpusmill")


def tasks_done(spark: SparkSession, group: str) -> tuple[int, int]:
    """Return tasks done and tasks known of a job group; (0, 0) when Spark no longer answers."""
    try:
        tracker = spark.sparkContext.statusTracker()
        done = total = 0
        for job in tracker.getJobIdsForGroup(group):
            info = tracker.getJobInfo(job)
            for stage_id in info.stageIds if info else ():
                stage = tracker.getStageInfo(stage_id)
                if stage is not None:
                    done += stage.numCompletedTasks
                    total += stage.numTasks
    except Exception:  # a progress line must never end a run
        return 0, 0
    return done, total


@contextmanager
def _heard(spark: SparkSession) -> Iterator[CountTasks]:
    """What a Connect server says of its session's tasks while it works."""
    heard: dict[str | None, tuple[int, int]] = {}

    def hear(
        stages: Iterable[Any] | None, operation_id: str | None, **_: object
    ) -> None:  # a handler's parameters go by name
        told = [(stage.num_completed_tasks, stage.num_tasks) for stage in stages or ()]
        if told:
            heard[operation_id] = tuple(map(sum, zip(*told, strict=True)))  # type: ignore[assignment]

    session = cast("Any", spark)
    session.registerProgressHandler(hear)
    try:
        yield lambda: (sum(d for d, _ in heard.values()), sum(t for _, t in heard.values()))
    finally:
        session.removeProgressHandler(hear)

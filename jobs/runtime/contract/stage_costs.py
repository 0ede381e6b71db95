"""Where a stage's time and bytes went: Spark's own counters of its tasks, skew and spill included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MILLISECONDS = 1000.0
MEDIAN_AND_LONGEST = (0.5, 1.0)


class StageCosts(BaseModel):
    """Counters over all tasks of one stage; a stage may take several Spark jobs."""

    model_config = ConfigDict(frozen=True)

    tasks: int = Field(ge=0, description="finished tasks")
    task_seconds: float = Field(ge=0, description="time that tasks ran, summed")
    shuffled_bytes: int = Field(ge=0, description="bytes written for shuffles")
    spilled_bytes: int = Field(ge=0, description="bytes that did not fit memory and went to disk")
    longest_task_seconds: float = Field(ge=0, description="the longest task")
    skew: float = Field(
        ge=0,
        description="longest by median task, in the Spark stage that took most time; 0 without",
    )


def stage_costs(spark: SparkSession, group: str) -> StageCosts | None:
    """Return the counters of a job group, or None when Spark does not give them, as through Connect.

    Args:
        spark: The session that ran it; Spark keeps the counters of its last 1,000 stages.
        group: Name of the job group.
    """
    try:
        stages = _stages(spark, group)
        if not stages:
            return None
        heaviest = max(stages, key=lambda stage: int(stage.executorRunTime()))
        median, longest = _task_seconds(spark, heaviest)
        return StageCosts(
            tasks=sum(int(stage.numCompleteTasks()) for stage in stages),
            task_seconds=sum(int(s.executorRunTime()) for s in stages) / MILLISECONDS,
            shuffled_bytes=sum(int(stage.shuffleWriteBytes()) for stage in stages),
            spilled_bytes=sum(int(stage.diskBytesSpilled()) for stage in stages),
            longest_task_seconds=longest,
            skew=round(longest / median, 2) if median else 0.0,
        )
    except Exception:  # counters are a service; a run must not end for them
        return None


def _stages(spark: SparkSession, group: str) -> list[Any]:
    context = spark.sparkContext
    tracker, store = context.statusTracker(), context._jsc.sc().statusStore()
    numbers: set[int] = set()
    for job in tracker.getJobIdsForGroup(group):
        info = tracker.getJobInfo(job)
        numbers.update(info.stageIds if info else ())
    # A job names stages, too, that an earlier one's shuffle files spared; they are counted once.
    return [store.lastStageAttempt(number) for number in sorted(numbers) if _known(store, number)]


def _known(store: Any, number: int) -> bool:
    try:
        return bool(store.lastStageAttempt(number).numCompleteTasks())
    except Exception:  # Spark raises NoSuchElement for a stage that it never ran
        return False


def _task_seconds(spark: SparkSession, stage: Any) -> tuple[float, float]:
    context: Any = spark.sparkContext
    wanted = context._gateway.new_array(context._jvm.double, len(MEDIAN_AND_LONGEST))
    for place, share in enumerate(MEDIAN_AND_LONGEST):
        wanted[place] = share
    store = context._jsc.sc().statusStore()
    summary = store.taskSummary(stage.stageId(), stage.attemptId(), wanted)
    if not summary.isDefined():
        return 0.0, 0.0
    times = summary.get().executorRunTime()
    return times.apply(0) / MILLISECONDS, times.apply(1) / MILLISECONDS

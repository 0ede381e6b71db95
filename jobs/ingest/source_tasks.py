"""Source files dealt out to tasks: many small ones to one, a large one to several."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from jobs.ingest.source_files import SourceFile
from jobs.runtime.spark.arrow_frames import frame_of_table
from jobs.runtime.spark.connect import tasks_at_a_time
from jobs.runtime.spark.schemas import SOURCE_TASKS

BYTES_PER_TASK = 64 << 20
SMALL_TASK_BYTES = 4 << 20
TASKS_PER_CORE = 4
MOST_PARTS = 8
"""Every task of a file unpacks all of it and keeps its part: at eight, reading costs what extraction does."""


def source_tasks(
    spark: SparkSession, sources: Sequence[SourceFile], tasks: int | None = None
) -> DataFrame:
    """Return the files as rows of ``SOURCE_TASKS``, in as many partitions as there are tasks.

    Args:
        spark: The session.
        sources: Files to read.
        tasks: Partitions; by default by bytes and cores. Each starts a parser child of its own, so
            that a few small files are dealt out to no more tasks than there are cores.
    """
    cores = tasks_at_a_time(spark)
    total = sum(file.size for file in sources)
    several = min(TASKS_PER_CORE * cores, total // SMALL_TASK_BYTES)
    wanted = tasks or max(cores, several, total // BYTES_PER_TASK)
    rows = task_rows(sources, cores)
    table = pa.Table.from_pylist(rows, schema=SOURCE_TASKS)
    return frame_of_table(spark, table).repartition(max(1, min(len(rows), wanted)))


def task_rows(sources: Sequence[SourceFile], cores: int) -> list[dict[str, object]]:
    """Return the files as rows of ``SOURCE_TASKS``, a large one several times where files are few."""
    return [
        {**vars(file), "part": part, "parts": parts}
        # The largest files first and dealt out in turn: no task gets all the big books.
        for file in sorted(sources, key=lambda file: (-file.size, file.number))
        for parts in [_parts(file, len(sources), cores)]
        for part in range(parts)
    ]


def _parts(file: SourceFile, files: int, cores: int) -> int:
    """Return how many tasks read a file: several only where cores would have nothing to do."""
    return max(1, min(MOST_PARTS, cores // files, file.size // SMALL_TASK_BYTES))

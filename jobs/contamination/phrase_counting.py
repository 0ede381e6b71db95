"""Which phrases of benchmark items are boilerplate in a run's documents."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.contamination.given_benchmarks import GivenBenchmarks
from jobs.runtime.contract.manifest import Manifest
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, StageWork, parquet_chunk, run_stage
from jobs.runtime.contract.table_parts import write_part
from jobs.runtime.spark.arrow_frames import map_batches
from jobs.runtime.spark.connect import send
from jobs.runtime.spark.han_variants import han_variants
from udfs.columns.spark_hashes import xxhash64
from udfs.contamination.benchmark_index import BenchmarkIndex, build_benchmarks
from udfs.contamination.phrase_counts import COUNTS_SCHEMA, PhraseCountBatches, PhraseCounts
from udfs.contamination.settings import ContaminationSettings

DATASET = "benchmark-phrases"
NAME = "count-benchmark-phrases"
DRAWS = 1_000_000
Counting = Callable[[Callable[[], BenchmarkIndex], int], StageWork]
"""Given the index of the items and how many of ``DRAWS`` documents are drawn: how they are counted."""

CountTexts = Callable[[npt.NDArray[np.int64], pa.Array], None]
"""Takes int64[n] ids and n texts, from any thread."""
EachText = Callable[[OwnTasks, CountTexts], None]


def count_phrases(
    context: RunContext,
    settings: ContaminationSettings,
    benchmarks: GivenBenchmarks,
    inputs: dict[str, str],
    documents: int,
    counting: Counting,
    fitted_on: Sequence[str] | None = None,
) -> Manifest:
    """Count in a sample which phrases of the items documents have that lack the item.

    Args:
        context: The run.
        settings: How much is drawn.
        benchmarks: The items.
        inputs: What the texts are made from.
        documents: Their number.
        counting: Counts their phrases.
        fitted_on: Chunks of the texts: the counts stay when there are more of them, see ``Stage``.

    Raises:
        StageError: Spark failed.
    """
    share = min(1.0, settings.sample_documents / max(documents, 1))
    index = functools.cache(
        lambda: build_benchmarks(benchmarks.items, settings, None, han_variants())
    )
    return run_stage(
        context,
        Stage.of_work(
            counting(index, int(share * DRAWS)),
            name=NAME,
            dataset=DATASET,
            module="jobs.contamination.phrase_counting",
            inputs=inputs,
            configuration={
                "sample_documents": settings.sample_documents,
                "benchmarks": benchmarks.fingerprint,
            },
            fitted_on=fitted_on,
            # Counting reads documents and passes all of them on.
            account=lambda _: RowAccounts(rows_in=documents, rows_out=documents),
            details=lambda: {"share": share},
        ),
    )


def own_counting(tasks: OwnTasks, each_text: EachText) -> Counting:
    """Return how threads of this process count phrases.

    Args:
        tasks: The threads.
        each_text: Hands ids and texts of all parts of a table to a function.
    """

    def counting(index: Callable[[], BenchmarkIndex], drawn: int) -> StageWork:
        def write(folder: str) -> None:
            items = index()
            free: SimpleQueue[PhraseCounts] = SimpleQueue()  # one for each task that runs at a time
            for _ in range(tasks.threads):
                free.put(PhraseCounts(items))

            def count(ids: npt.NDArray[np.int64], texts: pa.Array) -> None:
                chosen = texts.filter(pa.array(xxhash64(ids) % DRAWS < drawn))
                mine = free.get()
                mine.add_texts(chosen)
                free.put(mine)

            each_text(tasks, count)
            counted = [free.get().rows() for _ in range(tasks.threads)]
            rows = pa.Table.from_batches(counted, COUNTS_SCHEMA)
            sums = rows.group_by(["kind", "key"]).aggregate([("count", "sum")])
            write_part(folder, 0, sums.rename_columns(COUNTS_SCHEMA.names))

        return StageWork(write, tasks)

    return counting


def spark_counting(context: RunContext, texts: Callable[[], DataFrame]) -> Counting:
    """Return how Spark counts phrases in columns ``id`` and ``text``."""

    def counting(index: Callable[[], BenchmarkIndex], drawn: int) -> StageWork:
        def counted() -> DataFrame:
            sent = send(context.spark, index())
            chosen = F.pmod(F.xxhash64("id"), F.lit(DRAWS)) < drawn
            counts = map_batches(
                texts().where(chosen).select("text"),
                PhraseCountBatches(functools.partial(getattr, sent, "value")),
            )
            return counts.groupBy("kind", "key").agg(F.sum("count").alias("count")).coalesce(1)

        return StageWork(parquet_chunk(counted))

    return counting

"""Earlier runs as Spark reads them: signatures, removals and texts, by numbers below zero."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, LongType

from jobs.dedup.earlier_files import (
    numbered,
    row_groups,
    signature_paths,
    wanted_rows,
)
from jobs.dedup.earlier_runs import EarlierRun, EarlierRuns, other_id_type
from jobs.dedup.file_bitmaps import quoted
from jobs.dedup.known_documents import KnownDocuments, KnownIds, preferred
from jobs.dedup.published_signatures import DATASET, KEEPER_ROW_ID
from jobs.dedup.signature_rows import READ_SCHEMA
from jobs.dedup.signatures import GIVEN_ID
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.contract.user_tables import ROW_ID
from jobs.runtime.spark.arrow_frames import collect_arrow, frame_of_table, map_with_schema
from jobs.runtime.spark.connect import tasks_at_a_time
from udfs.dedup.touched import Wanted, WantedFilter

_FOUND: Final = pa.schema([pa.field("run", pa.int32()), *READ_SCHEMA])
_TASKS_PER_CORE: Final = 4
MOST_KEYS: Final = 10_000_000
"""Keys that are sent to every task at a time: 80 MB. More are looked up one part after another."""


def open_known_documents(
    context: RunContext,
    earlier: EarlierRuns,
    id_type: DataType = LongType(),  # noqa: B008  # a value, never changed
) -> KnownDocuments:
    """Open what earlier runs published.

    Args:
        context: This run.
        earlier: The others.
        id_type: Of the ids that duplicates are named by in this run.

    Raises:
        InputError: One has ids of another type.
    """
    opened = [
        (run, RunContext(context.spark, run.folder, context.reporter)) for run in earlier.runs
    ]
    every = _union([_signatures(run, their, id_type) for run, their in opened])
    ids = KnownIds.of(every)
    known = ids.numbered(every, "id", "run")
    removed = _union([_removed(run, their) for run, their in opened])
    gone = ids.numbered(ids.numbered(removed, "id", "run"), "keeper_id", "keeper_run")
    lookups = [
        _texts_of(run, their, known.where(F.col("run") == run.number)) for run, their in opened
    ]
    return KnownDocuments(
        signatures=preferred(known.drop("run")),
        removed=gone.select("id", "keeper_id", "similarity"),
        texts=lambda involved: _union([lookup(involved) for lookup in lookups]),
        look_up=functools.partial(_looked_up, context.spark, earlier, ids),
        ids=ids,
        fingerprint=earlier.fingerprint,
    )


@dataclass(frozen=True)
class _WantedOfFiles:
    """Reads the wanted documents of files (``mapInArrow``): run int32, path string to ``_FOUND``."""

    wanted: Wanted

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        chosen = WantedFilter(self.wanted)
        for batch in batches:
            for run, path in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                for group in row_groups(run, path):
                    rows = wanted_rows(group, chosen)
                    if rows is not None:
                        columns = [pa.array(np.full(len(rows), run, np.int32))]
                        columns += [rows.column(name) for name in READ_SCHEMA.names]
                        yield from pa.table(columns, names=_FOUND.names).cast(_FOUND).to_batches()


def _looked_up(
    spark: SparkSession, earlier: EarlierRuns, ids: KnownIds, wanted: Wanted
) -> pa.Table:
    """Documents that are wanted: tasks read keys where they lie, and nothing is shuffled."""
    files = [(run.number, path) for run in earlier.runs for path in signature_paths(run)]
    runs, paths = zip(*files, strict=True) if files else ((), ())
    table = pa.table([pa.array(runs, pa.int32()), pa.array(paths, pa.string())], ["run", "path"])
    tasks = min(len(files), _TASKS_PER_CORE * tasks_at_a_time(spark))
    given = frame_of_table(spark, table).repartition(max(1, tasks))
    parts = max(1, math.ceil(len(wanted.keys) / MOST_KEYS))
    found = pa.concat_tables(
        collect_arrow(map_with_schema(given, _WantedOfFiles(Wanted(*part)), _FOUND)).cast(_FOUND)
        for part in zip(*(np.array_split(hashes, parts) for hashes in wanted), strict=True)
    )
    run = found.column("run").to_numpy()
    of_run = [(int(one), found.filter(pa.array(run == one))) for one in np.unique(run)]
    rows = numbered(of_run, ids.on_driver, READ_SCHEMA, pa.int64()).drop_columns([GIVEN_ID])
    _, once = np.unique(rows.column("id").to_numpy(), return_index=True)
    return rows.take(pa.array(once))


def _signatures(run: EarlierRun, their: RunContext, id_type: DataType) -> DataFrame:
    signed, _ = their.read(DATASET, "dedup")
    if GIVEN_ID not in signed.columns:  # of a run of the pipeline, whose ids are ours
        signed = signed.withColumn(GIVEN_ID, F.col("id"))
    found = signed.schema[GIVEN_ID].dataType
    if found != id_type:
        raise other_id_type(run, found.simpleString(), id_type.simpleString())
    return signed.withColumn("run", F.lit(run.number))


def _removed(run: EarlierRun, their: RunContext) -> DataFrame:
    """What an earlier run removed, its keepers' runs counted as in this one."""
    duplicates, _ = their.read("duplicates", "dedup")
    keeper_run = F.element_at(F.lit(list(run.keeper_runs)), F.col("keeper_run") + 1)
    of_table = ROW_ID in duplicates.columns
    row, keeper = (ROW_ID, KEEPER_ROW_ID) if of_table else ("id", "keeper_id")
    return duplicates.select(
        F.lit(run.number).alias("run"),
        F.col(row).alias("id"),
        keeper_run.alias("keeper_run"),
        F.col(keeper).alias("keeper_id"),
        "similarity",
    )


def _texts_of(
    run: EarlierRun, their: RunContext, known: DataFrame
) -> Callable[[DataFrame], DataFrame]:
    """Look texts up in a run's corpus; none when it is gone."""

    def lookup(involved: DataFrame) -> DataFrame:
        numbers = known.select(F.col("id").alias("known"), F.col(GIVEN_ID).alias("given"))
        wanted = numbers.join(F.broadcast(involved), F.col("known") == involved["id"])
        wanted = wanted.select("known", "given")
        if run.corpus() is None:
            nothing = F.lit(None).cast("string").alias("text")
            return wanted.select(F.col("known").alias("id"), nothing).where(F.lit(False))
        corpus, _ = their.read("corpus", "publish")
        texts = corpus.select(
            F.col(quoted(run.names["id"])).alias("name"),
            F.col(quoted(run.names["text"])).alias("text"),
        )
        found = texts.join(F.broadcast(wanted), F.col("name") == F.col("given"))
        return found.select(F.col("known").alias("id"), "text")

    return lookup


def _union(frames: Sequence[DataFrame]) -> DataFrame:
    total = frames[0]
    for frame in frames[1:]:
        total = total.unionByName(frame)
    return total

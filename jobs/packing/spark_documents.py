"""Documents to pack as a DataFrame: counted, put in order and written by Spark's tasks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, IntegerType, LongType, StringType

from jobs.packing.documents import MILLION, DocumentCounts, wrong_id_type
from jobs.packing.row_files import WRITTEN, RowWriter
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.spark.arrow_frames import map_with_schema
from jobs.runtime.spark.connect import send
from udfs.trainer_files.packing.packed_groups import COPY, ID, LABELS, PARTITION, TEXT, UNIT
from udfs.trainer_files.packing.row_facts import UNKNOWN
from udfs.trainer_files.packing.settings import PackSettings
from udfs.trainer_files.tokenising.tokeniser_file import TokeniserFile

ID_TYPES: Final[dict[DataType, pa.DataType]] = {
    LongType(): pa.int64(),
    IntegerType(): pa.int32(),
    StringType(): pa.string(),
}


@dataclass(frozen=True)
class SparkDocuments:
    """A chunk of documents, with the columns of :func:`packing_columns`; see ``ChunkDocuments``."""

    frame: DataFrame

    @property
    def id_type(self) -> pa.DataType:
        """Arrow's type of the ids."""
        found = self.frame.schema[ID].dataType
        if found not in ID_TYPES:
            raise wrong_id_type(found.simpleString())
        return ID_TYPES[found]

    def beginnings(self, characters: int, most: int) -> list[tuple[str, int]]:
        """Take some documents that have text, as Spark reads them."""
        rows = (
            self.frame.where(F.length(TEXT) > 0)
            .select(
                F.substring(TEXT, 1, characters).alias(TEXT), F.octet_length(TEXT).alias("bytes")
            )
            .limit(most)
        )
        # pandas and Arrow would refuse a batch for one text that is no UTF-8; a row says "?".
        return [(str(row[TEXT]), int(row["bytes"])) for row in rows.collect()]

    def count(self, settings: PackSettings) -> DocumentCounts:
        """Count in one pass."""
        return count_documents(self.frame, settings)

    def shared(self, file: TokeniserFile) -> Callable[[], TokeniserFile]:
        """Send the tokeniser to every worker once."""
        return functools.partial(getattr, send(self.frame.sparkSession, file), "value")

    def write(
        self,
        writer: RowWriter,
        settings: PackSettings,
        counts: DocumentCounts,
        own_tasks: OwnTasks | None,  # noqa: ARG002 - Spark has tasks of its own
    ) -> None:
        """Write a partition a task."""
        rows = ordered_documents(self.frame, settings, counts)
        map_with_schema(rows, writer, WRITTEN).collect()


def packing_columns(
    frame: DataFrame, id_column: str, text_column: str, settings: PackSettings
) -> DataFrame:
    """Return what packing reads of a table: id, text, columns to count, group and mix by."""
    labels = [F.col(name).cast("string").alias(name) for name in LABELS if name in frame.columns]
    return frame.select(
        F.col(id_column).alias(ID),
        F.col(text_column).alias(TEXT),
        *labels,
        _value(settings.group_by).alias("_group"),
        F.coalesce(_value(settings.mix_by), F.lit(UNKNOWN)).alias("_mix"),
    )


def _value(name: str | None) -> Column:
    return F.lit(None).cast("string") if name is None else F.col(name).cast("string")


def count_documents(documents: DataFrame, settings: PackSettings) -> DocumentCounts:
    """Count the documents of :func:`packing_columns` by side, weight and size, in one pass."""
    size = F.coalesce(F.octet_length(TEXT), F.lit(0))
    counted = documents.select(
        "_mix",
        size.alias("bytes"),
        _is_validation(settings).alias("apart"),
        _copies(settings).alias("seen"),
    )
    train = ~F.col("apart")
    rows = (
        counted.groupBy("_mix")
        .agg(
            F.count("*").alias("documents"),
            F.count_if(F.col("seen") == 0).alias("left_out"),
            F.count_if(train).alias("train"),
            F.coalesce(F.sum(F.when(train, F.col("seen"))), F.lit(0)).alias("training"),
            F.coalesce(F.sum(F.when(~train, F.col("seen"))), F.lit(0)).alias("validation"),
            F.coalesce(F.sum(F.when(train, F.col("seen") * F.col("bytes"))), F.lit(0)).alias(
                "training_bytes"
            ),
            F.coalesce(F.sum(F.when(~train, F.col("seen") * F.col("bytes"))), F.lit(0)).alias(
                "validation_bytes"
            ),
        )
        .collect()
    )
    names = (
        "documents",
        "left_out",
        "training",
        "validation",
        "training_bytes",
        "validation_bytes",
    )
    totals = {name: sum(int(row[name]) for row in rows) for name in names}
    by_mix = (
        {}
        if settings.mix_by is None
        else {str(row["_mix"]): (int(row["train"]), int(row["training"])) for row in rows}
    )
    return DocumentCounts(**totals, by_mix=by_mix)


def ordered_documents(
    documents: DataFrame, settings: PackSettings, counts: DocumentCounts
) -> DataFrame:
    """Return the documents as ``packed_groups`` takes them; partitions to train on have the low numbers."""
    training, validation = counts.partitions(settings)
    copies = _copies(settings)
    if settings.weights:
        numbers = F.sequence(F.lit(0), F.greatest(copies, F.lit(1)) - 1)
        seen = documents.where(copies > 0).withColumn(COPY, F.explode(numbers))
    else:
        seen = documents.withColumn(COPY, F.lit(0))
    # The first word makes hashes for different questions: half of the documents by one would be the same
    # half by another.
    order = F.xxhash64(F.lit("order"), F.lit(settings.seed), TEXT, COPY)
    unit = (
        F.lit(0).cast("bigint")
        if settings.group_by is None
        else F.xxhash64(F.lit("unit"), F.lit(settings.seed), "_group")
    )
    place = order if settings.group_by is None else unit
    partition = F.when(
        _is_validation(settings), F.lit(training) + F.pmod(place, F.lit(validation))
    ).otherwise(F.pmod(place, F.lit(training)))
    keyed = seen.select(
        partition.cast("int").alias(PARTITION),
        unit.alias(UNIT),
        F.col(COPY).cast("int").alias(COPY),
        ID,
        TEXT,
        *[name for name in LABELS if name in documents.columns],
        order.alias("_order"),
    )
    tasks = keyed.repartition(training + validation, PARTITION)
    return tasks.sortWithinPartitions(PARTITION, UNIT, "_order", ID, COPY).drop("_order")


def _is_validation(settings: PackSettings) -> Column:
    share = round(settings.validation * MILLION)
    return F.pmod(F.xxhash64(F.lit("split"), TEXT), F.lit(MILLION)) < share


def _copies(settings: PackSettings) -> Column:
    """How often a document is seen: its weight, of which a fraction takes some by a hash of their text."""
    if not settings.weights:
        return F.lit(1)
    weights = F.create_map(
        *[F.lit(item) for pair in settings.weights.items() for item in (pair[0], float(pair[1]))]
    )
    weight = F.coalesce(F.element_at(weights, F.col("_mix")), F.lit(1.0))
    drawn = F.pmod(F.xxhash64(F.lit("epoch"), TEXT), F.lit(MILLION)) / MILLION
    train = F.floor(weight).cast("int") + (drawn < weight - F.floor(weight)).cast("int")
    return F.when(_is_validation(settings), (weight > 0).cast("int")).otherwise(train)

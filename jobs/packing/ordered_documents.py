"""Which documents are packed, how often, with whom and in which order: all of it by hashes of their text.

Nothing depends on how Spark cut the input: the same documents give the same rows for any number of
partitions. The side of the split depends on the text alone, so that a document stays where it is as
the corpus grows or the seed changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.runtime.errors import InputError
from jobs.runtime.suggestions import did_you_mean
from udfs.trainer_files.packing.packed_groups import (
    COPY,
    ID,
    LABELS,
    MEBIBYTE,
    PARTITION,
    TEXT,
    UNIT,
)
from udfs.trainer_files.packing.row_facts import UNKNOWN
from udfs.trainer_files.packing.settings import PackSettings

MILLION: Final = 1_000_000


@dataclass(frozen=True)
class DocumentCounts:
    """What goes into the packing of one chunk.

    Attributes:
        documents: All of them.
        left_out: Those that their weight leaves out.
        training: Documents to train on, every copy counted.
        validation: Documents kept apart.
        training_bytes: UTF-8 bytes of ``training``.
        validation_bytes: UTF-8 bytes of ``validation``.
        by_mix: Value of the column that weights speak of → documents to train on, and how many are
            seen, copies counted.
    """

    documents: int
    left_out: int
    training: int
    validation: int
    training_bytes: int
    validation_bytes: int
    by_mix: Mapping[str, tuple[int, int]]

    def partitions(self, settings: PackSettings) -> tuple[int, int]:
        """Return how many partitions documents to train on and those kept apart are packed in."""
        return (
            _partitions(self.training, self.training_bytes, settings),
            _partitions(self.validation, self.validation_bytes, settings),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the counts as a mapping."""
        return asdict(self)


def _partitions(documents: int, size: int, settings: PackSettings) -> int:
    by_number = -(-documents // settings.partition_documents)
    by_size = -(-size // (settings.partition_megabytes * MEBIBYTE))
    return max(1, by_number, by_size)


def packing_columns(
    frame: DataFrame, id_column: str, text_column: str, settings: PackSettings
) -> DataFrame:
    """Return what packing reads of a table: id, text, columns to count, group and mix by.

    Raises:
        InputError: A column that the settings name is not there.
    """
    for option, name in (("--group-by", settings.group_by), ("--mix-by", settings.mix_by)):
        if name is not None and name not in frame.columns:
            raise InputError(
                f"{option} {name}: no such column{did_you_mean(name, frame.columns)} There are "
                f"{', '.join(frame.columns)}."
            )
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

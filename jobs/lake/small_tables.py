"""A small table of a lake on this machine: labelled documents, items of a benchmark.

What this process alone reads whole needs no copy that workers see, and no ids: the rows of one state are
collected and written below a folder of the caller's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StructType

from jobs.lake.snapshots import SPARK_FAULTS, commits, read_version, told, version_to_read
from jobs.lake.table_names import LakeTable, quoted
from jobs.runtime.errors import InputError
from jobs.runtime.spark.arrow_frames import collect_arrow


class FetchedTable(NamedTuple):
    """Where the rows lie now, how many they are, and the state that they are of, as a user spells it."""

    folder: str
    rows: int
    state: str


def fetch_table(spark: SparkSession, table: LakeTable, below: Path) -> FetchedTable:
    """Write the rows of a table into one Parquet file on this machine, in the order of their values.

    A table's rows have no order of their own: that of its files changes when they are compacted, and with it
    the numbers of items that have no ids, and what is learnt from rows.

    Args:
        spark: The session.
        table: As the user named it; without a state the newest.
        below: A folder that exists; the table gets one of its own in it.

    Raises:
        InputError: The table or the state is not there, or the driver has no room for the rows.
    """
    version = version_to_read(table, commits(spark, table))
    frame = read_version(spark, table, version)
    try:
        rows = collect_arrow(frame.orderBy(*_in_order(frame)))
    except SPARK_FAULTS as error:
        raise InputError(
            f"{table.name}@{version} cannot be brought to this machine: {told(error)}. What is read here is "
            "small: for more rows, export the table to Parquet and give the folder"
        ) from error
    state = f"{table.name}@{version}"
    # What is wrong with a row is told by its path.
    folder = below / re.sub(r"[^\w.@:-]+", "_", state)
    folder.mkdir()
    name = re.sub(r"\W+", "_", re.split(r"[./]", table.place.rstrip("/"))[-1])
    pq.write_table(rows, folder / f"{name}.parquet")
    return FetchedTable(str(folder), len(rows), state)


def _in_order(frame: DataFrame) -> Iterable[Column]:
    return (F.col(quoted(field.name)) for field in frame.schema if _sorts(field.dataType))


def _sorts(type_: DataType) -> bool:
    """Whether Spark can order by such a column."""
    if isinstance(type_, StructType):
        return all(_sorts(field.dataType) for field in type_)
    if isinstance(type_, ArrayType):
        return _sorts(type_.elementType)
    return type_.typeName() not in ("map", "variant", "geometry", "geography")

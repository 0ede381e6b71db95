"""A dataset written into a table of a lake by one commit, once a run however often the command is given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from jobs.lake.snapshots import (
    CONTENT_PROPERTY,
    RUN_PROPERTY,
    SPARK_FAULTS,
    Commit,
    commits,
    told,
)
from jobs.lake.table_names import LakeTable
from jobs.runtime.errors import InputError, SettingsError

RUN_COLUMN: Final = "run"
"""Column of such a table: which run a row is of."""


class Written(NamedTuple):
    """What a table holds of a run now: in which state it was written, and whether just now or before."""

    version: int
    is_new: bool


def write_once(
    table: LakeTable,
    rows: DataFrame,
    run: str,
    content: str,
    partition_by: Sequence[str] = (),
) -> Written:
    """Put a run's rows into a table by one commit; make the table, or add columns, where it lacks them.

    A commit says whose rows it holds and what they were made from. Where the newest of a run says the same,
    and rows of it are there, nothing is written; rows that this run wrote of something else are replaced. A
    process that dies before the commit leaves files that belong to no state of the table; the next one writes
    them anew.

    Args:
        table: Without a state.
        rows: To write; a column that the table alone has is null in them.
        run: Id of the run.
        content: Fingerprint of the rows.
        partition_by: Columns by which a new table is partitioned.

    Raises:
        InputError: A column of the table has another type, or Spark cannot write there.
        SettingsError: ``rows`` have a column named ``run``, or none of those of ``partition_by``.
    """
    if table.version is not None or table.time is not None:
        raise SettingsError(f"{table.name}: only the newest state can be written to, leave out @")
    spark = rows.sparkSession
    if RUN_COLUMN in rows.columns:
        raise SettingsError(
            f"a column named {RUN_COLUMN} is written beside the rows, which have one"
        )
    rows = rows.withColumn(RUN_COLUMN, F.lit(run))
    try:
        _make_room(spark, table, rows.schema, partition_by)
        same = _newest(spark, table, "content", content)
        if same is not None and (_holds(spark, table, same.run) or rows.isEmpty()):
            return Written(same.version, is_new=False)
        writer = rows.writeTo(table.sql).options(**_properties(table, run, content))
        if _holds(
            spark, table, run
        ):  # asked of the rows: a table forgets its commits, or is set back
            writer.overwrite(F.col(RUN_COLUMN) == run)
        else:
            writer.append()
        written = _newest(spark, table, "run", run)
        assert written is not None  # just now
    except SPARK_FAULTS as error:
        raise InputError(f"{table.name} cannot be written: {told(error)}") from error
    return Written(written.version, is_new=True)


def _newest(
    spark: SparkSession, table: LakeTable, what: Literal["run", "content"], wanted: str
) -> Commit | None:
    """The commit of a run or of some content that is the newest of its run."""
    by_run = {commit.run: commit for commit in commits(spark, table) if commit.run is not None}
    return next((one for one in by_run.values() if getattr(one, what) == wanted), None)


def _holds(spark: SparkSession, table: LakeTable, run: str | None) -> bool:
    of_run = F.col(RUN_COLUMN) == F.lit(run)
    return bool(spark.table(table.sql).where(of_run).limit(1).count())


def _properties(table: LakeTable, run: str, content: str) -> dict[str, str]:
    facts = {RUN_PROPERTY: run, CONTENT_PROPERTY: content}
    if table.format == "delta":
        return {"userMetadata": json.dumps(facts)}
    return {f"snapshot-property.{name}": value for name, value in facts.items()}


def _make_room(
    spark: SparkSession, table: LakeTable, schema: StructType, partition_by: Sequence[str]
) -> None:
    absent = [name for name in partition_by if name not in schema.names]
    if absent:
        raise SettingsError(
            f"--partition-by {absent[0]}: no such column; there are {', '.join(schema.names)}"
        )
    columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in schema)
    by = ", ".join(f"`{name}`" for name in partition_by)
    if table.catalog is not None:
        spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {table.sql.rpartition('.')[0]}")
    spark.sql(
        f"CREATE TABLE IF NOT EXISTS {table.sql} ({columns}) USING {table.format}"
        + (f" PARTITIONED BY ({by})" if by else "")
    )
    here = {field.name: field.dataType for field in spark.table(table.sql).schema}
    for field in schema:
        if here.get(field.name, field.dataType) != field.dataType:
            raise InputError(
                f"{table.name} has a column {field.name} of type {here[field.name].simpleString()}, ours is "
                f"{field.dataType.simpleString()}: rename the table's, or write to another table"
            )
    fresh = [field for field in schema if field.name not in here]
    if fresh:
        added = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in fresh)
        spark.sql(f"ALTER TABLE {table.sql} ADD COLUMNS ({added})")

"""The states of a table of a lake: which there are, and the rows of one, whatever is appended meanwhile."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Final, NamedTuple

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from jobs.lake.table_names import LakeTable
from jobs.runtime.errors import InputError
from jobs.runtime.spark.parquet_frames import document_session
from jobs.runtime.store.small_records import json_mapping

SPARK_FAULTS: Final = (PySparkException, Py4JJavaError)


class Commit(NamedTuple):
    """A state of a table: snapshot or version, when it became one (UTC), and what its writer said of it.

    ``run`` and ``content`` are ours: the run that wrote it, and the fingerprint of what was written.
    """

    version: int
    at: datetime
    run: str | None
    content: str | None


RUN_PROPERTY: Final = "corpusmill.run"
CONTENT_PROPERTY: Final = "corpusmill.content"
_ICEBERG: Final = """
    SELECT h.snapshot_id, unix_micros(h.made_current_at), to_json(s.summary)
    FROM {table}.history h JOIN {table}.snapshots s USING (snapshot_id)
    WHERE h.is_current_ancestor ORDER BY h.made_current_at
"""


def commits(spark: SparkSession, table: LakeTable) -> list[Commit]:
    """Return the states that a table still remembers, the oldest first.

    Raises:
        InputError: There is no such table.
    """
    try:
        if table.format == "iceberg":
            rows = spark.sql(_ICEBERG.format(table=table.sql)).collect()
        else:
            history = spark.sql(f"DESCRIBE HISTORY {table.sql}")
            told_by = "version", "unix_micros(timestamp)", "userMetadata"
            rows = history.selectExpr(*told_by).orderBy("version").collect()
    except SPARK_FAULTS as error:
        raise InputError(f"{table.name} cannot be read: {told(error)}") from error
    return [_commit(*row) for row in rows]


def _commit(version: int, micros: int, written: str | None) -> Commit:
    facts = json_mapping(written or "") or {}
    at = datetime.fromtimestamp(micros / 1e6, timezone.utc)
    return Commit(version, at, facts.get(RUN_PROPERTY), facts.get(CONTENT_PROPERTY))


def version_to_read(table: LakeTable, known: list[Commit]) -> int:
    """Return the version that a user means: the one named, the one of a time, or the newest.

    Args:
        table: As the user named it.
        known: Its states, the oldest first.

    Raises:
        InputError: The table has no such state.
    """
    if table.version is not None:
        return table.version
    if table.time is not None:
        at = datetime.fromisoformat(table.time).replace(tzinfo=timezone.utc)
        until = [commit for commit in known if commit.at <= at]
        if known and not until:
            raise InputError(
                f"{table.name}@{table.time}: its oldest state that is known is @{known[0].version}, of "
                f"{known[0].at:%Y-%m-%d %H:%M:%S} (UTC)"
            )
        known = until
    if not known:
        raise InputError(f"{table.name} has no state yet: nothing was ever written to it")
    return known[-1].version


def read_version(spark: SparkSession, table: LakeTable, version: int) -> DataFrame:
    """Return the rows of one state of a table.

    Raises:
        InputError: The state is not there any more, or the table is not.
    """
    session = document_session(spark)
    reader = session.read.option("versionAsOf", version)
    if table.format == "iceberg":  # its own reader would hold 5,000 documents side by side
        reader = reader.option("vectorization-enabled", "false")
    try:
        return reader.table(table.sql)
    except SPARK_FAULTS as error:
        raise InputError(f"{table.name}@{version} cannot be read: {told(error)}") from error


def told(error: Exception) -> str:
    """Return what Spark has to say of a table in one line: of Java's errors, the cause."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    causes = [line.partition("Caused by: ")[2] for line in lines if "Caused by: " in line]
    raised = [line.removeprefix(": ") for line in lines if line.startswith(": ")]
    return [type(error).__name__, *lines[:1], *raised, *causes][-1][:400]

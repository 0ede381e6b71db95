"""Commands on tables of a lake as a user gives them, and looks at the tables afterwards."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from jobs.command_line import main
from jobs.lake.session_settings import lake_settings
from jobs.lake.snapshots import Commit, commits
from jobs.lake.table_names import Format, LakeTable, parse_lake_table
from jobs.runtime.spark.session import start_session

# Tiny tables: Spark's planning and compiling is all that takes time.
SPEED = {
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


@dataclass(frozen=True)
class Lake:
    """A folder with a catalog of Iceberg named ``lake`` and tables of Delta by path."""

    folder: Path

    def spelt(self, format_: Format, name: str) -> str:
        """How a table is written on the command line."""
        return f"iceberg:lake.web.{name}" if format_ == "iceberg" else f"delta:{self.folder}/{name}"

    @property
    def settings(self) -> dict[str, str]:
        key = "spark.sql.catalog.lake"
        return {
            key: "org.apache.iceberg.spark.SparkCatalog",
            f"{key}.type": "hadoop",
            f"{key}.warehouse": str(self.folder / "warehouse"),
            "spark.sql.warehouse.dir": str(self.folder / "spark-warehouse"),
            **SPEED,
        }

    def words(self, *command: str) -> list[str]:
        """A command with the session's settings behind it."""
        settings = (f"{key}={value}" for key, value in self.settings.items())
        return [*command, "--quiet", "--master", "local[2]"] + [
            word for setting in settings for word in ("--spark-conf", setting)
        ]

    def run(self, *command: str) -> None:
        """Give a command in this process; it must end well."""
        assert main(self.words(*command)) == 0, command

    def program(self, *command: str) -> list[str]:
        """The same command as a process of its own."""
        return [sys.executable, "-m", "jobs.command_line", *self.words(*command)]

    @contextlib.contextmanager
    def session(self) -> Iterator[SparkSession]:
        """A session that knows both formats."""
        tables = [LakeTable("iceberg", "lake.web.any"), LakeTable("delta", str(self.folder))]
        added = lake_settings(tables, self.settings)
        spark = start_session("lake-tests", master="local[2]", settings=self.settings | added)
        try:
            yield spark
        finally:
            spark.stop()

    def rows(
        self, spark: SparkSession, table: str, version: int | None = None
    ) -> list[dict[str, Any]]:
        """All rows of a table, in no order."""
        sql = parse_lake_table(table).sql
        state = "" if version is None else f" VERSION AS OF {version}"
        return [
            row.asDict(recursive=True) for row in spark.sql(f"SELECT * FROM {sql}{state}").collect()
        ]

    def written(self, spark: SparkSession, table: str) -> list[Commit]:
        """The commits with rows of runs, the oldest first."""
        return [commit for commit in commits(spark, parse_lake_table(table)) if commit.run]


def write_lines(path: Path, documents: Sequence[dict[str, str]]) -> None:
    """Write JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(document, ensure_ascii=False) + "\n" for document in documents)
    path.write_text("".join(lines), encoding="utf-8")

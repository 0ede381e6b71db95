"""Spark's settings for tables of a lake: jars, extensions, Delta's catalog; other catalogs are the user's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Final

from jobs.lake.table_names import Format, LakeTable
from jobs.runtime.errors import SettingsError
from jobs.runtime.jar_set import LAKE_JARS

_EXTENSIONS: Final[dict[Format, str]] = {
    "iceberg": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    "delta": "io.delta.sql.DeltaSparkSessionExtension",
}
_DELTA_CATALOG: Final = {
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    # Delta reads its log in 50 tasks: 26 seconds of a laptop for a table of six files.
    "spark.databricks.delta.snapshotPartitions": "4",
}
_JARS: Final = ("spark.jars", "spark.jars.packages")


def lake_settings(tables: Iterable[LakeTable], given: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that a session started by the command needs for tables; none without any.

    Args:
        tables: Which the command names.
        given: The user's ``--spark-conf``; what it says stays.

    Raises:
        MissingRequirementError: Neither does the user name jars nor have ours been fetched.
        SettingsError: Nothing says where the catalog of a name is.
    """
    named = list(tables)
    if not named:
        return {}
    for table in named:
        _require_catalog(table, given)
    formats = sorted({table.format for table in named})
    extensions = [given.get("spark.sql.extensions"), *(_EXTENSIONS[format_] for format_ in formats)]
    settings = {"spark.sql.extensions": ",".join(filter(None, extensions))}
    if "delta" in formats:
        settings |= {key: value for key, value in _DELTA_CATALOG.items() if key not in given}
    if not any(key in given for key in _JARS):
        settings["spark.jars"] = ",".join(LAKE_JARS.paths())
    return settings


def _require_catalog(table: LakeTable, given: Mapping[str, str]) -> None:
    key = f"spark.sql.catalog.{table.catalog}"
    # A spark-defaults.conf may set it, which Spark alone reads.
    if table.catalog in (None, "spark_catalog") or key in given or "SPARK_CONF_DIR" in os.environ:
        return
    raise SettingsError(
        f"{table.name}: nothing says where the catalog {table.catalog} is. Give "
        f"--spark-conf {key}=org.apache.iceberg.spark.SparkCatalog and its {key}.type and {key}.warehouse or "
        f"{key}.uri, or set SPARK_CONF_DIR to the folder of a spark-defaults.conf that has them."
    )

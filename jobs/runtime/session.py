"""One SparkSession for the process, built from conf/spark-local.conf or the cluster's own settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.runtime.configuration_files import configuration_file
from jobs.runtime.errors import SettingsError
from jobs.runtime.java_runtime import use_java


def read_spark_conf(path: Path) -> dict[str, str]:
    """Read a spark-defaults style file: ``key value  # reason`` a line.

    Raises:
        SettingsError: A line has a key and no value.
    """
    settings: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        words = line.split("#", 1)[0].split(None, 1)
        if not words:
            continue
        if len(words) == 1:
            raise SettingsError(f"{path.name}, line {number}: {words[0]!r} has no value")
        settings[words[0]] = words[1].strip()
    return settings


def start_session(
    app_name: str, *, master: str | None = None, settings: Mapping[str, str] | None = None
) -> SparkSession:
    """Return the SparkSession of this process, starting it when there is none.

    Under spark-submit the cluster's own settings are kept and only ``settings`` are added; started
    as a plain command, local mode on all cores with conf/spark-local.conf is used.

    Args:
        app_name: Shown in Spark's UI and event log.
        master: Spark master URL, e.g. ``local[2]``; None means spark-submit's, else ``local[*]``.
        settings: Further Spark settings; they win over the file.

    Raises:
        MissingRequirementError: No usable Java.
        SettingsError: conf/spark-local.conf is malformed.
    """
    builder = SparkSession.builder.appName(app_name)
    under_spark_submit = "PYSPARK_GATEWAY_PORT" in os.environ
    if not under_spark_submit:
        use_java()
        # The workers must run this very interpreter: another one lacks our packages.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        # Else Spark looks up the host name and warns when that leads nowhere.
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        logging = configuration_file("log4j2.properties").as_uri()
        builder = builder.config(
            "spark.driver.extraJavaOptions", f"-Dlog4j2.configurationFile={logging}"
        )
        builder = builder.master(master or os.environ.get("SPARK_MASTER", "local[*]"))
        for key, value in read_spark_conf(configuration_file("spark-local.conf")).items():
            builder = builder.config(key, value)
    for key, value in (settings or {}).items():
        builder = builder.config(key, value)
    return builder.getOrCreate()

"""One SparkSession for the process, built from conf/spark-local.conf or the cluster's own settings."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.runtime.configuration_files import configuration_file
from jobs.runtime.errors import SettingsError
from jobs.runtime.spark.class_archive import archive_options
from jobs.runtime.spark.connect import SCHEME, connected
from jobs.runtime.spark.java_heap import heap_setting, local_heap, usable_memory
from jobs.runtime.spark.java_runtime import java_logging_option, use_java
from jobs.runtime.store.s3_settings import s3_settings


def running(session: SparkSession | Callable[[], SparkSession]) -> SparkSession:
    """Return the session itself, or the one that what starts it returns."""
    return session() if callable(session) else session


def read_spark_conf(path: Path) -> dict[str, str]:
    """Read a file as ``spark-submit --properties-file`` does: ``key value`` a line, ``#`` lines left out.

    Raises:
        SettingsError: A line has a key and no value.
    """
    settings: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        # Only a line that begins with # is a comment: behind a value it would be a part of it.
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, *value = line.split(None, 1)
        if not value:
            raise SettingsError(f"{path.name}, line {number}: {key!r} has no value")
        settings[key] = value[0].strip()
    return settings


def start_session(
    app_name: str,
    *,
    master: str | None = None,
    settings: Mapping[str, str] | None = None,
    uses_s3: bool = False,
    debug: bool = False,
) -> SparkSession:
    """Return the SparkSession of this process, starting it when there is none.

    Under spark-submit the cluster's own settings are kept and only ``settings`` are added; started
    as a plain command, local mode on all cores with conf/spark-local.conf is used, or
    conf/spark-standalone.conf where the master is a cluster's.

    A master ``sc://HOST:PORT`` is a server of Spark Connect, which has settings of its own.

    Args:
        app_name: Shown in Spark's UI and event log.
        master: Spark master URL, e.g. ``local[2]``; None means spark-submit's, else ``$SPARK_REMOTE``, else
            ``$SPARK_MASTER``, else ``local[*]``.
        settings: Further Spark settings; they win over the file.
        uses_s3: A path of this run is on S3: add its jars, address and committer.
        debug: Let Java print the stack of each error, too (conf/log4j2.properties).

    Raises:
        MissingRequirementError: No usable Java, or S3 is asked for and its jars are missing; or packages that
            Connect needs.
        SettingsError: A file of conf/ is malformed, or a Connect server does not answer.
    """
    if is_connect(master):
        return connected(_chosen_master(master), settings or {}, _session_settings())
    remote = os.environ.get("SPARK_REMOTE")
    if remote is not None:
        raise SettingsError(
            f"SPARK_REMOTE is {remote} and --master {_chosen_master(master)}: PySpark takes no master beside "
            "it. Unset it, or leave --master out and let it name a server, sc://HOST:PORT"
        )
    builder = SparkSession.builder.appName(app_name)
    if not under_spark_submit():
        java = use_java()
        # The workers must run this very interpreter: another one lacks our packages.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        # The jars for S3 lengthen the class path, for which no archive of classes is made.
        classes = "" if uses_s3 else archive_options(java)
        stack = "-Dcorpusmill.stack=full" if debug else ""
        builder = builder.config(
            "spark.driver.extraJavaOptions", f"{java_logging_option()} {stack} {classes}"
        )
        chosen = _chosen_master(master)
        for key, value in _command_settings(chosen, settings or {}, uses_s3=uses_s3).items():
            builder = builder.config(key, value)
        builder = builder.master(chosen)
    for key, value in (settings or {}).items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    heap_setting(spark)
    return spark


def runs_locally(master: str | None) -> bool:
    """Say whether ``start_session`` with this master would start local mode on this machine."""
    chosen = _chosen_master(master)
    local = chosen == "local" or chosen.startswith("local[")
    return local and not under_spark_submit()


def is_connect(master: str | None) -> bool:
    """Say whether ``start_session`` with this master would ask a server of Spark Connect for a session."""
    return _chosen_master(master).startswith(SCHEME) and not under_spark_submit()


def brings_its_own(master: str | None) -> bool:
    """Say whether Spark was started by others, and so with their jars, extensions and catalogs."""
    return under_spark_submit() or is_connect(master)


def under_spark_submit() -> bool:
    """Say whether spark-submit started this process, and so Java with its jars and settings."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def local_threads(master: str | None) -> int:
    """Return how many tasks at a time ``start_session`` with this master would run on this machine."""
    return local_cores(_chosen_master(master))


def _chosen_master(master: str | None) -> str:
    remote = os.environ.get("SPARK_REMOTE", "")
    if master is None and remote.startswith(SCHEME):
        return remote
    return master or os.environ.get("SPARK_MASTER", "local[*]")


def local_cores(master: str) -> int:
    """Return the tasks that a local master such as ``local[4]`` or ``local[*]`` runs at a time."""
    number = re.match(r"local\[(\d+)", master)
    if number is not None:
        return int(number.group(1))
    return os.cpu_count() or 1 if master.startswith("local[*") else 1


def _session_settings() -> dict[str, str]:
    """What a session of a running Spark can still be told of what we tell Spark on a cluster."""
    told = read_spark_conf(configuration_file("spark-standalone.conf"))
    return {key: value for key, value in told.items() if key.startswith("spark.sql.")}


def _command_settings(
    master: str, settings: Mapping[str, str], *, uses_s3: bool
) -> Mapping[str, str]:
    local = master.startswith("local")
    name = "spark-local.conf" if local else "spark-standalone.conf"
    chosen = read_spark_conf(configuration_file(name))
    if local:
        # Else Spark looks up the host name and warns when that leads nowhere.
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        heap = local_heap(local_cores(master), usable_memory())
        chosen = {"spark.driver.memory": heap, **chosen}
    if uses_s3:
        chosen |= read_spark_conf(configuration_file("spark-s3.conf"))
        if "spark.jars.packages" not in settings:
            chosen |= s3_settings()
    return chosen

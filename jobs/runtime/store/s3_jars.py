"""The jars that Spark needs for S3: which ones for the Spark in use, and where they lie."""

from __future__ import annotations

import os
from pathlib import Path

import pyspark
import yaml

from jobs.runtime.cache_folder import cache_folder
from jobs.runtime.configuration_files import configuration_file
from jobs.runtime.errors import MissingRequirementError

ENVIRONMENT_VARIABLE = "CORPUSMILL_S3_JARS"


def jar_coordinates(spark_version: str = pyspark.__version__) -> list[str]:
    """Return ``group:artifact:version`` of each jar for a Spark version.

    Raises:
        MissingRequirementError: conf/s3-jars.yaml does not know that Spark.
    """
    table = yaml.safe_load(configuration_file("s3-jars.yaml").read_text(encoding="utf-8"))
    minor = ".".join(spark_version.split(".")[:2])
    if minor not in table:
        raise MissingRequirementError(
            f"conf/s3-jars.yaml has no jars for Spark {spark_version}, only for {', '.join(table)}: add the "
            "hadoop-aws of that Spark's Hadoop there."
        )
    return list(table[minor])


def jar_folder(spark_version: str = pyspark.__version__) -> Path:
    """Return $CORPUSMILL_S3_JARS, else the user's cache folder for a Spark version."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return Path(named)
    minor = ".".join(spark_version.split(".")[:2])
    return cache_folder() / f"s3-jars-spark-{minor}"


def jar_name(coordinate: str) -> str:
    """Return the file name that Maven gives a jar."""
    _, artifact, version = coordinate.split(":")
    return f"{artifact}-{version}.jar"


def missing_jars() -> list[str]:
    """Return the coordinates of the jars that are not in the folder."""
    folder = jar_folder()
    return [name for name in jar_coordinates() if not (folder / jar_name(name)).is_file()]


def s3_class_path() -> str:
    """Return the class path of the jars for driver and executors.

    Raises:
        MissingRequirementError: They have not been fetched.
    """
    absent = missing_jars()
    if absent:
        raise MissingRequirementError(
            f"s3:// needs {', '.join(absent)} in {jar_folder()}, which they are not. Run `make s3-jars` "
            f"(needs mvn), or set {ENVIRONMENT_VARIABLE} to a folder that has them, or give "
            "--spark-conf spark.jars.packages=" + ",".join(jar_coordinates())
        )
    return ":".join(str(jar_folder() / jar_name(name)) for name in jar_coordinates())

"""Jars that Spark lacks for one purpose: which ones for the Spark in use, and where they lie."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pyspark
import yaml

from jobs.runtime.cache_folder import cache_folder
from jobs.runtime.configuration_files import configuration_file
from jobs.runtime.errors import MissingRequirementError


@dataclass(frozen=True)
class JarSet:
    """Jars of one purpose, listed by Spark version in ``conf/NAME.yaml`` and fetched by ``make NAME``.

    Attributes:
        name: Of the list and of the make target.
        variable: Of the environment: a folder that has them.
        purpose: What needs them, as a user would write it.
        hint: What to add for a Spark that the list does not know.
    """

    name: str
    variable: str
    purpose: str
    hint: str

    def coordinates(self, spark_version: str = pyspark.__version__) -> list[str]:
        """Return ``group:artifact:version`` of each jar for a Spark version.

        Raises:
            MissingRequirementError: The list does not know that Spark.
        """
        file = f"{self.name}.yaml"
        table = yaml.safe_load(configuration_file(file).read_text(encoding="utf-8"))
        minor = _minor(spark_version)
        if minor not in table:
            raise MissingRequirementError(
                f"conf/{file} has no jars for Spark {spark_version}, only for {', '.join(table)}: add "
                f"{self.hint} there."
            )
        return list(table[minor])

    def folder(self, spark_version: str = pyspark.__version__) -> Path:
        """Return the folder that the environment names, else the user's cache folder for a Spark version."""
        named = os.environ.get(self.variable)
        return (
            Path(named) if named else cache_folder() / f"{self.name}-spark-{_minor(spark_version)}"
        )

    def missing(self) -> list[str]:
        """Return the coordinates of the jars that are not in the folder."""
        folder = self.folder()
        return [name for name in self.coordinates() if not (folder / jar_name(name)).is_file()]

    def paths(self) -> list[str]:
        """Return the paths of the jars.

        Raises:
            MissingRequirementError: They have not been fetched.
        """
        absent = self.missing()
        if absent:
            raise MissingRequirementError(
                f"{self.purpose} needs {', '.join(absent)} in {self.folder()}, which they are not. Run "
                f"`make {self.name}` (needs mvn), or set {self.variable} to a folder that has them, or give "
                "--spark-conf spark.jars.packages=" + ",".join(self.coordinates())
            )
        return [str(self.folder() / jar_name(name)) for name in self.coordinates()]


def jar_name(coordinate: str) -> str:
    """Return the file name that Maven gives a jar."""
    _, artifact, version = coordinate.split(":")
    return f"{artifact}-{version}.jar"


def _minor(spark_version: str) -> str:
    return ".".join(spark_version.split(".")[:2])


S3_JARS = JarSet("s3-jars", "CORPUSMILL_S3_JARS", "s3://", "the hadoop-aws of that Spark's Hadoop")
LAKE_JARS = JarSet(
    "lake-jars",
    "CORPUSMILL_LAKE_JARS",
    "a table of Iceberg or Delta",
    "the iceberg-spark-runtime and the delta-spark of that Spark",
)

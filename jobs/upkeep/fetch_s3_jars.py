"""`python -m jobs.upkeep.fetch_s3_jars`: the jars of conf/s3-jars.yaml by Maven, once a Spark version."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from jobs.runtime.errors import CorpusmillError, MissingRequirementError
from jobs.runtime.store.s3_jars import jar_coordinates, jar_folder, jar_name, missing_jars

FETCH_SECONDS = 1800


def fetch_s3_jars() -> Path:
    """Fetch what is missing and return the folder.

    Raises:
        MissingRequirementError: There is no mvn, or a jar could not be had.
    """
    folder = jar_folder()
    if not missing_jars():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise MissingRequirementError(
            f"mvn is not on PATH: install Maven (Debian: apt-get install maven), or put "
            f"{', '.join(map(jar_name, jar_coordinates()))} into {folder}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        (Path(scratch) / "pom.xml").write_text(_project(jar_coordinates()), encoding="utf-8")
        command = [maven, "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"]
        done = subprocess.run(
            command, cwd=scratch, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False
        )
        if done.returncode:
            raise MissingRequirementError(f"mvn could not fetch the jars: {done.stdout[-800:]}")
        for jar in (Path(scratch) / "jars").glob("*.jar"):
            jar.replace(folder / jar.name)
    return folder


def _project(coordinates: list[str]) -> str:
    """A Maven project that depends on the jars alone: what they need besides, Spark has."""
    dependencies = []
    for coordinate in coordinates:
        group, artifact, version = coordinate.split(":")
        dependencies.append(
            f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
            f"<version>{version}</version><exclusions><exclusion><groupId>*</groupId>"
            "<artifactId>*</artifactId></exclusion></exclusions></dependency>"
        )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>corpusmill</groupId><artifactId>s3-jars</artifactId><version>1</version>"
        f"<dependencies>{''.join(dependencies)}</dependencies></project>"
    )


if __name__ == "__main__":
    try:
        print(fetch_s3_jars())  # noqa: T201  # what the make target shows
    except CorpusmillError as error:
        sys.exit(f"corpusmill: {error}")

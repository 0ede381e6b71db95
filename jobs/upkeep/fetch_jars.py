"""`python -m jobs.upkeep.fetch_jars s3-jars|lake-jars`: the jars of a list in conf/, by Maven."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from jobs.runtime.errors import CorpusmillError, MissingRequirementError
from jobs.runtime.jar_set import LAKE_JARS, S3_JARS, JarSet, jar_name

FETCH_SECONDS = 1800


def fetch_jars(jars: JarSet) -> Path:
    """Fetch what is missing and return the folder.

    Raises:
        MissingRequirementError: There is no mvn, or a jar could not be had.
    """
    folder = jars.folder()
    if not jars.missing():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise MissingRequirementError(
            f"mvn is not on PATH: install Maven (Debian: apt-get install maven), or put "
            f"{', '.join(map(jar_name, jars.coordinates()))} into {folder}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        (Path(scratch) / "pom.xml").write_text(_project(jars), encoding="utf-8")
        command = [maven, "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"]
        done = subprocess.run(
            command, cwd=scratch, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False
        )
        if done.returncode:
            raise MissingRequirementError(f"mvn could not fetch the jars: {done.stdout[-800:]}")
        for jar in (Path(scratch) / "jars").glob("*.jar"):
            jar.replace(folder / jar.name)
    return folder


def _project(jars: JarSet) -> str:
    """A Maven project that depends on the jars alone: what they need besides, Spark has."""
    dependencies = []
    for coordinate in jars.coordinates():
        group, artifact, version = coordinate.split(":")
        dependencies.append(
            f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
            f"<version>{version}</version><exclusions><exclusion><groupId>*</groupId>"
            "<artifactId>*</artifactId></exclusion></exclusions></dependency>"
        )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        f"<groupId>corpusmill</groupId><artifactId>{jars.name}</artifactId><version>1</version>"
        f"<dependencies>{''.join(dependencies)}</dependencies></project>"
    )


if __name__ == "__main__":
    try:
        wanted = {jars.name: jars for jars in (S3_JARS, LAKE_JARS)}
        print(fetch_jars(wanted[sys.argv[1]]))  # noqa: T201  # what the make target shows
    except CorpusmillError as error:
        sys.exit(f"corpusmill: {error}")

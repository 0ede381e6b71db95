"""Spark's classes as one file that Java maps at its start (AppCDS, JEP 350), made once a machine.

Without it Java reads, checks and links some ten thousand classes out of Spark's jars at each start of
local mode, which takes several processor seconds (docs/decisions/0013). A file that does not fit the
Java or the jars in use is ignored by Java itself, so no result ever hangs on it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pyspark

from jobs.runtime.cache_folder import cache_folder
from jobs.runtime.spark.java_runtime import JavaRuntime, java_build, java_logging_option

# What Java has to say of a file that no longer fits helps nobody who only wants to run a job.
QUIET = "-Xlog:cds=off -Xlog:cds+dynamic=off -Xlog:class+path=off"


def spark_home() -> Path:
    """Return $SPARK_HOME, else the Spark that came with pyspark."""
    return Path(os.environ.get("SPARK_HOME") or Path(pyspark.__file__).parent)


def archive_path(java: JavaRuntime) -> Path:
    """Return where the archive for this Java and this Spark lies, or would lie.

    Its name changes with the build of Java and with the jars, so that one which Java would have to
    ignore is not found.
    """
    jars = spark_home() / "jars"
    place = _digest(str(jars))
    state = _digest(
        java_build(java.home / "bin" / "java"), str(jars.stat().st_mtime_ns if jars.is_dir() else 0)
    )
    return cache_folder() / "spark-classes" / f"{place}-{state}.jsa"


def archive_options(java: JavaRuntime) -> str:
    """Return the options of Java that use the archive; empty where there is none."""
    path = archive_path(java)
    return f'"-XX:SharedArchiveFile={path}" -Xshare:auto {QUIET}' if path.is_file() else ""


def write_archive(java: JavaRuntime, script: Path, python_path: Sequence[Path] = ()) -> bool:
    """Let spark-submit run a script, and keep the classes that it loaded as the archive.

    Archives of the same Spark for what it was before are deleted: each takes some 200 MB.

    Args:
        java: The Java that will run Spark.
        script: A program in Python that does what runs do.
        python_path: Folders that it imports from.

    Returns:
        Whether there is an archive now; a Java without an archive of its own classes writes none.

    Raises:
        subprocess.CalledProcessError: The script failed.
        OSError: The folder cannot be written.
    """
    path = archive_path(java)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    options = f'"-XX:ArchiveClassesAtExit={draft}" {QUIET} {java_logging_option()}'
    imports = [*map(str, python_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    command = [
        str(spark_home() / "bin" / "spark-submit"), "--master", "local[1]",
        "--driver-java-options", options, str(script),
    ]  # fmt: skip
    environment = os.environ | {
        "JAVA_HOME": str(java.home),
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(imports),
    }
    try:
        subprocess.run(command, check=True, env=environment)
        if not draft.is_file():
            return False
        for other in path.parent.glob(f"{path.stem.split('-')[0]}-*.jsa"):
            other.unlink(missing_ok=True)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return True


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]

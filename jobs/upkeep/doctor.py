"""Is everything here that a run needs? One line a finding, with the next step for what is missing."""

from __future__ import annotations

import argparse
import importlib.util
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jobs.runtime.configuration_files import configuration_folder
from jobs.runtime.contract.fingerprint import library_versions
from jobs.runtime.errors import CorpusmillError
from jobs.runtime.jar_set import S3_JARS
from jobs.runtime.own_packages import HOME, NAMES, foreign_packages
from jobs.runtime.spark.class_archive import archive_options, archive_path
from jobs.runtime.spark.java_runtime import find_java

LOW_DISK_GIGABYTES = 10
LIBRARIES = (
    "pyspark", "pyarrow", "numpy", "numba", "trafilatura", "resiliparse", "fastwarc", "pypdfium2",
    "kenlm", "pycld2", "py3langid", "rjieba", "stopwordsiso", "ahocorasick_rs",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    found: str
    state: str  # ok, note or missing
    fatal: bool = False

    def __str__(self) -> str:
        """Return the line the command prints."""
        return f"{self.state:<8} {self.what:<18} {self.found}"


def examine() -> list[Finding]:
    """Look at Python, Java, libraries, S3 jars, configuration and disk."""
    checks: list[Callable[[], Finding]] = [
        _python, _packages, _java, _class_archive, _libraries, _configuration, _models, _s3_jars, _disk,
    ]  # fmt: skip
    return [check() for check in checks]


def _python() -> Finding:
    version = platform.python_version()
    good = sys.version_info >= (3, 10)
    return Finding("Python", f"{version} (3.10 or newer)", "ok" if good else "missing", not good)


def _packages() -> Finding:
    others = foreign_packages()
    if others:
        step = (
            f"{', '.join(map(str, others))} hide ours: start from another folder, or see PYTHONPATH"
        )
        return Finding("packages", step, "missing", fatal=True)
    return Finding("packages", f"{' and '.join(NAMES)} are those of {HOME}", "ok")


def _java() -> Finding:
    try:
        java = find_java()
    except CorpusmillError as error:
        return Finding("Java", str(error), "missing", fatal=True)
    return Finding("Java", f"{java.major_version} at {java.home} ({java.found_by})", "ok")


def _class_archive() -> Finding:
    try:
        java = find_java()
    except CorpusmillError:
        return Finding("Spark's classes", "no Java to read them", "note")
    if archive_options(java):
        return Finding("Spark's classes", f"archived in {archive_path(java)}", "ok")
    step = "not archived, each start takes longer: python -m jobs.upkeep.warm_kernels"
    return Finding("Spark's classes", step, "note")


def _libraries() -> Finding:
    versions = library_versions(LIBRARIES)
    absent = [name for name, version in versions.items() if version == "absent"]
    if absent:
        step = f"{', '.join(absent)}: pip install corpusmill"
        return Finding("libraries", step, "missing", fatal=True)
    return Finding("libraries", ", ".join(f"{n} {v}" for n, v in versions.items()), "ok")


def _configuration() -> Finding:
    try:
        folder = configuration_folder()
    except CorpusmillError as error:
        return Finding("configuration", str(error), "missing", fatal=True)
    names = sorted(path.stem for path in (folder / "recipes").glob("*.yaml"))
    return Finding("configuration", f"{folder}, recipes: {', '.join(names)}", "ok")


def _models() -> Finding:
    binary = shutil.which("build_binary")
    how = f"by {binary}" if binary else "through the kenlm library"
    text = f"perplexity models are trained in the run, binaries written {how}; graders and safety models"
    return Finding("models", f"{text} come by --grader and --safety-model", "ok")


def _s3_jars() -> Finding:
    try:
        absent = S3_JARS.missing()
    except CorpusmillError as error:
        return Finding("S3 for Spark", str(error), "note")
    if absent:
        step = f"{', '.join(absent)} not in {S3_JARS.folder()}: s3:// paths need `make s3-jars`"
        return Finding("S3 for Spark", step, "note")
    if importlib.util.find_spec("boto3") is None:
        return Finding("S3 for Spark", "jars are there, boto3 is not: corpusmill[aws]", "note")
    return Finding(
        "S3 for Spark", f"{', '.join(S3_JARS.coordinates())} in {S3_JARS.folder()}", "ok"
    )


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free / (1 << 30)
    state = "ok" if free >= LOW_DISK_GIGABYTES else "note"
    return Finding("disk", f"{free:.0f} GiB free here; a run needs about 3 times its input", state)


def doctor_command(_: argparse.Namespace) -> str | None:
    """Answer `corpusmill doctor`.

    Raises:
        CorpusmillError: Something is missing without which no run can start.
    """
    findings = examine()
    # Also where the command fails in the end: the lines say what is missing.
    sys.stdout.write("".join(f"{finding}\n" for finding in findings))
    if any(finding.fatal for finding in findings):
        raise CorpusmillError("a run cannot start yet: see the lines marked missing above")
    return None

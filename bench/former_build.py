"""An earlier build of corpusmill beside this one, run by the same interpreter and packages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parents[1]
BUILDS = HERE / "bench-output" / "builds"
ISSUE_15 = "4b218d5"
"""The build that the figures wanted of one pass and small fixed costs are ratios to."""


def checked_out(commit: str) -> Path:
    """Return the tree of a commit in a folder of its own, which keeps its compiled kernels."""
    folder = BUILDS / commit
    if not (folder / "jobs").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        archive = subprocess.run(
            ["git", "archive", commit], cwd=HERE, check=True, capture_output=True
        )
        subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)
    return folder


def command_of(
    build: Path, module: str, *words: str, variables: Mapping[str, str] | None = None
) -> list[str]:
    """Return the command that runs a module of a build, whatever package is installed."""
    told = {"PYTHONPATH": str(build), "PYTHONSAFEPATH": "1", **(variables or {})}
    settings = [f"{name}={value}" for name, value in told.items()]
    return ["env", *settings, sys.executable, "-m", module, *words]

"""Packages called ``jobs`` or ``udfs`` that are somebody else's and would be imported instead of ours."""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from pathlib import Path

from jobs.runtime.errors import MissingRequirementError

NAMES = ("jobs", "udfs")
HOME = Path(__file__).resolve().parents[2]


def foreign_packages() -> list[Path]:
    """Return the packages that Spark's local workers would import in the place of ours.

    They are started by ``python -m``, which looks into the working directory before all else, then
    through PYTHONPATH, then where packages are installed.
    """
    places = [os.getcwd(), *os.environ.get("PYTHONPATH", "").split(os.pathsep), *sys.path]
    found = []
    for name in NAMES:
        spec = PathFinder.find_spec(name, [place for place in places if place])
        if spec is not None and spec.origin is not None:  # a folder without __init__ hides nothing
            folder = Path(spec.origin).resolve().parent
            if folder != HOME / name and not HOME.is_file():  # of a zip the path tells nothing
                found.append(folder)
    return found


def require_own_packages() -> None:
    """Refuse to start where workers would import somebody else's packages.

    Raises:
        MissingRequirementError: Some lie in the working directory or on PYTHONPATH before ours.
    """
    found = foreign_packages()
    if found:
        raise MissingRequirementError(
            f"{' and '.join(map(str, found))} would be imported by Spark's workers instead of corpusmill's "
            "packages of that name: start the command from another folder, or take that one off PYTHONPATH"
        )

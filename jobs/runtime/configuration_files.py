"""Where conf/ lies: beside the code (also in a zip), in the distribution, or where the user says."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from jobs.runtime.errors import MissingRequirementError

ENVIRONMENT_VARIABLE = "CORPUSMILL_CONF"


def configuration_folder() -> Path:
    """Return the folder conf/: $CORPUSMILL_CONF, else beside jobs/, else the installed copy.

    Raises:
        MissingRequirementError: None of the three exists.
    """
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    places = [Path(named)] if named else []
    root = Path(__file__).resolve().parents[2]
    places += [
        _unpacked(root) if zipfile.is_zipfile(root) else root / "conf",
        Path(sys.prefix) / "share" / "corpusmill" / "conf",
    ]
    for place in places:
        if (place / "recipes").is_dir():
            return place
    raise MissingRequirementError(
        "the configuration folder conf/ was not found at "
        + ", ".join(map(str, places))
        + f". Reinstall corpusmill, or set {ENVIRONMENT_VARIABLE} to a copy of conf/."
    )


@functools.cache
def _unpacked(archive: Path) -> Path:
    """conf/ of the zip given to --py-files, unpacked for as long as the process lives."""
    folder = tempfile.mkdtemp(prefix="corpusmill-conf-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with zipfile.ZipFile(archive) as members:
        inside = [name for name in members.namelist() if name.startswith("conf/")]
        members.extractall(folder, inside)
    return Path(folder) / "conf"


def configuration_file(name: str) -> Path:
    """Return the path of ``name`` inside conf/.

    Raises:
        MissingRequirementError: There is no such file.
    """
    path = configuration_folder() / name
    if not path.is_file():
        raise MissingRequirementError(f"{name} is missing from {path.parent}: reinstall corpusmill")
    return path

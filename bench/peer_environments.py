"""Virtual environments for programs of others, one each, made at the first run."""

from __future__ import annotations

import subprocess
import venv
from collections.abc import Sequence
from pathlib import Path


def python_of(place: Path, requirements: Sequence[str]) -> Path:
    """Return the Python of an environment, which is made first where it is not there.

    Args:
        place: Its folder.
        requirements: What is installed into it, as pip takes them.

    Raises:
        CalledProcessError: They could not be installed.
    """
    python = place / "bin" / "python"
    if not python.is_file():
        venv.create(place, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *requirements], check=True)
    return python

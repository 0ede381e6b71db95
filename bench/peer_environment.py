"""A virtual environment of a peer's own, made at the first run below bench-output/."""

from __future__ import annotations

import subprocess
import venv
from collections.abc import Sequence
from pathlib import Path

PEERS = Path(__file__).parents[1] / "bench-output" / "peers"


def peer_environment(
    distribution: str, requirements: Sequence[str], place: Path | None = None
) -> tuple[Path, str]:
    """Return the interpreter of a peer's environment and the peer's version.

    Args:
        distribution: The peer's name on the package index.
        requirements: What is installed when the environment is made.
        place: Its folder; by default one of the peer's name.

    Raises:
        CalledProcessError: It could not be installed.
    """
    folder = place or PEERS / distribution
    python = folder / "bin" / "python"
    if not python.is_file():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *requirements], check=True)
    asked = f"from importlib.metadata import version; print(version('{distribution}'))"
    told = subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True)
    return python, told.stdout.strip()

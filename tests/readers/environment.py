"""The readers of other projects in an environment of their own: torch alone takes gigabytes."""

from __future__ import annotations

import json
import os
import subprocess
import venv
from pathlib import Path
from typing import Any

from tests.conftest import REPOSITORY

PACKAGES = (
    "torch==2.15.0",
    "megatron-core==0.16.1",
    "mosaicml-streaming==0.13.0",
    "datatrove==0.9.0",
    "trl==1.16.0",
    "transformers==4.57.6",
    "pyarrow",
    "numpy",
)
PLACE = Path(os.environ.get("CORPUSMILL_READERS", REPOSITORY / "build" / "readers"))


def readers_python() -> Path:
    """The interpreter of the environment, which is made at the first call."""
    python = PLACE / "bin" / "python"
    if not python.is_file():
        venv.create(PLACE, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def answer(script: str, *arguments: object) -> Any:
    """Run a script of this folder by the readers' interpreter; the JSON of its last line."""
    command = [readers_python(), Path(__file__).with_name(script), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])

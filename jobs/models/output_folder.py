"""The folder that a command writes a model to: never one that holds something else."""

from __future__ import annotations

import shutil
from pathlib import Path

from jobs.runtime.errors import InputError
from udfs.learning.model_folder import DESCRIPTION_NAME


def checked_output(output: str) -> Path:
    """Return the folder, which is missing, empty, or holds an older model.

    Raises:
        InputError: It is no local folder, or holds something else.
    """
    if "://" in output:
        raise InputError(
            f"{output} is no local folder: models are written to a disk of this machine; copy the"
            " folder to where runs find it"
        )
    folder = Path(output)
    full = folder.is_file() or (folder.is_dir() and any(folder.iterdir()))
    if full and not (folder / DESCRIPTION_NAME).is_file():
        raise InputError(f"{output} is not empty and holds no model: give a new folder")
    return folder


def emptied(folder: Path) -> Path:
    """Remove an older model from a folder of :func:`checked_output`; the folder is made if missing."""
    if folder.is_dir():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder

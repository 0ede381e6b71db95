"""Arrays that take long to make and never change, kept in the user's cache folder and mapped from there."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import inspect
import os
import shutil
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]


def kept_arrays(name: str, state: str, build: Callable[[], Arrays]) -> Arrays:
    """Return the arrays that ``build`` makes, from the user's cache when it has them.

    They lie below $XDG_CACHE_HOME, else ~/.cache, one file each, and are mapped: all processes of a
    machine share the memory, and what is not looked up is not read.

    Args:
        name: Of the folder; what it holds, in words.
        state: What the arrays are made from (``state_of``): another state never meets them.
        build: Makes them, by names that files can have.

    Returns:
        Read-only arrays by name. A cache that cannot be read or written costs time and no more.
    """
    folder = _folder(name, state)
    found = _read(folder)
    if found is None:
        found = build()
        _write(folder, found)
    for array in found.values():
        array.flags.writeable = False
    return found


def state_of(*modules: str, distribution: str | None = None) -> str:
    """Return what changes with the text of modules, Python's Unicode tables and a distribution."""
    sources = [inspect.getsource(sys.modules[module]) for module in modules]
    version = "" if distribution is None else importlib.metadata.version(distribution)
    return "\0".join([unicodedata.unidata_version, np.__version__, version, *sources])


def _folder(name: str, state: str) -> Path | None:
    try:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:  # a user without a home
        return None
    return Path(home) / "corpusmill" / f"{name}-{hashlib.sha256(state.encode()).hexdigest()[:16]}"


def _read(folder: Path | None) -> Arrays | None:
    if folder is None:
        return None
    try:
        return {
            path.stem: np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
            for path in folder.iterdir()
        } or None
    except (OSError, ValueError, EOFError):
        return None


def _write(folder: Path | None, arrays: Arrays) -> None:
    """Write beside, then rename: a worker that reads meanwhile sees all arrays or none."""
    if folder is None:
        return
    with contextlib.suppress(OSError):  # a read-only home
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=folder.name) as beside:
            made = Path(beside, "made")
            made.mkdir()
            for name, array in arrays.items():
                np.save(made / f"{name}.npy", array, allow_pickle=False)
            shutil.rmtree(folder, ignore_errors=True)  # damaged
            made.rename(folder)

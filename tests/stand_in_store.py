"""A stand-in for an object store: s3://bucket/ is a folder that only Arrow's file system sees."""

from __future__ import annotations

from pathlib import Path

import pyarrow.fs as pafs
import pytest

from jobs.runtime.store import storage


def stand_in_store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder and let it be ``s3://bucket/`` until the test ends."""
    folder.mkdir()
    remote = pafs.SubTreeFileSystem(str(folder), pafs.LocalFileSystem())
    local = storage.file_system

    def file_system(path: str) -> tuple[pafs.FileSystem, str]:
        found = (remote, path.removeprefix("s3://bucket/"))
        return found if storage.is_remote(path) else local(path)

    monkeypatch.setattr(storage, "file_system", file_system)
    return folder

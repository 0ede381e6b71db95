"""A folder put in the place of another one, on a local disk or an object store."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

import pyarrow.fs as pafs

from jobs.runtime.errors import MissingRequirementError
from jobs.runtime.store import storage


def replace_folder(source: Path, target: str) -> None:
    """Put a local folder in the place of another one, local or remote.

    A local folder is swapped whole. Of a remote one the files are copied by name, those that the
    target alone has are deleted first: who reads it meanwhile must check what he read.

    Raises:
        MissingRequirementError: The target cannot be written.
    """
    system, inner = storage.file_system(target)
    try:
        if not storage.is_remote(target):
            draft = Path(inner).with_name(f".{Path(inner).name}.{uuid.uuid4().hex}")
            shutil.copytree(source, draft)
            if Path(inner).exists():
                shutil.rmtree(inner)
            draft.rename(inner)
            return
        storage.delete_tree(target)
        system.create_dir(inner)
        pafs.copy_files(str(source), inner, pafs.LocalFileSystem(), system)
    except OSError as error:
        raise MissingRequirementError(
            f"cannot write {target}: {error}. Check its rights and the free space."
        ) from error

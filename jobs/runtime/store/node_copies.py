"""One copy a machine of files that must lie on a local disk: fetched once, shared by its processes.

A language model is memory-mapped; an object store cannot be. Every worker asks for the same copy, the
first one on a machine fetches it, and the kernel's page cache then holds it once for all of them.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from jobs.runtime.errors import InputError, MissingRequirementError
from jobs.runtime.store import storage

_KEY_CHARACTERS = 32


@dataclass(frozen=True)
class NodeCopy:
    """Files by name, size and time as the driver saw them; small, and sent to workers.

    Attributes:
        source: Absolute path or URI of a folder, or of one file that others of its first name
            (``en.`` of ``en.arpa.bin``) belong to.
        files: The files to fetch; none for a local source, which is used where it lies.
    """

    source: str
    files: tuple[storage.FileEntry, ...] = ()

    @classmethod
    def of(cls, source: str) -> NodeCopy:
        """List a source.

        Raises:
            MissingRequirementError: It is remote and holds nothing, or its store cannot be reached.
        """
        source = storage.absolute(source)
        if not storage.is_remote(source):
            return cls(source)
        try:
            found = storage.find_files(source)
            if [entry.path for entry in found] == [source]:
                folder, name = source.rsplit("/", 1)
                stem = f"{folder}/{name.split('.')[0]}."
                found = [
                    entry for entry in storage.find_files(folder) if entry.path.startswith(stem)
                ]
        except InputError as error:
            raise MissingRequirementError(str(error)) from error
        return cls(source, tuple(found))

    def path(self) -> str:
        """Return where the source lies on this machine, fetching it if no process has done so.

        Raises:
            MissingRequirementError: A file changed since it was listed, or the disk is full.
        """
        if not self.files:
            return self.source
        single = any(entry.path == self.source for entry in self.files)
        folder = self.source.rsplit("/", 1)[0] if single else self.source
        copy = _cache_root() / hashlib.sha256(repr(self).encode()).hexdigest()[:_KEY_CHARACTERS]
        with _locked(copy.with_suffix(".lock")):
            if not copy.is_dir():
                self._fetch(folder, copy)
        return str(copy / self.source.rsplit("/", 1)[1]) if single else str(copy)

    def _fetch(self, folder: str, copy: Path) -> None:
        partial = copy.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        for entry in self.files:
            below = PurePosixPath(entry.path.removeprefix(folder + "/"))
            if below.is_absolute() or ".." in below.parts:
                raise MissingRequirementError(
                    f"{entry.path} leads out of {folder}: take that object away, or give a folder that "
                    "holds the model alone"
                )
            target = partial / below
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with storage.open_input(entry.path) as stream, target.open("wb") as file:
                    shutil.copyfileobj(stream, file, storage.READ_BYTES)
            except OSError as error:
                raise MissingRequirementError(
                    f"{entry.path} could not be copied to {partial}: {error}. Check the store's rights "
                    "and the free space of that disk."
                ) from error
            if target.stat().st_size != entry.size:
                raise MissingRequirementError(
                    f"{entry.path} had {entry.size} bytes when the run began and has "
                    f"{target.stat().st_size} now: run again once nobody writes to it."
                )
        partial.rename(copy)


def _cache_root() -> Path:
    # Spark's scratch disks are the large ones; a container manager empties its own at the end.
    scratch = os.environ.get("LOCAL_DIRS") or os.environ.get("SPARK_LOCAL_DIRS")
    base = scratch.split(",")[0] if scratch else tempfile.gettempdir()
    root = Path(base) / f"corpusmill-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        root.mkdir(mode=0o700, parents=True)
    found = root.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        # Who may write there, or made it a link, chooses the models that this user's tasks load.
        raise MissingRequirementError(
            f"{root} is a link, of another user, or others may write to it: remove it, or set TMPDIR to a "
            "folder of your own"
        )
    return root


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

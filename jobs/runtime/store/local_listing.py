"""Files below a local folder, by a walk that no link to a parent folder can send in circles.

Arrow's own listing follows such links until the kernel objects, and the files count once a round.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from jobs.runtime.errors import InputError


def local_files(root: str) -> Iterator[tuple[str, int, int]]:
    """Yield path, bytes and modification time (nanoseconds) of each regular file below a folder.

    Links are followed, but for those to a folder that they lie in, and for broken ones.

    Raises:
        OSError: The folder, or one below it, may not be read.
        InputError: A name is not UTF-8; the message shows it escaped.
    """
    for folder, folders, names in os.walk(root, onerror=_raised, followlinks=True):
        folders[:] = [name for name in folders if not _leads_back(os.path.join(folder, name))]
        for name in names:
            path = os.path.join(folder, name)
            try:
                path.encode()
            except UnicodeEncodeError as error:
                shown = path.encode("utf-8", "surrogateescape").decode("ascii", "backslashreplace")
                raise InputError(
                    f"{shown}: the name of this file is not UTF-8. Rename it."
                ) from error
            try:
                found = os.stat(path)
            except FileNotFoundError:  # a link to nothing, or removed since
                continue
            if stat.S_ISREG(found.st_mode):
                yield path, found.st_size, found.st_mtime_ns


def _leads_back(path: str) -> bool:
    if not os.path.islink(path):
        return False
    place = os.path.join(os.path.realpath(os.path.dirname(path)), "")
    return place.startswith(os.path.join(os.path.realpath(path), ""))


def _raised(error: OSError) -> None:
    raise error

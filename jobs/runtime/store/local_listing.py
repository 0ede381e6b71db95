"""Files below a local folder, by a walk that no link to a parent folder can send in circles.

Arrow's own listing follows such links until the kernel objects, and the files count once a round.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator

from jobs.runtime.errors import InputError


def absolute_path(path: str) -> str:
    """Return a path of the user's, absolute and without a trailing slash.

    Raises:
        InputError: It has bytes that are no UTF-8, which Arrow, Spark and JSON cannot name.
    """
    found = os.path.abspath(path)
    if not found.isascii() and found.encode("utf-8", "ignore") != os.fsencode(found):
        raise InputError(
            f"{found}: the path of a folder or file that is given must be UTF-8 (what lies below it need not "
            "be): rename it, or give a link to it"
        )
    return found


def local_files(root: str) -> Iterator[tuple[str, int, int]]:
    """Yield path, bytes and modification time (nanoseconds) of each regular file below a folder.

    Links are followed, but for those to a folder that they lie in, and for broken ones. Where what stands
    behind ``root`` is not UTF-8, its bytes are told as ``\\xe9`` and its backslashes doubled; see
    :func:`name_on_disk`.

    Raises:
        OSError: The folder, or one below it, may not be read.
    """
    for folder, folders, names in os.walk(root, onerror=_raised, followlinks=True):
        folders[:] = [name for name in folders if not _leads_back(os.path.join(folder, name))]
        for name in names:
            path = os.path.join(folder, name)
            try:
                found = os.stat(path)
            except FileNotFoundError:  # a link to nothing, or removed since
                continue
            if stat.S_ISREG(found.st_mode):
                yield root + _shown(path[len(root) :]), found.st_size, found.st_mtime_ns


def name_on_disk(path: str) -> str:
    """Return what the system calls a file that a listing told of: Spark and Arrow know UTF-8 only."""
    known = path
    while known and not os.path.lexists(known):
        known = known.rpartition("/")[0]
    told = re.sub(
        r"\\(?:\\|x([89a-f][0-9a-f]))",
        lambda found: chr(0xDC00 + int(found[1], 16)) if found[1] else "\\",
        path[len(known) :],
    )
    return known + told


def _shown(path: str) -> str:
    name = os.fsencode(path)
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def _leads_back(path: str) -> bool:
    if not os.path.islink(path):
        return False
    place = os.path.join(os.path.realpath(os.path.dirname(path)), "")
    return place.startswith(os.path.join(os.path.realpath(path), ""))


def _raised(error: OSError) -> None:
    raise error

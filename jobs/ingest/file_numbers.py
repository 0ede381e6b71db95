"""Numbers of files by their names: what else is read changes none of them (docs/decisions/0003)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from jobs.runtime.contract.document_ids import FILE_NUMBER_BITS
from jobs.runtime.store import storage
from jobs.runtime.store.glob_patterns import fixed_part

NUMBERS = 1 << FILE_NUMBER_BITS


class NamedFile(NamedTuple):
    """A file by the name that its number comes from, and where it is; files are ordered by both."""

    name: str
    path: str


def name_below(given: str, path: str) -> str:
    """Return a file's name as its user thinks of it, which is the same on any machine and in any store.

    It begins with the folder or prefix that was given, by its last part; a file that was given by itself
    has its own name alone. ``/data/crawl``, ``crawl/`` and ``s3://bucket/crawl/*.html`` all
    give ``crawl/a.html``.

    Args:
        given: The input as the user named it.
        path: The file, as listing that input gave it.
    """
    base = storage.absolute(given)
    if path != base and not path.startswith(base.rstrip("/") + "/"):  # of a glob
        base = fixed_part(base)
    folder = base.rstrip("/").rpartition("/")[0]
    return path[len(folder) :].lstrip("/")


def number_of(name: str) -> int:
    """Return the number that a name asks for: the first 38 bits of its SHA-256."""
    told = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(told[:8], "big") >> (64 - FILE_NUMBER_BITS)


def file_numbers(
    files: Iterable[NamedFile], former: Mapping[NamedFile, int]
) -> dict[NamedFile, int]:
    """Return the number of each file, which no other has.

    Each gets what its name asks for. Where several ask for the same one (1.8 pairs are to be expected among
    a million files; and files of one name do), the later in order take the next that are free.

    Args:
        files: All of a run.
        former: Numbers that files have in this OUTPUT already; these keep them.
    """
    files = set(files)
    numbers = {file: number for file, number in former.items() if file in files}
    taken = set(numbers.values())
    for file in sorted(files - numbers.keys()):
        number = number_of(file.name)
        while number in taken:
            number = (number + 1) % NUMBERS
        numbers[file] = number
        taken.add(number)
    return numbers

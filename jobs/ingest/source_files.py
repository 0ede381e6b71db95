"""The list of input files: found, ordered and numbered once, so that ids are stable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.runtime.contract.document_ids import FILE_NUMBER_BITS
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.errors import InputError
from jobs.runtime.store import storage


@dataclass(frozen=True)
class SourceFile:
    """One input file: its number in this run, where it is, how the user named it, size and time."""

    number: int
    path: str
    source: str
    size: int
    modified: int


def list_sources(inputs: Sequence[str], output: str | None = None) -> list[SourceFile]:
    """Return the files of all inputs: inputs in the order given, files sorted by path inside each.

    A file named twice counts once, at its first place.

    Args:
        inputs: As the user named them.
        output: The run's own folder, which may lie below an input: nothing in it is a source.

    Raises:
        InputError: An input names nothing, or there are more than 2**24 files.
    """
    found: dict[str, tuple[storage.FileEntry, str]] = {}
    for given in inputs:
        base = storage.absolute(given)
        for entry in storage.find_files(given):
            if output is not None and storage.is_below(entry.path, output):
                continue
            below = entry.path[len(base) :] if entry.path.startswith(base + "/") else None
            source = given.rstrip("/") + below if below is not None else entry.path
            found.setdefault(entry.path, (entry, given if entry.path == base else source))
    if len(found) > 1 << FILE_NUMBER_BITS:
        raise InputError(
            f"{len(found):,} input files; an id has room for {1 << FILE_NUMBER_BITS:,}"
        )
    return [
        SourceFile(number, entry.path, source, entry.size, entry.modified)
        for number, (entry, source) in enumerate(found.values())
    ]


def sources_fingerprint(sources: Sequence[SourceFile]) -> str:
    """Return the digest of paths, sizes and modification times; any change makes ingest run again."""
    return digest([(file.path, file.source, file.size, file.modified) for file in sources])

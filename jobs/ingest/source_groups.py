"""Sources in groups that outlive a run: what was added is a group of its own, the others stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from jobs.ingest.source_files import SourceFile, chunk_plans, write_plan
from jobs.runtime.contract.chunks import by_bytes

SHOWN, RECORDED = 3, 100


class SourceChanges(NamedTuple):
    """Names of the files that were listed for the first time, are others now, and are gone; in order."""

    added: list[str]
    changed: list[str]
    vanished: list[str]

    def __str__(self) -> str:
        """One line: counts, and the first names of each kind."""
        return "sources: " + "; ".join(
            f"{len(names):,} {kind} ({', '.join(names[:SHOWN])}{', …' if len(names) > SHOWN else ''})"
            for kind, names in self._asdict().items()
            if names
        )

    def facts(self) -> dict[str, dict[str, object]]:
        """How many there are of each kind, and the first names."""
        return {
            kind: {"files": len(names), "first": names[:RECORDED]}
            for kind, names in self._asdict().items()
        }


def source_changes(former: Sequence[SourceFile], sources: Sequence[SourceFile]) -> SourceChanges:
    """Compare two lists of sources by number: a file of one name is another once its size or time is."""
    before = {file.number: file for file in former}
    now = {file.number: file for file in sources}
    return SourceChanges(
        sorted(now[number].name for number in now.keys() - before.keys()),
        sorted(now[n].name for n in now.keys() & before.keys() if now[n] != before[n]),
        sorted(before[number].name for number in before.keys() - now.keys()),
    )


def source_groups(
    dataset: str, sources: Sequence[SourceFile], chunk_gigabytes: float
) -> list[list[SourceFile]]:
    """Return the sources as the chunks of a dataset hold them, and those in none of these by bytes.

    A chunk of which a file has changed or is gone is given up: its other files are read anew.

    Args:
        dataset: Folder whose chunks were written by :func:`with_plan`, or none.
        sources: All files, in the order of their numbers.
        chunk_gigabytes: Of a new group.
    """
    waiting = dict.fromkeys(sources)
    groups = []
    for group in chunk_plans(dataset):
        if all(file in waiting for file in group):
            groups.append(group)
            for file in group:
                del waiting[file]
    if waiting:
        groups += by_bytes(waiting, lambda file: file.size, chunk_gigabytes)
    return groups


def with_plan(sources: Sequence[SourceFile], write: Callable[[str], None]) -> Callable[[str], None]:
    """Return a chunk writer that says beside the rows which sources they come from."""

    def written(folder: str) -> None:
        write_plan(folder, sources)
        write(folder)

    return written

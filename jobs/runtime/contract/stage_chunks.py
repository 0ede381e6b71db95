"""The folder of a dataset while it is made: claimed, its chunks written or kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobs.runtime.contract.chunks import RECORD_NAME, finish_chunk, finished_chunks
from jobs.runtime.contract.manifest import MANIFEST_NAME, PublishedFile, published_files
from jobs.runtime.contract.paid_work import require_ours
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.errors import DamagedRecordError, InputError
from jobs.runtime.store import storage
from jobs.runtime.store.small_records import read_mapping

IN_PROGRESS_NAME = "_in_progress.json"
Write = Callable[[str], None]


def require_claimable(folder: str) -> None:
    """Check that the folder of a dataset is ours to write.

    Raises:
        InputError: It holds files and no record of ours.
    """
    ours = any(
        storage.exists(storage.join(folder, name)) for name in (IN_PROGRESS_NAME, MANIFEST_NAME)
    )
    if not ours and storage.list_files(folder):
        raise InputError(
            f"{folder} holds files that corpusmill did not write. Choose an empty OUTPUT, or move "
            "them away."
        )


def claim(folder: str, ours: Mapping[str, Any], names: Sequence[str]) -> None:
    """Mark a dataset as being made, and delete what is no part of it.

    Args:
        folder: Of the dataset.
        ours: What is made and how it is cut: ``stage``, ``fingerprint``, ``cut``.
        names: Folders of the chunks of a divided input; none: those there are of what was made before.

    Raises:
        InputError: The folder holds something that is not ours.
    """
    marker = storage.join(folder, IN_PROGRESS_NAME)
    others: list[str] = []
    if storage.exists(folder):
        require_claimable(folder)
        require_ours(folder)
        if names:
            others = sorted(set(storage.child_names(folder)) - {*names, IN_PROGRESS_NAME})
        elif len(ours["cut"]) < 2 or _in_progress(marker) != ours:
            storage.delete_tree(folder)
    # Before the manifest goes: a folder with neither would pass for somebody else's.
    storage.write_text(marker, json.dumps(ours))
    for name in others:
        storage.delete_tree(storage.join(folder, name))


def _in_progress(marker: str) -> dict[str, Any] | None:
    try:
        return read_mapping(marker)
    except DamagedRecordError:  # a crash cut it short: whose chunks these are, nobody knows
        return None


def write_chunks(
    reporter: Reporter, folder: str, stage: str, writers: Sequence[Write], names: Sequence[str]
) -> tuple[list[PublishedFile], float]:
    """Write the chunks that are not there.

    Args:
        reporter: Is told what is there.
        folder: Of the dataset, claimed.
        stage: Which makes it.
        writers: One a chunk.
        names: Folders of the chunks of a divided input, or none.

    Returns:
        The files of all chunks, and the seconds of work in those that were there.
    """
    if not names:
        _write_all(reporter, folder, stage, writers)
        return published_files(folder), 0.0
    kept = finished_chunks(folder, names)
    if kept:
        reporter.note(f"{stage}: {len(kept)} of {len(names)} chunks are there")
    made = dict(kept)
    for name, write in zip(names, writers, strict=True):
        if name not in kept:
            storage.delete_tree(storage.join(folder, name))
            started = time.monotonic()
            write(storage.join(folder, name))
            made[name] = finish_chunk(folder, name, time.monotonic() - started)
    files = [file for name in names for file in made[name].files]
    return files, sum(record.seconds for record in kept.values())


def _write_all(reporter: Reporter, folder: str, stage: str, writers: Sequence[Write]) -> None:
    if len(writers) == 1:
        writers[0](folder)
        return
    for number, write in enumerate(writers):
        chunk = storage.join(folder, f"chunk-{number:05d}")
        record = storage.join(chunk, RECORD_NAME)
        if storage.exists(record):
            reporter.note(f"{stage}: chunk {number + 1} of {len(writers)} is there")
            continue
        storage.delete_tree(chunk)
        write(chunk)
        storage.write_text(record, "{}")

"""Chunks of a stage's input: cut by bytes, and named by what they are made of, so that they outlive a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import Manifest, PublishedFile, published_files
from jobs.runtime.errors import DamagedRecordError
from jobs.runtime.store import storage
from jobs.runtime.store.small_records import read_mapping

Item = TypeVar("Item")

GIGABYTE = 1 << 30
RECORD_NAME = "_chunk.json"


class Division(NamedTuple):
    """Which of a stage's inputs its chunks divide among them, and a digest of each one's part."""

    input: str
    keys: Sequence[str]


class ChunkRecord(BaseModel):
    """What a finished chunk holds, by paths below its dataset, and the seconds of work in it."""

    model_config = ConfigDict(frozen=True)
    files: list[PublishedFile]
    seconds: float


def by_bytes(
    items: Iterable[Item], size: Callable[[Item], int], chunk_gigabytes: float
) -> list[list[Item]]:
    """Return consecutive groups of items of about ``chunk_gigabytes`` each; at least one group.

    An item larger than the limit has a group of its own.
    """
    limit = chunk_gigabytes * GIGABYTE
    groups: list[list[Item]] = [[]]
    held = 0
    for item in items:
        if groups[-1] and held + size(item) > limit:
            groups.append([])
            held = 0
        groups[-1].append(item)
        held += size(item)
    return groups


def chunk_names(
    division: Division, inputs: Mapping[str, str], configuration: Mapping[str, Any], code: str
) -> list[str]:
    """Return the folder of each chunk: a digest of its part, and of all else that it is made from."""
    others = {name: value for name, value in inputs.items() if name != division.input}
    return [f"chunk-{digest([key, others, configuration, code])[:16]}" for key in division.keys]


def files_by_chunk(manifest: Manifest) -> dict[str, list[PublishedFile]]:
    """Return the files of each chunk of a dataset, by name; a dataset of one piece is one chunk."""
    found: dict[str, list[PublishedFile]] = {}
    for file in manifest.files:
        folder, slash, _ = file.path.partition("/")
        found.setdefault(folder if slash else manifest.fingerprint, []).append(file)
    return found or {manifest.fingerprint: []}


def finish_chunk(folder: str, name: str, seconds: float) -> ChunkRecord:
    """Write down that a chunk is finished, last of all its files; return what it holds."""
    below = published_files(storage.join(folder, name))
    files = [file.model_copy(update={"path": f"{name}/{file.path}"}) for file in below]
    record = ChunkRecord(files=files, seconds=seconds)
    storage.write_text(storage.join(folder, name, RECORD_NAME), record.model_dump_json())
    return record


def finished_chunks(folder: str, names: Iterable[str]) -> dict[str, ChunkRecord]:
    """Return those of some chunks that are finished, and whose files all have the size they had then."""
    sizes = {entry.path: entry.size for entry in storage.list_files(folder)}
    found = {}
    for name in names:
        record = _record(storage.join(folder, name, RECORD_NAME))
        if record is not None and all(
            sizes.get(storage.join(folder, file.path)) == file.bytes for file in record.files
        ):
            found[name] = record
    return found


def _record(path: str) -> ChunkRecord | None:
    try:
        told = read_mapping(path)
        return None if told is None else ChunkRecord.model_validate(told)
    except (DamagedRecordError, ValidationError):  # the chunk is made anew
        return None

"""The list of input files: found, numbered by their names, and written down beside ``documents/``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.feather as feather

from jobs.ingest.file_numbers import NamedFile, file_numbers, name_below
from jobs.ingest.source_lists import list_of, spelled_out
from jobs.lake.copy_folders import copied_table
from jobs.lake.table_names import is_lake_table
from jobs.runtime.contract.document_ids import MOST_FILES
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.errors import InputError
from jobs.runtime.spark.schemas import SOURCE_FILES
from jobs.runtime.store import storage
from jobs.runtime.store.glob_patterns import fixed_part, is_glob

PLAN_NAME = "_sources.arrow"
"""In ``documents/``: which file has which number; no Parquet, which would pass for documents."""
_DOCUMENTS = "/documents/"


@dataclass(frozen=True)
class SourceFile:
    """One input file: its number, the name that gave it, its place, how the user named it, size and time."""

    number: int
    name: str
    path: str
    source: str
    size: int
    modified: int

    def require_unchanged(self) -> None:
        """Check that the file is the one that was listed.

        Raises:
            InputError: Its size or time is another.
            OSError: It is not there any more, or may not be looked at.
        """
        if storage.file_entry(self.path) != storage.FileEntry(self.path, self.size, self.modified):
            raise InputError(
                f"{self.path} has changed since it was listed: run `corpusmill run` (or `ingest`) again "
                "with the same INPUT, which lists it anew"
            )


def list_sources(
    inputs: Sequence[str], output: str | None = None, prefix: str = ""
) -> list[SourceFile]:
    """Return the files of all inputs in the order of their numbers, which is that of the ids.

    A file named twice counts once, by its first name.

    Args:
        inputs: As the user named them.
        output: The run's own folder, which may lie below an input: nothing in it is a source. Files
            that have a number there keep it.
        prefix: Of paths in lists, see ``source_lists.spelled_out``.

    Raises:
        InputError: An input names nothing or holds another run, or there are more than 2**24 files.
    """
    found: dict[str, tuple[storage.FileEntry, str, str]] = {}
    named = list(spelled_out(inputs, prefix))
    with ThreadPoolExecutor(max_workers=32) as pool:  # of a long list each path is one request
        listed = pool.map(storage.find_files, named)
        entries_of = list(zip(named, listed, strict=True))
    for given, entries in entries_of:
        base = storage.absolute(given)
        table = copied_table(base)
        for entry in entries:
            own = output is not None and storage.is_below(entry.path, output)
            if own and table is None:
                continue
            below = entry.path[len(base) :] if entry.path.startswith(base + "/") else None
            source = (table or given.rstrip("/")) + below if below is not None else entry.path
            source = given if entry.path == base else source
            found.setdefault(entry.path, (entry, source, name_below(given, entry.path)))
        if table is None:
            _require_no_run(given, entries, output)
    if len(found) > MOST_FILES:
        raise InputError(f"{len(found):,} input files; a run has room for {MOST_FILES:,}")
    names = [NamedFile(name, entry.path) for entry, _, name in found.values()]
    former = [] if output is None else former_sources(output)
    kept = {NamedFile(file.name, file.path): file.number for file in former}
    numbers = file_numbers(names, kept)
    files = [
        SourceFile(numbers[file], file.name, entry.path, source, entry.size, entry.modified)
        for file, (entry, source, _) in zip(names, found.values(), strict=True)
    ]
    return sorted(files, key=lambda file: file.number)


def _require_no_run(given: str, entries: Sequence[storage.FileEntry], output: str | None) -> None:
    """Refuse a run among the sources: each document would come in as often as it has stages."""
    parquet = [entry.path for entry in entries if entry.path.endswith(".parquet")]
    for run in sorted({path.rpartition(_DOCUMENTS)[0] for path in parquet if _DOCUMENTS in path}):
        own = output is not None and storage.is_below(run, output)
        if not own and storage.exists(f"{run}{_DOCUMENTS}{PLAN_NAME}"):
            raise InputError(
                f"INPUT {given} holds a run of corpusmill, {run}, whose own files are no documents: give "
                f"{run}/corpus, keep copies of its documents out by --against {run}, or move it elsewhere"
            )


def former_sources(output: str) -> list[SourceFile]:
    """Return the files that a run was last made of; none where nobody wrote them down.

    While ``documents/`` is made its list is gone: a run that was killed then keeps numbers by its chunks.
    """
    documents, extracted = (storage.join(output, name) for name in ("documents", "extracted"))
    try:
        return read_plan(documents)
    except InputError:
        chunks = [*chunk_plans(extracted), *chunk_plans(documents)]
        return list(dict.fromkeys(file for plan in chunks for file in plan))


def chunk_plans(dataset: str) -> Iterator[list[SourceFile]]:
    """Yield the sources of each chunk of a dataset; none where it is not there, or not made of sources."""
    for name in storage.child_names(dataset):
        try:
            yield read_plan(storage.join(dataset, name))
        except InputError:  # no chunk, or one that was hardly begun
            continue


def require_inputs(inputs: Sequence[str], output: str, prefix: str = "") -> None:
    """Check that all inputs, lists, or the folders that globs begin in, are there, listing nothing.

    Args:
        inputs: As the user named them.
        output: Where the run will write. It may lie below an input, never the other way round.
        prefix: Of paths in lists, see ``source_lists.spelled_out``.

    Raises:
        InputError: One is not there, or lies in OUTPUT.
        MissingRequirementError: Its bucket is not, or may not be read.
    """
    for given in inputs:
        if is_lake_table(given):  # looked at when OUTPUT is opened
            continue
        named = storage.absolute(list_of(given, prefix) or given)
        place = named
        if is_glob(place) and not storage.exists(place):
            place = fixed_part(place)
        if not storage.exists(place):
            storage.find_files(named)  # says what is wrong
        if storage.is_below(named, storage.absolute(output)):
            raise InputError(
                f"INPUT {given} is OUTPUT {output}, or lies in it: name another folder for what is made"
            )


def sources_fingerprint(sources: Sequence[SourceFile]) -> str:
    """Return the digest of numbers, paths, sizes and times; any change makes ingest run again."""
    return digest([list(vars(file).values()) for file in sources])


def write_plan(folder: str, sources: Sequence[SourceFile]) -> None:
    """Write the list of sources into the folder of ``documents/``.

    Raises:
        MissingRequirementError: The place cannot be written.
    """
    table = pa.Table.from_pylist([vars(file) for file in sources], schema=SOURCE_FILES)
    with storage.open_output(storage.join(folder, PLAN_NAME)) as stream:
        feather.write_feather(table, stream, compression="zstd")


def read_plan(folder: str) -> list[SourceFile]:
    """Return the list of sources that ``documents/`` was made of.

    Raises:
        InputError: There is none, or it cannot be read.
    """
    path = storage.join(folder, PLAN_NAME)
    try:
        with storage.open_input(path) as stream:
            rows = feather.read_table(stream).to_pylist()
        return [SourceFile(**row) for row in rows]
    except (OSError, TypeError, pa.ArrowException) as error:
        raise InputError(
            f"{path}, the list of sources, cannot be read ({error}): `corpusmill run` or `corpusmill "
            "ingest` with the same INPUT writes it anew"
        ) from error


def require_all_unchanged(sources: Sequence[SourceFile]) -> None:
    """Check that the files listed by an earlier command are still there, and the same.

    Raises:
        InputError: One has changed, or is gone; the message counts those that are.
    """

    def is_gone(file: SourceFile) -> bool:
        try:
            file.require_unchanged()
        except FileNotFoundError:
            return True
        return False

    with ThreadPoolExecutor(max_workers=16) as pool:  # latency, not work
        gone = [
            file.path
            for file, lost in zip(sources, pool.map(is_gone, sources), strict=True)
            if lost
        ]
    if gone:
        raise InputError(
            f"{len(gone):,} of {len(sources):,} sources are gone, the first is {gone[0]}: put them back, or "
            "run `corpusmill run` with what there is"
        )

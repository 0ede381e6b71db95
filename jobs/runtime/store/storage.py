"""Small files of the driver, and listings, on a local disk or an object store alike.

Data goes through Spark or through :func:`open_input`; everything here is for manifests, reports,
models and lists of input files. Paths are plain local paths or URIs (``s3://``, ``s3a://``, ``gs://``).
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.fs as pafs

from jobs.runtime.errors import DamagedRecordError, InputError, MissingRequirementError
from jobs.runtime.store.glob_patterns import fixed_part, glob_expression, is_glob
from jobs.runtime.store.local_listing import absolute_path, local_files, name_on_disk
from jobs.runtime.store.s3_store import (
    ANYTHING,
    bucket_fault,
    explain_s3_error,
    is_s3,
    put_object,
    s3_file_system,
)
from jobs.runtime.store.store_stream import StoreStream

REMOTE_SCHEMES = ("s3://", "s3a://", "gs://", "gcs://", "hdfs://", "abfss://")
READ_BYTES = 1 << 20
HIDDEN = re.compile(r"(?:^|/)[._]")
BOOKKEEPING = re.compile(
    r"(?:^|/)(?:\.[^/]+/|_temporary/|_SUCCESS$|_(?:manifest|in_progress|chunk)\.json(?:\.[0-9a-f]{32})?$"
    r"|_sources\.arrow$|\.[^/]+\.crc$|\.DS_Store$|\.corpusmill\.lock$|_lease\.json$"
    r"|_(?:started|committed)_\d+$|_(?:common_)?metadata$)"  # of Databricks, of Parquet's summaries
)


@dataclass(frozen=True, order=True)
class FileEntry:
    """One file as a listing shows it; size in bytes, modified in nanoseconds since 1970 (UTC)."""

    path: str
    size: int
    modified: int


def is_remote(path: str) -> bool:
    """Say whether the path names an object store rather than a local disk."""
    return path.startswith(REMOTE_SCHEMES)


def is_passing(path: str, error: OSError) -> bool:
    """Say whether a store's error may be gone at the next try: not a missing file or a missing right."""
    if not is_remote(path) or isinstance(error, (FileNotFoundError, PermissionError)):
        return False
    return re.search(r"ACCESS_DENIED|NO_SUCH_KEY|HTTP status 40[134]", str(error)) is None


def absolute(path: str) -> str:
    """Return the path in the one spelling that manifests keep: absolute, without a trailing slash.

    Raises:
        InputError: A local path has bytes that are no UTF-8, which Arrow, Spark and JSON cannot name.
    """
    if is_remote(path):
        return path.rstrip("/")
    return absolute_path(path.removeprefix("file://"))


def join(folder: str, *names: str) -> str:
    """Join path parts with a single slash each."""
    return "/".join([folder.rstrip("/"), *names])


def spark_path(path: str) -> str:
    """Return the spelling that Spark's Hadoop file systems know, for writing."""
    if path.startswith("s3://"):
        return "s3a://" + path.removeprefix("s3://")
    return path if is_remote(path) else "file://" + absolute(path)


def spark_read_path(path: str) -> str:
    """Return the spelling for reading, where Spark takes ``[``, ``{``, ``*`` and ``?`` for patterns."""
    return re.sub(r"([\[\]{}*?\\])", r"\\\1", spark_path(path))


def file_system(path: str) -> tuple[pafs.FileSystem, str]:
    """Return the Arrow file system of a path and the path inside it.

    Raises:
        MissingRequirementError: The store cannot be reached or refuses us.
    """
    if not is_remote(path):
        return pafs.LocalFileSystem(), absolute(path)
    if is_s3(path):
        return s3_file_system(path)
    try:
        found, inner = pafs.FileSystem.from_uri(path)
    except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        why = str(error).partition("\n")[0]  # Hadoop's libraries are looked for in forty places
        raise MissingRequirementError(
            f"the store of {path} cannot be used: {why}. Check credentials, region and "
            "spelling; hdfs:// wants Hadoop's and Java's libraries (JAVA_HOME, HADOOP_HOME, CLASSPATH)."
        ) from error
    return found, cast("str", inner)


@contextlib.contextmanager
def _explained(path: str) -> Iterator[None]:
    """Turn what an S3 store says into what its user can do; other errors pass."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        if not is_s3(path):
            raise
        raise MissingRequirementError(explain_s3_error(path, error)) from error


def open_input(path: str) -> BinaryIO:
    """Open a file for sequential reading; the caller closes it.

    Reading a remote file raises StoreReadError where the connection breaks.

    Raises:
        OSError: The file is missing or not readable.
    """
    if not is_remote(path):
        return Path(name_on_disk(absolute(path))).open("rb", READ_BYTES)
    system, inner = file_system(path)
    # Arrow's files cannot read lines; the standard reader around them can.
    return io.BufferedReader(StoreStream(path, system.open_input_file(inner)), READ_BYTES)


def exists(path: str) -> bool:
    """Say whether a file or folder is there.

    Raises:
        MissingRequirementError: The store does not tell.
    """
    system, inner = file_system(path)
    with _explained(path):
        return bool(system.get_file_info(inner).type != pafs.FileType.NotFound)


def file_entry(path: str) -> FileEntry:
    """Return size and time of one file as they are now.

    Raises:
        OSError: It is not there any more.
    """
    if not is_remote(path):
        found = os.stat(name_on_disk(absolute(path)))
        return FileEntry(path, found.st_size, found.st_mtime_ns)
    system, inner = file_system(path)
    info = system.get_file_info(inner)
    if info.type != pafs.FileType.File:
        raise FileNotFoundError(2, "no such file any more", path)
    return FileEntry(path, info.size or 0, info.mtime_ns or 0)


def read_text(path: str) -> str | None:
    """Return a small UTF-8 file, or None when there is none.

    Raises:
        DamagedRecordError: It is not UTF-8.
        MissingRequirementError: The store refuses.
    """
    content = read_bytes(path)
    try:
        return None if content is None else content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DamagedRecordError(f"{path} cannot be read ({error}): it is damaged") from error


def read_bytes(path: str) -> bytes | None:
    """Return a small file, or None when there is none.

    Raises:
        MissingRequirementError: The store refuses.
    """
    with _explained(path):
        try:
            with open_input(path) as stream:
                return stream.read()
        except (FileNotFoundError, NotADirectoryError):
            return None


def write_new_text(path: str, text: str) -> bool:
    """Write a small file only if there is none, so that of two writers one wins; say who did.

    S3 decides by ``If-None-Match``, a local disk by a hard link. Other stores have no such promise here:
    the last writer wins.

    Raises:
        MissingRequirementError: The place cannot be written.
    """
    if is_s3(path):
        return put_object(path, text, replaces=None) is not None
    if is_remote(path):
        write_text(path, text)
        return True
    draft = f"{path}.{uuid.uuid4().hex}"
    write_text(draft, text)
    try:
        os.link(draft, absolute(path))
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)
    return True


def write_text(path: str, text: str) -> None:
    """Write a small UTF-8 file so that a reader sees the old one or the new one, never half of it.

    Raises:
        MissingRequirementError: The disk is full or the folder is not writable.
    """
    if is_s3(path):
        put_object(path, text, replaces=ANYTHING)
        return
    with open_output(path) as stream:
        stream.write(text.encode("utf-8"))


@contextlib.contextmanager
def open_output(path: str) -> Iterator[BinaryIO]:
    """Open a file for writing that appears under its name only when the block ends without error.

    Two writers may race for one name: each file is whole, the later one stays.

    Raises:
        MissingRequirementError: The disk is full or the folder is not writable.
    """
    system, inner = file_system(path)
    try:
        if is_remote(path):  # an object appears whole or not at all
            # Arrow would compress once more what goes to a name like x.jsonl.zst or x.tar.gz.
            with system.open_output_stream(inner, compression=None) as stream:
                yield cast("BinaryIO", stream)
            return
        target = Path(inner)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        try:
            with draft.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise MissingRequirementError(
            f"cannot write {path}: {error.strerror or error}. Free space or choose another OUTPUT."
        ) from error


def delete_tree(path: str) -> None:
    """Delete a folder and all in it; nothing happens when it is not there."""
    system, inner = file_system(path)
    with _explained(path):
        info = system.get_file_info(inner)
        if info.type == pafs.FileType.Directory:
            system.delete_dir(inner)
        elif info.type == pafs.FileType.File:
            system.delete_file(inner)


def child_names(folder: str) -> list[str]:
    """Return the names of all files and folders in a folder, sorted; none where it is not there."""
    system, inner = file_system(folder)
    with _explained(folder):
        found = system.get_file_info(pafs.FileSelector(inner, allow_not_found=True))
    return sorted(info.base_name for info in found)


def holds_anything(folder: str) -> bool:
    """Say whether a folder or prefix has anything in it."""
    system, inner = file_system(folder)
    with _explained(folder):
        return bool(system.get_file_info(pafs.FileSelector(inner, allow_not_found=True)))


def list_files(folder: str) -> list[FileEntry]:
    """Return all data files below a folder or prefix, sorted by path.

    Left out are names that start with a dot or an underscore, as Spark leaves them out.

    Raises:
        InputError: Nothing is there, or it may not be read.
    """
    return _listed(folder, HIDDEN)


def list_inputs(folder: str) -> list[FileEntry]:
    """Return all files below a folder of the user's, sorted by path.

    Only hidden folders and the bookkeeping of ours, of Spark and of desktops are left out: a crawler may
    well name a page ``.html`` or a folder ``_posts``.

    Raises:
        InputError: Nothing is there, or it may not be read.
    """
    return _listed(folder, BOOKKEEPING)


def _listed(folder: str, left_out: re.Pattern[str]) -> list[FileEntry]:
    system, inner = file_system(folder)
    try:
        with _explained(folder):
            if is_remote(folder):
                prefix = folder[: len(folder) - len(inner)]
                infos = system.get_file_info(pafs.FileSelector(inner, recursive=True))
                entries = [
                    FileEntry(prefix + info.path, info.size or 0, info.mtime_ns or 0)
                    for info in infos
                    if info.type == pafs.FileType.File
                ]
            else:
                entries = [FileEntry(*found) for found in local_files(inner)]
    except OSError as error:
        raise InputError(
            f"cannot list {folder}: {error}. Check the path and its rights."
        ) from error
    return sorted(entry for entry in entries if not left_out.search(entry.path[len(folder) :]))


def is_below(path: str, folder: str) -> bool:
    """Tell whether a path is a folder or lies in it, links of local paths followed."""
    if not is_remote(path) and not is_remote(folder):
        path, folder = os.path.realpath(path), os.path.realpath(folder)
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def find_files(pattern: str) -> list[FileEntry]:
    """Return the files that a path, folder, prefix or glob names, sorted by path.

    Raises:
        InputError: It names nothing.
    """
    pattern = absolute(pattern)
    if is_glob(pattern) and not exists(pattern):
        found = list(_glob(pattern))
    else:
        system, inner = file_system(pattern)
        with _explained(pattern):
            info = system.get_file_info(inner)
        if info.type == pafs.FileType.File:
            found = [FileEntry(pattern, info.size or 0, info.mtime_ns or 0)]
        elif info.type == pafs.FileType.NotFound:
            fault = bucket_fault(pattern) if is_s3(pattern) else None
            if fault:
                raise MissingRequirementError(fault)
            raise InputError(
                f"{pattern}: no such file or folder. Give a file, folder, glob or prefix."
            )
        else:
            found = list_inputs(pattern)
    if not found:
        raise InputError(f"{pattern} holds no file. Give a file, folder, glob or prefix with data.")
    return sorted(found)


def _glob(pattern: str) -> Iterator[FileEntry]:
    base = fixed_part(pattern)
    if not exists(base):
        raise InputError(
            f"{pattern}: there is no folder {base}. Check the path before the first *."
        )
    matcher = glob_expression(pattern)
    return (entry for entry in list_inputs(base) if matcher.fullmatch(entry.path))

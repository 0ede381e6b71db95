"""One driver an OUTPUT: a second one waits its turn or ends, and a dead one's place can be taken.

On a local disk the kernel holds the lock and drops it with the process. On S3 it is an object,
``_lease.json``, created with ``If-None-Match`` and renewed with ``If-Match``. Whether its owner lives is
judged by watching the object change, on the watcher's own clock: clocks of hosts are never compared.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jobs.runtime.errors import MissingRequirementError, OutputBusyError
from jobs.runtime.store import s3_store, storage
from jobs.runtime.store.small_records import json_mapping

LEASE_NAME = "_lease.json"
LOCK_NAME = ".corpusmill.lock"
RENEW_SECONDS = 4.0
SILENCE_SECONDS = 20.0  # five missed renewals: a long pause of a living driver is shorter
POLL_SECONDS = 1.0


class OutputLease:
    """The right to write to an OUTPUT, as long as nobody took it over."""

    def __init__(self) -> None:
        self._taken_over = threading.Event()

    def require(self) -> None:
        """Raise when another driver took this one for dead: it must publish nothing any more.

        Raises:
            OutputBusyError: The lease was lost.
        """
        if self._taken_over.is_set():
            raise OutputBusyError(
                "another corpusmill took this OUTPUT over, because this one had not been heard of for "
                f"{SILENCE_SECONDS:.0f} s; this one published nothing more. Let the other one finish."
            )

    def lost(self) -> None:
        """Record that another driver took over."""
        self._taken_over.set()


@contextlib.contextmanager
def hold_output(output: str, note: Callable[[str], None]) -> Iterator[OutputLease]:
    """Hold the lease of an OUTPUT for the length of the block.

    Args:
        output: Absolute folder or prefix. Stores other than S3 have no conditional write that we use:
            there nothing is held.
        note: Told when a silent owner is being waited for.

    Raises:
        OutputBusyError: Another driver works there.
        MissingRequirementError: The place cannot be written.
    """
    holder: contextlib.AbstractContextManager[OutputLease]
    if s3_store.is_s3(output):
        holder = _hold_object(storage.join(output, LEASE_NAME), note)
    elif storage.is_remote(output):
        holder = contextlib.nullcontext(OutputLease())
    else:
        holder = _hold_file(Path(output))
    with holder as lease:
        yield lease


@contextlib.contextmanager
def _hold_file(folder: Path) -> Iterator[OutputLease]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK_NAME).open("a+", encoding="utf-8")
    except OSError as error:
        why = "it is a file" if folder.is_file() else error.strerror or error
        raise MissingRequirementError(
            f"cannot write to {folder}: {why}. Choose a folder that is writable as OUTPUT."
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise _busy(str(folder), file.read() or "{}") from error
        file.truncate(0)
        file.write(_record("lock"))
        file.flush()
        yield OutputLease()


@contextlib.contextmanager
def _hold_object(path: str, note: Callable[[str], None]) -> Iterator[OutputLease]:
    owner = uuid.uuid4().hex
    etag = _acquire(path, owner, note)
    lease, stop = OutputLease(), threading.Event()
    renewer = threading.Thread(
        target=_renew, args=(path, owner, etag, lease, stop), name="lease", daemon=True
    )
    renewer.start()
    try:
        yield lease
    finally:
        stop.set()
        renewer.join()
        found = s3_store.get_object(path)
        if found is not None and _facts(found[0]).get("owner") == owner:
            storage.delete_tree(path)


def _acquire(path: str, owner: str, note: Callable[[str], None]) -> str:
    """Return the ETag of a lease of ours."""
    told = False
    while True:
        etag = s3_store.put_object(path, _record(owner), replaces=None)
        if etag is not None:
            return etag
        found = s3_store.get_object(path)
        if found is None:
            continue
        if not told:
            note(
                f"another corpusmill may be writing to {path.rsplit('/', 1)[0]}: watching it for "
                f"{SILENCE_SECONDS:.0f} s"
            )
            told = True
        text, seen = found
        if not _stays_silent(path, seen):
            raise _busy(path.rsplit("/", 1)[0], text)
        etag = s3_store.put_object(path, _record(owner), replaces=seen)
        if etag is not None:
            return etag


def _stays_silent(path: str, etag: str) -> bool:
    """Say whether the lease goes on with the same ETag, or away, while it is being watched."""
    until = time.monotonic() + SILENCE_SECONDS
    while time.monotonic() < until:
        time.sleep(POLL_SECONDS)
        found = s3_store.get_object(path)
        if found is None:
            return True
        if found[1] != etag:
            return False
    return True


def _renew(path: str, owner: str, etag: str, lease: OutputLease, stop: threading.Event) -> None:
    beats = 0
    while not stop.wait(RENEW_SECONDS):
        beats += 1
        try:
            renewed = s3_store.put_object(path, _record(owner, beats), replaces=etag)
            if renewed is not None:
                etag = renewed
                continue
            found = s3_store.get_object(path)
        except MissingRequirementError:  # the store may answer the next time
            continue
        if found is not None and _facts(found[0]).get("owner") == owner:
            etag = found[1]  # a renewal that was carried out although its answer got lost
            continue
        lease.lost()
        return


def _record(owner: str, beats: int = 0) -> str:
    facts = {"owner": owner, "host": platform.node(), "pid": os.getpid(), "beats": beats}
    return json.dumps(facts)


def _facts(text: str) -> dict[str, Any]:
    """What a lease tells of its owner; nothing where a crash cut it short."""
    return json_mapping(text) or {}


def _busy(output: str, text: str) -> OutputBusyError:
    facts = _facts(text)
    return OutputBusyError(
        f"another corpusmill (process {facts.get('pid', '?')} on {facts.get('host', '?')}) is writing to "
        f"{output}. Wait until it is done, end it, or choose another OUTPUT."
    )

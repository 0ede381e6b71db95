"""Put entry point, package and environment where the service reads them; what is there stays."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from jobs.runtime.errors import MissingRequirementError
from jobs.runtime.store import storage
from jobs.submission.job import ENTRY, ENVIRONMENT, PACKAGE, SubmittedJob

DIGEST_SUFFIX = ".sha256"


def upload(job: SubmittedJob, dist: Path, note: Callable[[str], None]) -> None:
    """Upload what `make dist env-archive` made, unless the same bytes are there.

    Args:
        job: Says where to.
        dist: Folder with ``corpusmill.zip`` and ``environment.tar.gz``.
        note: Told what is copied.

    Raises:
        MissingRequirementError: A file has not been made, or the store refuses.
    """
    files = {
        PACKAGE: dist / PACKAGE,
        ENVIRONMENT: dist / ENVIRONMENT,
        ENTRY: Path(__file__).parents[1] / ENTRY,
    }
    for path in files.values():
        if not path.is_file():
            raise MissingRequirementError(
                f"{path} is not there: run `make dist env-archive` first, on the system and Python version "
                "of the cluster's machines"
            )
    for name, path in files.items():
        target = storage.join(job.code, name)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if storage.read_text(target + DIGEST_SUFFIX) == found and storage.exists(target):
            continue
        note(f"copying {path.name} ({path.stat().st_size:,} bytes) to {target}")
        with path.open("rb") as source, storage.open_output(target) as sink:
            shutil.copyfileobj(source, sink, storage.READ_BYTES)
        storage.write_text(target + DIGEST_SUFFIX, found)
    for target, text in job.texts.items():
        note(f"writing {target}")
        storage.write_text(target, text)

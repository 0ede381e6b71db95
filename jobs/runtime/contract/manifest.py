"""What a stage published: its files, its row accounts and what they were made from.

A dataset counts only once its manifest lies beside it. A listing is no proof: task commit may show
files of a job that died.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage_costs import StageCosts
from jobs.runtime.errors import DamagedRecordError, InputError
from jobs.runtime.store import storage
from jobs.runtime.store.small_records import read_mapping

MANIFEST_NAME = "_manifest.json"
FORMAT_VERSION = 1
MADE_BY = {
    "documents": "ingest",
    "extracted": "extract",
    "annotated": "annotate",
    "verdicts": "decide",
    "duplicates": "dedup",
    "grades": "grade",
    "quality": "grade",
    "dropped": "publish",
    "quarantined": "publish",
    "corpus": "publish",
}
"""The command that makes each dataset of documents, in the order in which they pass them."""


DETAILS = {
    "thresholds": ("rules", "absent_rules", "perplexity_calibration"),
    "verdicts": ("rules",),
    "signatures": ("comparable", "names"),
    "duplicates": ("mode", "against"),
}
"""Facts that later stages and questions take from a dataset's manifest."""


class PublishedFile(BaseModel):
    """One file of a dataset: path below the dataset's folder, bytes, Parquet rows (0 for others)."""

    model_config = ConfigDict(frozen=True)
    path: str
    bytes: int
    rows: int = 0


class Manifest(BaseModel):
    """The record of one published dataset."""

    model_config = ConfigDict(frozen=True)
    format_version: int = FORMAT_VERSION
    dataset: str
    stage: str
    fingerprint: str
    fingerprints: dict[str, str]
    accounts: RowAccounts
    seconds: float
    created_at: str
    files: list[PublishedFile]
    versions: dict[str, str]
    details: dict[str, Any] = {}
    costs: StageCosts | None = None

    @property
    def rows(self) -> int:
        """Rows of all Parquet files, from their footers."""
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.bytes for file in self.files)


def stage_fingerprint(
    inputs: dict[str, str], configuration: object, code: str
) -> tuple[str, dict[str, str]]:
    """Return the fingerprint of a stage's result and its three parts."""
    parts = {"inputs": digest(inputs), "configuration": digest(configuration), "code": code}
    return digest(parts), parts


def read_manifest(folder: str) -> Manifest | None:
    """Return the manifest of a dataset folder, or None when it was never published.

    Raises:
        DamagedRecordError: There is a manifest and it was cut short or overwritten.
        InputError: It is of another version.
    """
    path = storage.join(folder, MANIFEST_NAME)
    try:
        found = read_mapping(path)
    except DamagedRecordError as error:
        raise _damaged(path, "no JSON object") from error
    if found is None:
        return None
    try:
        manifest = Manifest.model_validate(found)
    except ValidationError as error:
        raise _damaged(path, f"{error.error_count()} faults") from error
    lacking = [name for name in DETAILS.get(manifest.dataset, ()) if name not in manifest.details]
    if lacking:
        raise _damaged(path, f"no details.{lacking[0]}")
    if manifest.format_version != FORMAT_VERSION:
        raise InputError(
            f"{folder}/{MANIFEST_NAME} has format {manifest.format_version}, this corpusmill reads "
            f"{FORMAT_VERSION}: delete the folder and run again."
        )
    return manifest


def _damaged(path: str, why: str) -> DamagedRecordError:
    return DamagedRecordError(
        f"{path} cannot be read ({why}). It is damaged or from another version: the command that made it "
        "makes it anew."
    )


def require_manifest(folder: str, made_by: str) -> Manifest:
    """Return the manifest of a dataset that must be there.

    Raises:
        InputError: It is not, or the folder above it is no run.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        require_run(folder.rpartition("/")[0], made_by)
        raise InputError(f"{folder} holds no published dataset. Run `corpusmill {made_by}` first.")
    return manifest


def require_run(folder: str, made_by: str = "run") -> None:
    """Check that a folder is one that corpusmill has written a dataset of documents into.

    Args:
        folder: As the user named it.
        made_by: The command whose OUTPUT is wanted.

    Raises:
        InputError: It is not: mistyped, a file, somebody's data, or a dataset instead of its run.
    """
    if not storage.exists(folder):
        raise InputError(f"{folder}: no such folder. Give the OUTPUT of `corpusmill {made_by}`.")
    if read_manifest(folder) is not None:
        run, _, dataset = folder.rpartition("/")
        raise InputError(f"{folder} is the {dataset}/ of a run. Give the run: {run}")
    if not holds_run(folder):
        raise InputError(
            f"{folder} is no run of corpusmill: no dataset was finished in it. Give the OUTPUT of "
            f"`corpusmill {made_by}`; after a table of your own, give a folder to write to as well."
        )


def holds_run(folder: str) -> bool:
    """Say whether corpusmill has written a dataset of documents into a folder."""
    return any(storage.exists(storage.join(folder, name, MANIFEST_NAME)) for name in MADE_BY)


def damaged_files(folder: str, manifest: Manifest) -> list[str]:
    """Return the files of a manifest that are missing or have another size now."""
    sizes = {entry.path: entry.size for entry in storage.list_files(folder)}
    return [
        file.path
        for file in manifest.files
        if sizes.get(storage.join(folder, file.path)) != file.bytes
    ]


def published_files(folder: str) -> list[PublishedFile]:
    """Return the files below a folder with their footers' row counts.

    Raises:
        InputError: A Parquet footer cannot be read.
    """
    entries = storage.list_files(folder)
    with ThreadPoolExecutor(max_workers=16) as pool:  # footers are latency, not work
        rows = list(pool.map(lambda entry: _footer_rows(entry.path), entries))
    return [
        PublishedFile(path=entry.path[len(folder) :].lstrip("/"), bytes=entry.size, rows=count)
        for entry, count in zip(entries, rows, strict=True)
    ]


def _footer_rows(path: str) -> int:
    if not path.endswith(".parquet"):
        return 0
    system, inner = storage.file_system(path)
    try:
        return int(pq.read_metadata(inner, filesystem=system).num_rows)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} is no readable Parquet file ({error}): delete it and run again"
        ) from error

"""packed/ opened for reading: its manifest, its files by split, and the tokeniser that its ids are of."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.packing.opened_tokeniser import read_tokeniser_file
from jobs.packing.row_files import files_of
from jobs.runtime.contract.manifest import Manifest, read_manifest, require_manifest
from jobs.runtime.errors import SettingsError
from jobs.runtime.store import storage
from udfs.trainer_files.packing.settings import PackSettings
from udfs.trainer_files.tokenising.tokeniser_file import TokeniserFile

DATASET = "packed"


@dataclass(frozen=True)
class OpenedRows:
    """Packed rows at rest.

    Attributes:
        given: As the user named them.
        folder: Of the rows.
        manifest: Of the rows.
    """

    given: str
    folder: str
    manifest: Manifest

    def paths(self, split: str) -> list[str]:
        """Return the files of a split, in the order of their names."""
        found = files_of(split, self.manifest.files)
        return sorted(storage.join(self.folder, file.path) for file in found)

    def tokeniser(self, given: str | None) -> TokeniserFile:
        """Read the tokeniser.

        Args:
            given: Its file; None means the one that the rows were packed with, by its name then.

        Raises:
            MissingRequirementError: There is no such file.
            SettingsError: It is another tokeniser.
        """
        details = self.manifest.details
        settings = PackSettings(**details["settings"])
        file = read_tokeniser_file(given or details["tokenizer"], settings)
        if file.sha256 != details["tokenizer_sha256"]:
            raise SettingsError(
                f"--tokenizer {given or details['tokenizer']} has SHA-256 {file.sha256[:16]}, but "
                f"{self.given} was packed with {details['tokenizer_sha256'][:16]}: name that file"
            )
        return file


def open_rows(given: str) -> OpenedRows:
    """Open what `corpusmill pack` wrote.

    Args:
        given: A folder that was packed into (a run, or OUTPUT of a table), or its ``packed/``.

    Raises:
        InputError: Nothing was packed there.
    """
    folder = storage.absolute(given)
    inner = storage.join(folder, DATASET)
    manifest = read_manifest(inner)
    if manifest is not None:
        return OpenedRows(given, inner, manifest)
    return OpenedRows(given, folder, require_manifest(folder, "pack"))

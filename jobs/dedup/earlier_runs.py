"""The runs named by ``--against``: checked without Spark, before a run does anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.dedup.published_signatures import DATASET, comparable
from jobs.dedup.settings import DedupSettings
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import (
    Manifest,
    damaged_files,
    read_manifest,
    require_manifest,
)
from jobs.runtime.errors import InputError
from jobs.runtime.store import storage


@dataclass(frozen=True)
class EarlierRun:
    """One earlier run.

    Attributes:
        given: Its folder as the user named it.
        number: Its place among the runs given, from 1.
        signatures: Manifest of what is compared.
        duplicates: Manifest of what it removed.
        keeper_runs: What its keeper_run 0, 1, … is called in this run.
    """

    given: str
    number: int
    signatures: Manifest
    duplicates: Manifest
    keeper_runs: tuple[int, ...]

    @property
    def folder(self) -> str:
        """Where it lies."""
        return storage.absolute(self.given)

    @property
    def names(self) -> Mapping[str, str]:
        """Columns of its corpus that hold the ids (``id``) and the text (``text``)."""
        names: dict[str, str] = self.signatures.details["names"]
        return names

    def corpus(self) -> Manifest | None:
        """Manifest of its texts; None when they are gone."""
        return read_manifest(storage.join(self.folder, "corpus"))


@dataclass(frozen=True)
class EarlierRuns:
    """All of them.

    Attributes:
        runs: In the order of their numbers; one at least.
    """

    runs: tuple[EarlierRun, ...]

    @property
    def fingerprint(self) -> str:
        """Of all that a search takes from them."""
        signed = [run.signatures.fingerprint for run in self.runs]
        return digest([*signed, *(run.duplicates.fingerprint for run in self.runs)])

    def told(self) -> list[dict[str, object]]:
        """What a manifest says of them: path, fingerprint of the signatures, corpus at hand."""
        return [
            {
                "run": run.folder,
                "signatures": run.signatures.fingerprint,
                "texts": run.corpus() is not None,
            }
            for run in self.runs
        ]


def open_earlier_runs(against: Sequence[str], settings: DedupSettings) -> EarlierRuns | None:
    """Open the runs named by ``--against``; None when there is none.

    Args:
        against: Their folders.
        settings: Those of this run.

    Raises:
        InputError: One has no signatures, signatures that cannot be compared with this run's, a file
            that is gone or changed, or was itself made against a run that is not given.
    """
    if not against:
        return None
    manifests = [_comparable_manifest(run, settings) for run in against]
    places = {manifest.fingerprint: run for run, manifest in enumerate(manifests, 1)}
    runs = []
    for number, (given, manifest) in enumerate(zip(against, manifests, strict=True), 1):
        duplicates = require_manifest(storage.join(storage.absolute(given), "duplicates"), "dedup")
        keeper_runs = (number, *_keeper_runs(given, duplicates, places))
        runs.append(EarlierRun(given, number, manifest, duplicates, keeper_runs))
    return EarlierRuns(tuple(runs))


def require_comparable(against: Sequence[str], settings: DedupSettings) -> None:
    """Check earlier runs before a run does anything; see :func:`open_earlier_runs`.

    Raises:
        InputError: One cannot be compared with.
    """
    for run in against:
        _comparable_manifest(run, settings)


def other_id_type(run: EarlierRun, theirs: str, ours: str) -> InputError:
    """Return the error of a run whose ids have another type than this run's."""
    return InputError(
        f"--against {run.given}: its ids are {theirs}, those of this run {ours}: write both tables with "
        "ids of one type"
    )


def _keeper_runs(given: str, duplicates: Manifest, places: Mapping[str, int]) -> list[int]:
    for earlier in duplicates.details["against"]:
        if earlier["signatures"] not in places:
            raise InputError(
                f"--against {storage.absolute(given)}: it was itself made against {earlier['run']}, whose "
                f"documents it names as keepers: give --against {earlier['run']} too."
            )
    return [places[earlier["signatures"]] for earlier in duplicates.details["against"]]


def _comparable_manifest(run: str, settings: DedupSettings) -> Manifest:
    folder = storage.absolute(run)
    manifest = require_manifest(storage.join(folder, DATASET), "dedup")
    _require_whole(run, manifest, "dedup")
    for dataset, command in (("duplicates", "dedup"), ("corpus", "publish")):
        other = read_manifest(storage.join(folder, dataset))
        if other is not None:  # told by whoever needs it; an earlier corpus may be gone
            _require_whole(run, other, command)
    theirs, ours = manifest.details["comparable"], comparable(settings)
    faults = [
        f"{name} is {theirs.get(name)!r} there and {value!r} here"
        for name, value in ours.items()
        if theirs.get(name) != value
    ]
    if faults:
        raise InputError(
            f"--against {run}: its signatures cannot be compared with this run's: "
            f"{'; '.join(faults)}. Give this run the settings of that one (--set dedup.NAME=VALUE), or "
            "deduplicate that one again."
        )
    return manifest


def _require_whole(run: str, manifest: Manifest, command: str) -> None:
    """Refuse an earlier run of which a file is gone or changed: its documents would be missed."""
    dataset = manifest.dataset
    damaged = damaged_files(storage.join(storage.absolute(run), dataset), manifest)
    if damaged:
        raise InputError(
            f"--against {run}: {len(damaged)} published file(s) of {dataset}/ are gone or changed, first "
            f"{damaged[0]}: run `corpusmill {command}` on it again, or restore them"
        )

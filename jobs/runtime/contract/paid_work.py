"""Finished work that a command would throw away: it is named, with its price, before anything is touched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from jobs.runtime.contract.chunks import finished_chunks
from jobs.runtime.contract.manifest import Manifest, read_manifest
from jobs.runtime.errors import DamagedRecordError, InputError, SettingsError
from jobs.runtime.store import storage

WORDS = {"inputs": "what it reads", "configuration": "its settings", "code": "corpusmill's code"}
TEXTS = ("extracted", "models", "annotated")
JUDGED = ("thresholds", "verdicts", "duplicates")
"""Datasets of a run whose work is paid for, each made from those before it; grades are of texts alone."""
DEAR = (*TEXTS, "grades")
"""Others are made anew, unasked, when only their input is another, as that of a run that grows always is."""


def require_redo(
    output: str,
    stage: str,
    dataset: str,
    changed: Sequence[str],
    most_seconds: float,
    share: float = 1.0,
    *,
    refits: bool = False,
) -> None:
    """Refuse to make a dataset of a run anew where that throws away much finished work.

    Args:
        output: The run's folder.
        stage: Which would run.
        dataset: That would be deleted, and with it all that is made from it.
        changed: Parts of its fingerprint that are others now.
        most_seconds: Work that took as long, all of it together, is thrown away unasked.
        share: Of the dataset that would be lost, and of what is made from it; 0 where the input has only
            grown.
        refits: A new fit was asked for: the work that it costs is meant, but for grades given anew.

    Raises:
        SettingsError: More would be lost.
    """
    if dataset not in DEAR and list(changed) == ["inputs"]:
        return
    lost = _published(output, ("grades",) if refits else _behind(dataset))
    if share * sum(manifest.seconds for manifest in lost.values()) <= most_seconds:
        return
    why = " and ".join(WORDS[name] for name in changed) or "the stage"
    raise SettingsError(
        f"{stage}: {why} changed since OUTPUT was made. {_told(lost)} would be thrown away and made anew; "
        "nothing was touched. Give --redo where that is meant, the command and files that made it, or "
        "another OUTPUT."
    )


def require_chunks(
    folder: str, stage: str, dataset: str, names: Collection[str], most_seconds: float
) -> None:
    """Refuse to delete finished chunks of a dataset that a killed run left without a manifest.

    Args:
        folder: Of the dataset.
        stage: Which makes it.
        dataset: Its name.
        names: Chunks that are asked for now.
        most_seconds: Work that took as long, all of it together, is thrown away unasked.

    Raises:
        SettingsError: More would be lost.
    """
    if dataset not in DEAR or not names or not storage.exists(folder):
        return
    others = [name for name in storage.child_names(folder) if name not in names]
    lost = finished_chunks(folder, others)
    seconds = sum(chunk.seconds for chunk in lost.values())
    if seconds > most_seconds:
        raise SettingsError(
            f"{stage}: what it reads, its settings or corpusmill's code changed since a run of OUTPUT was "
            f"ended in the middle. Finished chunks of {dataset}/ ({len(lost):,}, {seconds:,.1f} s of work) "
            "would be thrown away and made anew; nothing was touched. Give --redo where that is meant, the "
            "command and files that made them, or another OUTPUT."
        )


def _behind(dataset: str) -> tuple[str, ...]:
    """A dataset, and all that is made from it and paid for."""
    if dataset in TEXTS:
        return (*TEXTS[TEXTS.index(dataset) :], *JUDGED, "grades")
    return JUDGED[JUDGED.index(dataset) :] if dataset in JUDGED else (dataset,)


def require_named(output: str, left_out: Mapping[str, str]) -> None:
    """Refuse to delete datasets of a run that the command no longer asks for.

    Args:
        output: The run's folder.
        left_out: Dataset and what keeps it, e.g. ``{"quality": "--grader FOLDER"}``.

    Raises:
        SettingsError: One is there.
    """
    lost = _published(output, left_out)
    if lost:
        wanted = ", ".join(dict.fromkeys(left_out[name] for name in lost))
        raise SettingsError(
            f"OUTPUT holds {_told(lost)}, which this command does not ask for and would delete; nothing "
            f"was touched. Give {wanted} again to keep it, --redo to have it deleted, or another OUTPUT."
        )


def require_ours(folder: str) -> None:
    """Refuse to delete a published dataset that somebody has put files of his own into.

    Raises:
        InputError: Some are there.
    """
    try:
        manifest = read_manifest(folder)
    except DamagedRecordError:  # whose files these are, nobody knows
        return
    if manifest is None:
        return
    ours = {storage.join(folder, file.path) for file in manifest.files}
    there = [entry.path for entry in storage.list_inputs(folder) if entry.path not in ours]
    others = [path for path in there if not path.rpartition("/")[2].startswith(".")]  # drafts
    if others:
        raise InputError(
            f"{folder} would be made anew, and holds {_shown(others)}, which corpusmill did not write: move "
            "them away first. Nothing was deleted."
        )


def _published(output: str, datasets: Iterable[str]) -> dict[str, Manifest]:
    found = {}
    for dataset in datasets:
        try:
            manifest = read_manifest(storage.join(output, dataset))
        except DamagedRecordError:  # it does not count as finished
            continue
        if manifest is not None:
            found[dataset] = manifest
    return found


def _told(lost: Mapping[str, Manifest]) -> str:
    return ", ".join(
        f"{name}/ ({manifest.accounts.rows_in:,} documents, {manifest.seconds:,.1f} s of work)"
        for name, manifest in lost.items()
    )


def _shown(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - 3:,} more files" if len(paths) > 3 else ""
    return f"{', '.join(paths[:3])}{more}"

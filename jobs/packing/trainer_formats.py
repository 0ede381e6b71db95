"""packed/ → packed-FORMAT/: one file of a trainer's for each of ours, one stage a format."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq

from jobs.packing.opened_tokeniser import OpenedTokeniser
from jobs.packing.row_files import TRAIN, VALIDATION, files_of
from jobs.runtime.contract.manifest import Manifest, PublishedFile
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import RunContext, Stage, run_stage
from jobs.runtime.errors import SettingsError
from jobs.runtime.spark.connect import run_apart
from jobs.runtime.store import storage
from udfs.trainer_files.formats.contract import RowFacts
from udfs.trainer_files.formats.table import TRAINER_FORMATS
from udfs.trainer_files.packing.settings import PackSettings

Task = tuple[str, str, str]
"""A Parquet file, the split it is of, and the name that its files get."""


def require_formats(settings: PackSettings, tokeniser: OpenedTokeniser) -> None:
    """Refuse formats that would say something wrong of any rows of these settings.

    Raises:
        SettingsError: One would.
    """
    _require(settings.formats, row_facts(settings, tokeniser, None))


def format_stages(
    context: RunContext,
    packed: Manifest,
    tokeniser: OpenedTokeniser,
    settings: PackSettings,
    own_tasks: Callable[[], OwnTasks | None] = lambda: None,
) -> list[Manifest]:
    """Write packed rows in each format that the settings name; ``own_tasks`` as of ``PackSource``.

    Raises:
        SettingsError: A format would say something wrong of these rows.
        StageError: Spark failed.
    """
    facts = row_facts(settings, tokeniser, packed)
    _require(settings.formats, facts)
    return [_format_stage(context, packed, facts, name, own_tasks()) for name in settings.formats]


def row_facts(
    settings: PackSettings, tokeniser: OpenedTokeniser, packed: Manifest | None
) -> RowFacts:
    """Return what formats ask before they write."""
    splits = [] if packed is None else [one for one in packed.details["splits"].values() if one]
    return RowFacts(
        vocabulary_size=tokeniser.file.vocabulary_size,
        bos=tokeniser.frame.bos,
        eos=tokeniser.frame.eos,
        pad=tokeniser.frame.pad,
        length=settings.length,
        padded=settings.padded,
        tokeniser=tokeniser.path.rsplit("/", 1)[-1],
        cut_documents=None if packed is None else sum(one["cut_documents"] for one in splits),
    )


def _require(names: Sequence[str], facts: RowFacts) -> None:
    for name in names:
        refusal = TRAINER_FORMATS[name].refusal(facts)
        if refusal is not None:
            raise SettingsError(f"--format {name}: {refusal}")


def _format_stage(
    context: RunContext, packed: Manifest, facts: RowFacts, name: str, own: OwnTasks | None
) -> Manifest:
    written: dict[str, Mapping[str, Any]] = {}
    return run_stage(
        context,
        Stage(
            name=f"pack {name}",
            dataset=f"packed-{name}",
            module="jobs.packing.trainer_formats",
            inputs={"packed": packed.fingerprint},
            configuration={"format": name},
            chunks=[functools.partial(_write, context, packed, facts, name, own, written)],
            account=functools.partial(_account, packed),
            details=lambda: {"files": written},
            own_tasks=own,
        ),
    )


def _write(
    context: RunContext,
    packed: Manifest,
    facts: RowFacts,
    name: str,
    own: OwnTasks | None,
    written: dict[str, Mapping[str, Any]],
    folder: str,
) -> None:
    tasks = [
        (storage.join(context.folder("packed"), file.path), split, _target_name(file.path))
        for split in (TRAIN, VALIDATION)
        for file in files_of(split, packed.files)
    ]
    convert = _converter(name, facts, folder)
    if own is None:
        written.update(run_apart(context.spark, convert, tasks))
    else:
        own.run(iter(tasks), lambda task: written.update(convert(task)), len(tasks))
    for split in (TRAIN, VALIDATION):
        of_split = {
            path.split("/", 1)[1]: told for path, told in written.items() if path.startswith(split)
        }
        if of_split:
            for file, text in TRAINER_FORMATS[name].index(of_split).items():
                storage.write_text(storage.join(folder, split, file), text)


def _target_name(path: str) -> str:
    """The part's name; of a chunk's part with the chunk's number before it."""
    *folders, name = path.removesuffix(".parquet").split("/")
    return "-".join([*[one for one in folders if one.startswith("chunk-")], name])


def _converter(
    name: str, facts: RowFacts, folder: str
) -> Callable[[Task], Mapping[str, Mapping[str, Any]]]:
    # Two attempts of a task write the same bytes under the same name, so either may win.
    def convert(task: Task) -> Mapping[str, Mapping[str, Any]]:
        source, split, target = task
        system, inner = storage.file_system(source)

        def open_output(file: str) -> Any:
            return storage.open_output(storage.join(folder, split, file))

        with pq.ParquetFile(inner, filesystem=system) as parquet:
            told = TRAINER_FORMATS[name].write(parquet, target, facts, open_output)
        return {f"{split}/{target}": told}

    return convert


def _account(packed: Manifest, _: Sequence[PublishedFile]) -> RowAccounts:
    # Each format counts what it writes in its own unit; a file that fails fails the stage.
    rows = sum(file.rows for split in (TRAIN, VALIDATION) for file in files_of(split, packed.files))
    return RowAccounts(rows_in=rows, rows_out=rows)

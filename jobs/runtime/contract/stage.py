"""One stage's contract: skip when nothing changed, resume by chunks, account for every row, publish.

A stage writes below ``OUTPUT/<dataset>/``. While it works the folder holds ``_in_progress.json`` with
the fingerprint of what is being made. Chunks of a divided input lie in folders named by what each is made of:
those that are asked for and there are kept, whether a killed run or the one before made them, all others are
deleted, so that two inputs, recipes or versions never mix. Chunks without names of their own are kept for a
rerun with the same fingerprint only. The manifest is written last, and only when rows in = out + dropped +
quarantined.
"""

from __future__ import annotations

import contextlib
import functools
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, NamedTuple

import pyarrow as pa
import pyspark
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

import jobs
from jobs.runtime.contract.chunks import Division, chunk_names
from jobs.runtime.contract.fingerprint import code_fingerprint, library_versions
from jobs.runtime.contract.manifest import (
    MADE_BY,
    MANIFEST_NAME,
    Manifest,
    PublishedFile,
    damaged_files,
    read_manifest,
    require_manifest,
    stage_fingerprint,
)
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.paid_work import require_chunks, require_redo
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage_chunks import IN_PROGRESS_NAME, claim, write_chunks
from jobs.runtime.contract.stage_costs import StageCosts, stage_costs
from jobs.runtime.errors import DamagedRecordError, StageError
from jobs.runtime.spark.java_heap import memory_advice
from jobs.runtime.spark.parquet_frames import read_parquet, writer_options
from jobs.runtime.spark.session import running
from jobs.runtime.store import storage
from jobs.runtime.store.output_lease import OutputLease

SPARK_FAULTS = (Py4JError, PySparkException, ConnectionError)
OWN_FAULTS = (
    OSError,
    pa.ArrowException,
    *SPARK_FAULTS,
)  # what is too large for a driver asks Spark
MOST_THREADS = 8
"""Beyond, threads of one process wait for its lock and for the one that reads."""


class StageWork(NamedTuple):
    """A writer of one chunk, what it gives its work to where it needs no Spark, and the files it reads."""

    write: Callable[[str], None]
    own_tasks: OwnTasks | None = None
    files: int = 0


@dataclass(frozen=True)
class Stage:
    """What a stage makes and from what; how, is in ``chunks``.

    Attributes:
        name: The stage's name in reports.
        dataset: Folder below OUTPUT.
        module: Module whose source (and imports) decide the result.
        inputs: Name of each input and the fingerprint of what it holds.
        configuration: JSON-serialisable settings that change the result.
        chunks: Writers, run in order; each gets the folder to fill. One chunk is the unit of resuming.
        account: Given the folder's Parquet files, returns the rows' whereabouts.
        details: Given the folder, returns facts for the manifest (resolved thresholds, model cards).
        in_driver: The chunks are written by this process, without Spark; so they are with ``own_tasks``.
        own_tasks: What these give their work to, where it is much; None: nothing is shown of it.
        division: How the chunks divide an input; None: each needs all of it.
        fitted_on: Chunks of the input, where what is made is fitted to it (models, thresholds): it stays
            when the input grows, while one that it was fitted on is there, until ``RunContext.refit``.
        cut: Of several chunks without a division: files that each reads, in the order of the inputs. Where
            the work was cut by another size, chunks hold other files.

    Raises:
        ValueError: Nothing tells what the chunks hold: a killed run would go on from others.
    """

    name: str
    dataset: str
    module: str
    inputs: Mapping[str, str]
    configuration: Mapping[str, Any]
    chunks: Sequence[Callable[[str], None]]
    account: Callable[[Sequence[PublishedFile]], RowAccounts]
    details: Callable[[], dict[str, Any]] = field(default=dict)
    in_driver: bool = False
    own_tasks: OwnTasks | None = None
    division: Division | None = None
    fitted_on: Sequence[str] | None = None
    cut: Sequence[int] = ()

    def __post_init__(self) -> None:
        if self.division is None and len(self.chunks) > 1 and len(self.cut) != len(self.chunks):
            raise ValueError(f"stage {self.name} has several chunks, and neither division nor cut")

    @classmethod
    def of_work(cls, *parts: StageWork, **facts: Any) -> Stage:
        """Return a stage whose chunks are of one kind, with the other attributes as named."""
        writers, own = [part.write for part in parts], parts[0].own_tasks
        return cls(chunks=writers, own_tasks=own, cut=[part.files for part in parts], **facts)


@dataclass(frozen=True)
class RunContext:
    """What every stage of one run shares.

    Attributes:
        session: Spark's session, or what starts it when the first stage asks for it.
        output: The run's folder.
        reporter: Tells how it goes.
        lease: The lock on the folder.
        local: Whether this process may work without Spark: on small datasets
            (``driver_tables.works_here``), and on tables of any size part by part.
        threads: Its tasks at a time, where it works part by part.
        most_lost: Seconds of finished work that a stage may throw away unasked; None: any.
        refit: Whether what is fitted to the input is fitted anew when the input has grown.
    """

    session: SparkSession | Callable[[], SparkSession]
    output: str
    reporter: Reporter
    lease: OutputLease = field(default_factory=OutputLease)
    local: bool = False
    threads: int = 1
    most_lost: float | None = None
    refit: bool = False

    @property
    def spark(self) -> SparkSession:
        """Spark's session, started now if it was not needed before."""
        return running(self.session)

    def own_tasks(self, megabytes: float) -> OwnTasks | None:
        """Return what a stage gives the parts of its work to without Spark; None where Spark takes them.

        Args:
            megabytes: ``run.driver_megabytes``: parts of any size are worked on here unless it is 0.
        """
        here = self.local and self.threads <= MOST_THREADS and megabytes > 0
        return OwnTasks(self.threads) if here else None

    def folder(self, dataset: str) -> str:
        """Return the folder of a dataset of this run."""
        return storage.join(self.output, dataset)

    def manifest(self, dataset: str) -> Manifest:
        """Return the manifest of a published dataset of documents."""
        return require_manifest(self.folder(dataset), MADE_BY.get(dataset, "run"))

    def read(
        self, dataset: str, made_by: str, *, carries_documents: bool = False
    ) -> tuple[DataFrame, Manifest]:
        """Open a published dataset by its manifest's explicit files; see ``read_parquet``."""
        manifest = require_manifest(self.folder(dataset), made_by)
        frame = self.read_files(dataset, manifest.files, carries_documents=carries_documents)
        return frame, manifest

    def read_files(
        self, dataset: str, files: Sequence[PublishedFile], *, carries_documents: bool = False
    ) -> DataFrame:
        """Open some Parquet files of a dataset; see ``read_parquet``."""
        names = [file.path for file in files if file.path.endswith(".parquet")]
        paths = [storage.join(self.folder(dataset), name) for name in names]
        return read_parquet(self.spark, paths, carries_documents=carries_documents)


def status_accounts(documents: DataFrame) -> RowAccounts:
    """Return the accounts of a dataset whose ``status`` column is ``ok`` or a reason for quarantine."""
    counts = {row["status"]: row["count"] for row in documents.groupBy("status").count().collect()}
    total = sum(counts.values())
    usable = counts.get("ok", 0)
    return RowAccounts(rows_in=total, rows_out=usable, rows_quarantined=total - usable)


def all_rows_out(files: Sequence[PublishedFile]) -> RowAccounts:
    """Return the accounts of a stage that passes on every row it wrote."""
    rows = sum(file.rows for file in files)
    return RowAccounts(rows_in=rows, rows_out=rows)


def parquet_chunk(
    build: Callable[[], DataFrame], options: Mapping[str, str] | None = None
) -> Callable[[str], None]:
    """Return a chunk writer that writes one DataFrame as Parquet, with options of the writer."""

    def write(folder: str) -> None:
        # "overwrite" would delete the folder with its progress marker; leftovers are gone already.
        frame = build()
        writer = frame.write.mode("append").options(
            **writer_options(frame.schema), **(options or {})
        )
        writer.parquet(storage.spark_path(folder))

    return write


def run_stage(context: RunContext, stage: Stage) -> Manifest:
    """Bring a stage's dataset up to date and return its manifest.

    Raises:
        StageError: Spark failed; the message names the cause and that a rerun resumes.
        AccountingError: A row was lost or doubled; nothing is published.
        InputError: The folder holds something that is not ours.
        SettingsError: More finished work would be thrown away than the run may lose unasked.
    """
    folder = context.folder(stage.dataset)
    code = code_fingerprint(stage.module)
    fingerprint, parts = stage_fingerprint(dict(stage.inputs), dict(stage.configuration), code)
    names = _chunk_names(stage, code)
    published = _still_valid(context, stage, folder, fingerprint, parts, names)
    if published is not None:
        context.reporter.skipped(
            stage.name, published, is_older=published.fingerprint != fingerprint
        )
        return published
    started = time.monotonic()
    claim(folder, _told_in_progress(stage, fingerprint), names)
    spark = None if stage.in_driver or stage.own_tasks else context.spark
    faults = OWN_FAULTS if stage.own_tasks else SPARK_FAULTS
    with context.reporter.stage(spark, stage.name, stage.own_tasks) as group:
        try:
            files, kept_seconds = write_chunks(
                context.reporter, folder, stage.name, stage.chunks, names
            )
            accounts = stage.account(files)
            details = stage.details()
        except faults as error:
            if spark is None and not stage.own_tasks:
                raise
            raise explained(spark, f"stage {stage.name}", error) from error
    accounts.check(stage.name)
    if stage.fitted_on is not None:
        details["fitted_on"] = list(stage.fitted_on)
    seconds = time.monotonic() - started
    manifest = Manifest(
        dataset=stage.dataset,
        stage=stage.name,
        fingerprint=fingerprint,
        fingerprints=parts,
        accounts=accounts,
        seconds=round(seconds + kept_seconds, 3),
        created_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        files=files,
        versions=_versions(),
        details=details,
        costs=_costs(stage, spark, group),
    )
    _publish(context, folder, manifest)
    context.reporter.finished(manifest, seconds)
    return manifest


def _told_in_progress(stage: Stage, fingerprint: str) -> dict[str, Any]:
    return {"stage": stage.name, "fingerprint": fingerprint, "cut": list(stage.cut)}


def _chunk_names(stage: Stage, code: str) -> list[str]:
    if stage.division is None:
        return []
    return chunk_names(stage.division, stage.inputs, stage.configuration, code)


def _costs(stage: Stage, spark: SparkSession | None, group: str) -> StageCosts | None:
    if stage.own_tasks is not None:
        return stage.own_tasks.costs()
    return None if spark is None else stage_costs(spark, group)


def _publish(context: RunContext, folder: str, manifest: Manifest) -> None:
    context.lease.require()
    text = manifest.model_dump_json(indent=1)
    if not storage.write_new_text(storage.join(folder, MANIFEST_NAME), text):
        raise StageError(
            f"{folder} was published by another corpusmill in the meantime; its files are complete and "
            "ours are not listed there. Run the same command again to go on from them."
        )
    storage.delete_tree(storage.join(folder, IN_PROGRESS_NAME))


def _still_valid(
    context: RunContext,
    stage: Stage,
    folder: str,
    fingerprint: str,
    parts: dict[str, str],
    names: Sequence[str],
) -> Manifest | None:
    try:
        manifest = read_manifest(folder) if storage.exists(folder) else None
    except DamagedRecordError:
        context.reporter.note(f"{stage.name}: {folder}/{MANIFEST_NAME} is damaged, made anew")
        manifest = None
    if manifest is None:
        if context.most_lost is not None:
            require_chunks(folder, stage.name, stage.dataset, names, context.most_lost)
        return None
    changed = [name for name, part in parts.items() if manifest.fingerprints.get(name) != part]
    damaged = damaged_files(folder, manifest)
    if manifest.fingerprint != fingerprint:
        if not damaged and _still_fits(context, stage, manifest, changed):
            return manifest
        gone = [file.bytes for file in manifest.files if file.path.partition("/")[0] not in names]
        if context.most_lost is not None:
            share = sum(gone) / max(1, manifest.bytes) if names else 1.0
            refits = context.refit and changed == ["inputs"] and "sources" not in stage.inputs
            lost = context.most_lost, share
            require_redo(context.output, stage.name, stage.dataset, changed, *lost, refits=refits)
        if gone or not names:
            context.reporter.note(
                f"{stage.name}: {' and '.join(changed) or 'stage'} changed, made anew"
            )
        return None
    if damaged:
        context.reporter.note(
            f"{stage.name}: {len(damaged)} published files are gone or changed, made anew"
        )
        return None
    return manifest


def _still_fits(
    context: RunContext, stage: Stage, manifest: Manifest, changed: Sequence[str]
) -> bool:
    """Whether what was fitted to a smaller input may stay: some of what it was fitted on is there."""
    if stage.fitted_on is None or context.refit or changed != ["inputs"]:
        return False
    return not set(stage.fitted_on).isdisjoint(manifest.details.get("fitted_on", []))


@contextlib.contextmanager
def session_when_asked(start: Callable[[], SparkSession]) -> Iterator[Callable[[], SparkSession]]:
    """Yield what starts Spark once, when it is first called; stop it after the block.

    What Spark raises outside of a stage becomes one sentence, too.

    Raises:
        StageError: Spark failed, or its Java is gone.
    """
    session = functools.cache(start)
    try:
        yield session
    except SPARK_FAULTS as error:
        if not session.cache_info().currsize:
            raise
        raise explained(session(), "the run", error) from error
    finally:
        if session.cache_info().currsize:
            with contextlib.suppress(Py4JError, ConnectionError):  # Java may be gone already
                session().stop()


def explained(spark: SparkSession | None, what: str, error: Exception) -> StageError:
    """Return an error of Spark's or Arrow's as one sentence: what failed, why, and what to do."""
    text = str(error)
    causes = [line.strip() for line in text.splitlines() if "Caused by" in line or "Error:" in line]
    cause = causes[-1] if causes else text.strip().splitlines()[0]
    if "No space left on device" in text:
        cause = "no space left on device: free space, or set spark.local.dir and OUTPUT to a larger disk"
    if "Permission denied" in text:
        cause = (
            f"permission denied ({cause}): give this user the right to read INPUT and write OUTPUT"
        )
    cause = (spark and memory_advice(spark, error)) or cause
    return StageError(
        f"{what} failed: {cause[:600]}. Finished stages and chunks are kept: the same command "
        "goes on from there."
    )


def _versions() -> dict[str, str]:
    return {
        "corpusmill": jobs.__version__,
        "python": platform.python_version(),
        "spark": pyspark.__version__,
        **library_versions(("pyarrow", "numpy", "numba", "trafilatura", "pypdfium2", "kenlm")),
    }

"""Signatures as a dataset of their own: made by a run, and read by the runs that come after it.

Some 330 bytes a document stay beside a run's corpus: hashes of the normalised text, band keys,
sketch. A later run is compared with these and need not read the earlier corpus, but for the texts
of the few documents whose sketches do not decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, LongType

from jobs.dedup.known_documents import KnownDocuments, KnownIds, preferred
from jobs.dedup.settings import DedupSettings
from jobs.dedup.signature_rows import SignatureRows, of_files
from jobs.dedup.signatures import GIVEN_ID, SIGNATURE_OPTIONS, TABLE_OPTIONS
from jobs.runtime.contract.chunks import Division
from jobs.runtime.contract.driver_tables import dataset_table, table_chunk
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import (
    Manifest,
    PublishedFile,
    damaged_files,
    read_manifest,
    require_manifest,
)
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.contract.stage import (
    RunContext,
    Stage,
    StageWork,
    all_rows_out,
    parquet_chunk,
    run_stage,
)
from jobs.runtime.contract.user_tables import ROW_ID
from jobs.runtime.errors import InputError
from jobs.runtime.store import storage
from udfs.dedup.signatures import SIGNATURE_FORMAT, SIGNATURE_SCHEMA

DATASET = "signatures"
KEEPER_ROW_ID = "keeper_row_id"


def comparable(settings: DedupSettings) -> dict[str, object]:
    """What two runs must have in common for their signatures to be compared."""
    names = ("bands", "rows", "seed", "shingle_unit", "spaced_length", "unspaced_length")
    values = settings.model_dump(include={*names, "key_bits", "scope"})
    return {**values, "signature_format": SIGNATURE_FORMAT}


def sign_stage(
    context: RunContext,
    settings: DedupSettings,
    inputs: Mapping[str, str],
    parts: Sequence[StageWork],
    names: Mapping[str, str],
    account: Callable[[Sequence[PublishedFile]], RowAccounts] = all_rows_out,
    division: Division | None = None,
) -> SignatureRows:
    """Publish the signatures of a run's documents.

    Args:
        context: The run.
        settings: Shingles, banding, keep policy, scope.
        inputs: Fingerprints of the documents.
        parts: Write signed documents, chunk by chunk of files: what a killed run goes on from.
        names: Columns of the corpus that hold the ids (``id``) and the text (``text``).
        account: Of the files that were written; may refuse them.
        division: How the parts divide an input.
    """
    stage = replace(_stage(settings, inputs, parts, names, account), division=division)
    manifest = run_stage(context, stage)
    folder = context.folder(DATASET)
    paths = [storage.join(folder, file.path) for file in manifest.files if file.rows]
    return of_files(lambda: context.read(DATASET, "dedup")[0], paths, manifest.rows)


def signature_chunk(build: Callable[[], DataFrame]) -> Callable[[str], None]:
    """Return a chunk writer of documents that Spark signs."""
    return parquet_chunk(build, SIGNATURE_OPTIONS)


def sign_here(
    context: RunContext,
    settings: DedupSettings,
    inputs: Mapping[str, str],
    build: Sequence[Callable[[], pa.Table]],
    names: Mapping[str, str],
    division: Division,
) -> pa.Table:
    """Publish signatures that this process makes, and return them; see :func:`sign_stage`."""
    parts = [StageWork(table_chunk(one, TABLE_OPTIONS)) for one in build]
    stage = _stage(settings, inputs, parts, names, all_rows_out)
    run_stage(context, replace(stage, in_driver=True, division=division))
    return dataset_table(context, DATASET, SIGNATURE_SCHEMA.names).cast(SIGNATURE_SCHEMA)


def _stage(
    settings: DedupSettings,
    inputs: Mapping[str, str],
    parts: Sequence[StageWork],
    names: Mapping[str, str],
    account: Callable[[Sequence[PublishedFile]], RowAccounts],
) -> Stage:
    keep = settings.model_dump(include={"keep", "source_priority"})
    return Stage.of_work(
        *parts,
        name="sign",
        dataset=DATASET,
        module="jobs.dedup.signatures",
        inputs=inputs,
        configuration={**comparable(settings), **keep},
        account=account,
        details=lambda: {"comparable": comparable(settings), "names": dict(names)},
    )


def open_previous(
    context: RunContext,
    against: Sequence[str],
    settings: DedupSettings,
    id_type: DataType = LongType(),  # noqa: B008  # a value, never changed
) -> KnownDocuments | None:
    """Open the runs named by ``--against``; None when there is none.

    Args:
        context: This run.
        against: Folders of the earlier ones.
        settings: Those of this run.
        id_type: Of the ids that duplicates are named by in this run.

    Raises:
        InputError: One has no signatures, signatures that cannot be compared with this run's, a file
            that is gone or changed, or ids of another type.
    """
    if not against:
        return None
    manifests = [_comparable_manifest(run, settings) for run in against]
    places = {manifest.fingerprint: run for run, manifest in enumerate(manifests, 1)}
    previous = [
        RunContext(context.spark, storage.absolute(run), context.reporter) for run in against
    ]
    signatures, removed = [], []
    for number, run in enumerate(previous, 1):
        signed, _ = run.read(DATASET, "dedup")
        if GIVEN_ID not in signed.columns:  # of a run of the pipeline, whose ids are ours
            signed = signed.withColumn(GIVEN_ID, F.col("id"))
        found = signed.schema[GIVEN_ID].dataType
        if found != id_type:
            raise InputError(
                f"--against {against[number - 1]}: its ids are {found.simpleString()}, those of this run "
                f"{id_type.simpleString()}: write both tables with ids of one type"
            )
        signatures.append(signed.withColumn("run", F.lit(number)))
        removed.append(_removed(run, number, places))
    every = _union(signatures)
    ids = KnownIds.of(every)
    known = ids.numbered(every, "id", "run")
    gone = ids.numbered(ids.numbered(_union(removed), "id", "run"), "keeper_id", "keeper_run")
    lookups = [
        _texts_of(run, known.where(F.col("run") == number), manifests[number - 1].details["names"])
        for number, run in enumerate(previous, 1)
    ]
    return KnownDocuments(
        signatures=preferred(known.drop("run")),
        removed=gone.select("id", "keeper_id", "similarity"),
        texts=lambda involved: _union([lookup(involved) for lookup in lookups]),
        ids=ids,
        fingerprint=previous_fingerprint(against, settings),
    )


def previous_fingerprint(against: Sequence[str], settings: DedupSettings) -> str:
    """Identify all that the runs named by ``--against`` published of their documents, without Spark.

    Raises:
        InputError: One cannot be compared with.
    """
    manifests = [_comparable_manifest(run, settings) for run in against]
    folders = [storage.join(storage.absolute(run), "duplicates") for run in against]
    duplicates = [require_manifest(folder, "dedup") for folder in folders]
    return digest([manifest.fingerprint for manifest in (*manifests, *duplicates)])


def require_comparable(against: Sequence[str], settings: DedupSettings) -> None:
    """Check earlier runs without Spark, before a run does anything; see :func:`open_previous`.

    Raises:
        InputError: One cannot be compared with.
    """
    for run in against:
        _comparable_manifest(run, settings)


def previous_signatures(against: Sequence[str]) -> list[dict[str, object]]:
    """The runs a result was compared with, for its manifest: path, fingerprint, corpus at hand."""
    found = []
    for run in map(storage.absolute, against):
        manifest = require_manifest(storage.join(run, DATASET), "dedup")
        corpus = read_manifest(storage.join(run, "corpus")) is not None
        found.append({"run": run, "signatures": manifest.fingerprint, "texts": corpus})
    return found


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


def _removed(run: RunContext, number: int, places: Mapping[str, int]) -> DataFrame:
    """What an earlier run removed, its keepers' runs counted as in this one."""
    duplicates, manifest = run.read("duplicates", "dedup")
    numbers = [number]
    for earlier in manifest.details["against"]:
        if earlier["signatures"] not in places:
            raise InputError(
                f"--against {run.output}: it was itself made against {earlier['run']}, whose documents it "
                f"names as keepers: give --against {earlier['run']} too."
            )
        numbers.append(places[earlier["signatures"]])
    keeper_run = F.element_at(F.lit(numbers), F.col("keeper_run") + 1)
    of_table = ROW_ID in duplicates.columns
    row, keeper = (ROW_ID, KEEPER_ROW_ID) if of_table else ("id", "keeper_id")
    return duplicates.select(
        F.lit(number).alias("run"),
        F.col(row).alias("id"),
        keeper_run.alias("keeper_run"),
        F.col(keeper).alias("keeper_id"),
        "similarity",
    )


def _texts_of(
    run: RunContext, known: DataFrame, names: Mapping[str, str]
) -> Callable[[DataFrame], DataFrame]:
    """Look texts up in a run's corpus; none when it is gone."""

    def lookup(involved: DataFrame) -> DataFrame:
        numbers = known.select(F.col("id").alias("known"), F.col(GIVEN_ID).alias("given"))
        wanted = numbers.join(F.broadcast(involved), F.col("known") == involved["id"])
        wanted = wanted.select("known", "given")
        if read_manifest(run.folder("corpus")) is None:
            nothing = F.lit(None).cast("string").alias("text")
            return wanted.select(F.col("known").alias("id"), nothing).where(F.lit(False))
        corpus, _ = run.read("corpus", "publish")
        texts = corpus.select(
            F.col(f"`{names['id']}`").alias("name"), F.col(f"`{names['text']}`").alias("text")
        )
        found = texts.join(F.broadcast(wanted), F.col("name") == F.col("given"))
        return found.select(F.col("known").alias("id"), "text")

    return lookup


def _union(frames: Sequence[DataFrame]) -> DataFrame:
    total = frames[0]
    for frame in frames[1:]:
        total = total.unionByName(frame)
    return total

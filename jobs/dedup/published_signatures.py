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

from jobs.dedup.settings import DedupSettings
from jobs.dedup.signature_rows import SignatureRows, of_files
from jobs.dedup.signatures import SIGNATURE_OPTIONS, TABLE_OPTIONS
from jobs.runtime.contract.chunks import Division
from jobs.runtime.contract.driver_tables import dataset_table, table_chunk
from jobs.runtime.contract.manifest import (
    PublishedFile,
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

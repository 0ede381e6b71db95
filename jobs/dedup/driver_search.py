"""The search on the driver, for corpora whose signatures fit there: few Spark jobs, same result."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from jobs.dedup.components import collect_arrow
from jobs.dedup.known_documents import KnownDocuments
from jobs.dedup.settings import DedupSettings
from jobs.dedup.settle_doubtful import involved_sets, require_settleable
from jobs.dedup.signature_rows import SignatureRows
from jobs.dedup.work_folder import WorkFolder
from udfs.dedup import search
from udfs.dedup.signatures import SHINGLE_SET_SCHEMA, shingle_sets


def search_on_driver(
    documents: DataFrame,
    signatures: SignatureRows,
    settings: DedupSettings,
    work: WorkFolder,
    known: KnownDocuments | None,
) -> DataFrame:
    """Find duplicates in signatures that fit into memory.

    Args:
        documents: id, text; read again for the involved documents only.
        signatures: Of all documents, known ones included.
        settings: What counts as a duplicate.
        work: Gets ``exact``, ``screening``, ``sets`` and ``duplicates``.
        known: Documents of earlier runs.

    Returns:
        The sub-stage ``duplicates``.
    """
    plan = settings.leader_plan
    removed = None if known is None else collect_arrow(known.removed)
    hashes = ["id", "order_key", "text_hash_high", "text_hash_low"]
    exact = work.table_stage("exact", lambda: search.find_exact(signatures.table(hashes)))
    compared = ["id", "order_key", "band_keys", "sketch"]
    screening = work.table_stage(
        "screening",
        lambda: search.screen_signatures(
            signatures.table(compared), exact, plan, settings.telling_bands, removed
        ),
    )
    sets = SHINGLE_SET_SCHEMA.empty_table()
    involved = screening.column("keeper_id").null_count
    if involved:
        rows = work.rows("screening")
        work.sub_stage("sets", lambda: involved_sets(rows, involved, documents, settings, known))
        sets = work.table("sets")
    near = search.settle_screening(screening, sets, plan)
    work.table_stage("duplicates", lambda: search.combine(exact, near, removed))
    return work.rows("duplicates")


def search_tables(documents: pa.Table, signatures: pa.Table, settings: DedupSettings) -> pa.Table:
    """Find duplicates without Spark, for documents that are in memory anyway.

    Args:
        documents: id, text.
        signatures: ``SIGNATURE_SCHEMA`` of all of them.
        settings: What counts as a duplicate.

    Returns:
        ``udfs.dedup.search.DUPLICATE_SCHEMA``.

    Raises:
        StageError: More documents are in doubt than ``max_settled_documents``.
    """
    plan = settings.leader_plan
    exact = search.find_exact(signatures)
    screening = search.screen_signatures(signatures, exact, plan, settings.telling_bands)
    doubtful = screening.filter(screening.column("keeper_id").is_null()).select(["root", "id"])
    require_settleable(doubtful.num_rows, settings)
    places = pc.index_in(doubtful.column("id"), value_set=documents.column("id").combine_chunks())
    rows = doubtful.append_column("text", documents.column("text").take(places))
    sets = shingle_sets(rows.combine_chunks().to_batches(), settings.shingle_plan)
    near = search.settle_screening(screening, pa.Table.from_batches(sets, SHINGLE_SET_SCHEMA), plan)
    return search.combine(exact, near)

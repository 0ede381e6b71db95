"""The search on the driver, for corpora whose signatures fit there: few Spark jobs, same result."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from jobs.dedup.settings import DedupSettings
from jobs.dedup.signature_rows import SignatureRows
from jobs.dedup.work_folder import WorkFolder
from udfs.dedup import search
from udfs.dedup.signatures import SHINGLE_SET_SCHEMA


def search_on_driver(
    signatures: SignatureRows,
    settings: DedupSettings,
    work: WorkFolder,
    look_up: Callable[[pa.Table], pa.Table],
    removed: pa.Table | None = None,
) -> pa.Table:
    """Find duplicates in signatures that fit into memory.

    Args:
        signatures: Of all documents, known ones included.
        settings: What counts as a duplicate.
        work: Gets ``exact``, ``screening``, what ``look_up`` keeps and ``duplicates``.
        look_up: Given root and id of the involved documents, reads their texts again and returns their
            shingle sets: ``SHINGLE_SET_SCHEMA``.
        removed: What earlier runs removed, of ``known.removed``; None without such runs.

    Returns:
        The sub-stage ``duplicates``.
    """
    plan = settings.leader_plan
    hashes = ["id", "order_key", "text_hash_high", "text_hash_low"]
    exact = work.table_stage("exact", lambda: search.find_exact(signatures.table(hashes)))
    compared = ["id", "order_key", "band_keys", "sketch"]
    screening = work.table_stage(
        "screening",
        lambda: search.screen_signatures(
            signatures.table(compared), exact, plan, settings.telling_bands, removed
        ),
    )
    involved = screening.filter(screening.column("keeper_id").is_null()).select(["root", "id"])
    sets = look_up(involved) if len(involved) else SHINGLE_SET_SCHEMA.empty_table()
    near = search.settle_screening(screening, sets, plan)
    return work.table_stage("duplicates", lambda: search.combine(exact, near, removed))

"""The search on the driver, for corpora whose signatures fit there: few Spark jobs, same result."""

from __future__ import annotations

from pyspark.sql import DataFrame

from jobs.dedup.settings import DedupSettings
from jobs.dedup.settle_doubtful import involved_sets
from jobs.dedup.work_folder import WorkFolder
from udfs import duplicate_search
from udfs.document_signatures import SHINGLE_SET_SCHEMA


def search_on_driver(documents: DataFrame, settings: DedupSettings, work: WorkFolder) -> DataFrame:
    """Find duplicates from the finished sub-stage ``signatures``.

    Args:
        documents: id, text; read again for the involved documents only.
        settings: What counts as a duplicate.
        work: Holds ``signatures``; gets ``exact``, ``screening``, ``sets`` and ``duplicates``.

    Returns:
        The sub-stage ``duplicates``.
    """
    plan = settings.leader_plan
    hashes = ["id", "order_key", "text_hash_high", "text_hash_low"]
    exact = work.table_stage(
        "exact", lambda: duplicate_search.find_exact(work.table("signatures", hashes))
    )
    compared = ["id", "order_key", "band_keys", "sketch"]
    screening = work.table_stage(
        "screening",
        lambda: duplicate_search.screen_signatures(
            work.table("signatures", compared), exact, plan, settings.telling_bands
        ),
    )
    sets = SHINGLE_SET_SCHEMA.empty_table()
    involved = screening.column("keeper_id").null_count
    if involved:
        work.sub_stage(
            "sets", lambda: involved_sets(work.rows("screening"), involved, documents, settings)
        )
        sets = work.table("sets")
    near = duplicate_search.settle_screening(screening, sets, plan)
    work.table_stage("duplicates", lambda: duplicate_search.combine(exact, near))
    return work.rows("duplicates")

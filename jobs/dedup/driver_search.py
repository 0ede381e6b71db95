"""The search on the driver, for corpora whose signatures fit there: few Spark jobs, same result."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from jobs.dedup.settings import DedupSettings
from jobs.dedup.settle_doubtful import require_settleable
from jobs.dedup.signature_rows import ReadColumns
from jobs.dedup.touched_documents import TouchedDocuments
from udfs.dedup import search
from udfs.dedup.signatures import SHINGLE_SET_SCHEMA, shingle_sets

KeepTable = Callable[[str, Callable[[], pa.Table]], pa.Table]


def search_on_driver(
    signatures: ReadColumns,
    settings: DedupSettings,
    keep: KeepTable,
    look_up: Callable[[pa.Table], pa.Table],
    removed: pa.Table | None = None,
) -> pa.Table:
    """Find duplicates in signatures that fit into memory.

    Args:
        signatures: Reads columns of all documents, known ones included.
        settings: What counts as a duplicate.
        keep: Gets ``exact``, ``screening`` and ``duplicates``, each as a function that makes it, and
            returns what that makes or made before.
        look_up: Given root and id of the involved documents, reads their texts again and returns their
            shingle sets: ``SHINGLE_SET_SCHEMA``.
        removed: What earlier runs removed, of ``known.removed``; None without such runs.

    Returns:
        What ``duplicates`` holds: ``udfs.dedup.search.DUPLICATE_SCHEMA``.
    """
    plan = settings.leader_plan
    hashes = ["id", "order_key", "text_hash_high", "text_hash_low"]
    exact = keep("exact", lambda: search.find_exact(signatures(hashes), removed))
    compared = ["id", "order_key", "band_keys", "sketch"]
    screening = keep(
        "screening",
        lambda: search.screen_signatures(
            signatures(compared), exact, plan, settings.telling_bands, removed
        ),
    )
    involved = screening.filter(screening.column("keeper_id").is_null()).select(["root", "id"])
    sets = look_up(involved) if len(involved) else SHINGLE_SET_SCHEMA.empty_table()
    near = search.settle_screening(screening, sets, plan)
    return keep("duplicates", lambda: search.combine(exact, near, removed))


def search_tables(
    documents: pa.Table,
    signatures: pa.Table,
    settings: DedupSettings,
    touched: TouchedDocuments | None = None,
) -> pa.Table:
    """Find duplicates among documents that are in memory anyway; nothing is kept on the way.

    Args:
        documents: id, text.
        signatures: ``SIGNATURE_SCHEMA`` of all of them.
        settings: What counts as a duplicate.
        touched: Documents of earlier runs, where there are any.

    Returns:
        ``udfs.dedup.search.DUPLICATE_SCHEMA``.

    Raises:
        StageError: More documents are in doubt than ``max_settled_documents``.
    """

    def look_up(doubtful: pa.Table) -> pa.Table:
        require_settleable(len(doubtful), settings)
        ids, roots = doubtful.column("id").combine_chunks(), doubtful.column("root")
        sets: list[pa.RecordBatch] = []

        def shingle(texts: pa.Table) -> None:
            places = pc.index_in(texts.column("id"), value_set=ids)
            rows = texts.append_column("root", roots.take(places))
            sets.extend(shingle_sets(rows.combine_chunks().to_batches(), settings.shingle_plan))

        ours = pc.is_in(documents.column("id"), value_set=ids)
        shingle(documents.select(["id", "text"]).filter(ours))
        if touched is not None:
            touched.each_text(doubtful.column("id"), shingle)
        return pa.Table.from_batches(sets, SHINGLE_SET_SCHEMA)

    read, removed = signatures.select, None
    if touched is not None:
        read, removed = touched.beside(read), touched.removed
    return search_on_driver(read, settings, lambda _, build: build(), look_up, removed)

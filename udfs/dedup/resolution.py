"""Resolving components one by one: which documents leave, and in favour of which.

Rows arrive sorted by component, so that a component is complete before it is resolved; what has to
be held in memory is one component, or ``BLOCK_ROWS`` rows of small ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from udfs.columns.string_views import string_views
from udfs.dedup.leader_clusters import NO_LEADER, Components, Limits, follow_first, screen, settle
from udfs.dedup.shingles import Shingles
from udfs.dedup.similarity import compare_sketches, estimated_similarity

BLOCK_ROWS: Final = 1 << 15

SCREENING_SCHEMA: Final = pa.schema(
    [
        ("root", pa.int64()),
        ("node", pa.int64()),
        ("id", pa.int64()),
        ("keeper_id", pa.int64()),  # of a removed document; null: the document is still involved
        ("similarity", pa.float64()),
        ("sketch", pa.binary()),
        ("hubs", pa.list_(pa.int64())),
    ]
)
REMOVAL_SCHEMA: Final = pa.schema(
    [("id", pa.int64()), ("keeper_id", pa.int64()), ("similarity", pa.float64())]
)


@dataclass(frozen=True)
class LeaderPlan:
    """When two documents are similar. Unverified: whenever they are in one component."""

    verified: bool
    threshold: float
    limits: Limits


def screen_components(
    batches: Iterable[pa.RecordBatch], plan: LeaderPlan
) -> Iterator[pa.RecordBatch]:
    """Decide what sketches can decide (for ``mapInArrow``).

    Args:
        batches: root int64, node int64, id int64, sketch binary, hubs list<int64>; sorted by
            root, node, id; all rows of a root in one partition. A negative node: a document that an
            earlier run kept.
        plan: The limits.

    Yields:
        Batches of ``SCREENING_SCHEMA``: the removed and the involved documents.
    """
    for block in whole_components(batches):
        components = _components(block)
        found = screen(components, plan.limits) if plan.verified else follow_first(components)
        places = components.sketches.shape[1]
        removed = np.flatnonzero(found.leader != NO_LEADER)
        similarity = estimated_similarity(found.equal[removed], places)
        yield _removed_batch(block, removed, found.leader[removed], similarity)
        yield _involved_batch(block, found.involved)


def settle_components(
    batches: Iterable[pa.RecordBatch], plan: LeaderPlan
) -> Iterator[pa.RecordBatch]:
    """Decide among the involved documents, with their shingle sets (for ``mapInArrow``).

    Args:
        batches: root, node, id int64, sketch binary, hubs list<int64>, set binary; sorted by root,
            node, id. Each document has two rows: one of the screening, and one with root, id and
            the set of ``shingle_sets`` only; the second is absent where the text is out of reach.
        plan: The limits and the threshold.

    Yields:
        Batches of ``REMOVAL_SCHEMA``.
    """
    for block in whole_components(batches):
        is_set = block.column("set").is_valid()
        documents = block.filter(pc.invert(is_set))
        components = _components(documents)
        leader, similarity = settle(
            components, plan.limits, _sets(documents, block.filter(is_set)), plan.threshold
        )
        removed = np.flatnonzero(leader != NO_LEADER)
        rows = components.sketches
        estimate = estimated_similarity(
            compare_sketches(rows[removed], rows[leader[removed]]), rows.shape[1]
        )
        exact = similarity[removed]
        columns = _removal_columns(documents, removed, leader[removed])
        columns.append(pa.array(np.where(np.isnan(exact), estimate, exact)))
        yield pa.record_batch(columns, schema=REMOVAL_SCHEMA)


def whole_components(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Regroup batches sorted by ``root`` so that no component is cut."""
    held: list[pa.RecordBatch] = []
    rows = 0
    wanted = BLOCK_ROWS
    for batch in batches:
        held.append(batch)
        rows += len(batch)
        if rows < wanted:
            continue
        table = pa.Table.from_batches(held).combine_chunks()
        roots = table.column("root").to_numpy()
        cut = int(np.flatnonzero(roots == roots[-1])[0])
        if cut:
            yield table.slice(0, cut)
        held = table.slice(cut).to_batches()
        rows -= cut
        wanted = max(BLOCK_ROWS, 2 * rows)  # doubling: a giant component is not copied each time
    if rows:
        yield pa.Table.from_batches(held).combine_chunks()


def _components(block: pa.Table) -> Components:
    roots = block.column("root").to_numpy()
    begins = np.flatnonzero(np.diff(roots, prepend=roots[:1] - 1))
    offsets = np.append(begins, len(roots)).astype(np.int64)
    rows = string_views(block.column("sketch")).data.reshape(len(roots), -1)
    neighbours, neighbour_offsets = _neighbour_rows(block)
    fixed = block.column("node").to_numpy() < 0
    return Components(rows, offsets, neighbours, neighbour_offsets, fixed)


def _neighbour_rows(block: pa.Table) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Row numbers of each document's hubs that are in the block, and where each one's begin."""
    nodes = block.column("node").to_numpy()
    lists = block.column("hubs").combine_chunks()
    hubs = lists.flatten().to_numpy()
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    owner = np.repeat(np.arange(len(nodes)), lengths)
    order = np.argsort(nodes, kind="stable")
    places = np.minimum(np.searchsorted(nodes, hubs, sorter=order), len(nodes) - 1)
    rows = order[places]
    there = nodes[rows] == hubs  # a hub that was removed is not among the involved documents
    offsets = np.zeros(len(nodes) + 1, np.int64)
    np.cumsum(np.bincount(owner[there], minlength=len(nodes)), out=offsets[1:])
    return rows[there].astype(np.int64), offsets


def _sets(documents: pa.Table, sets: pa.Table) -> Shingles:
    """The sets in the order of the documents; empty for a document that has none."""
    places = pc.index_in(documents.column("id"), sets.column("id").combine_chunks())
    views = string_views(sets.column("set").cast(pa.large_binary()).take(places))
    return Shingles(views.data.view("<u4"), views.offsets // 4)


def _removed_batch(
    block: pa.Table,
    removed: npt.NDArray[np.int64],
    leader: npt.NDArray[np.int64],
    similarity: npt.NDArray[np.float64],
) -> pa.RecordBatch:
    ids, keepers = _removal_columns(block, removed, leader)
    nothing = [pa.nulls(len(removed), SCREENING_SCHEMA.field(i).type) for i in (0, 1, 5, 6)]
    columns = [*nothing[:2], ids, keepers, pa.array(similarity), *nothing[2:]]
    return pa.record_batch(columns, schema=SCREENING_SCHEMA)


def _involved_batch(block: pa.Table, involved: npt.NDArray[np.bool_]) -> pa.RecordBatch:
    rows = block.filter(pa.array(involved)).combine_chunks()
    columns = {name: rows.column(name).combine_chunks() for name in rows.column_names}
    columns["keeper_id"] = pa.nulls(len(rows), pa.int64())
    columns["similarity"] = pa.nulls(len(rows), pa.float64())
    arrays = [columns[field.name].cast(field.type) for field in SCREENING_SCHEMA]
    return pa.record_batch(arrays, schema=SCREENING_SCHEMA)


def _removal_columns(
    table: pa.Table, removed: npt.NDArray[np.int64], leader: npt.NDArray[np.int64]
) -> list[pa.Array]:
    ids = table.column("id").combine_chunks()
    return [ids.take(pa.array(removed)), ids.take(pa.array(leader))]

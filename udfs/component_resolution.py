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

from udfs.arrow_columns import string_views
from udfs.leader_clusters import LeaderPairs, pair_with_leaders, pair_with_root, settle_open
from udfs.set_similarity import estimated_similarity, exact_similarity
from udfs.shingle_hashes import Shingles

BLOCK_ROWS: Final = 1 << 15
OPEN_PAIR: Final = 0  # similarity decides
SURE_PAIR: Final = 1  # similar; whether the leader stays is still open
REMOVAL: Final = 2

PAIR_SCHEMA: Final = pa.schema(
    [
        ("root", pa.int64()),
        ("node", pa.int64()),
        ("leader", pa.int64()),
        ("id", pa.int64()),
        ("leader_id", pa.int64()),
        ("similarity", pa.float64()),
        ("verdict", pa.int8()),
    ]
)
REMOVAL_SCHEMA: Final = pa.schema(
    [("id", pa.int64()), ("keeper_id", pa.int64()), ("similarity", pa.float64())]
)


@dataclass(frozen=True)
class LeaderPlan:
    """When sketches speak for themselves, in equal bytes; see ``pair_with_leaders``."""

    verified: bool
    surely_equal: int
    possibly_equal: int
    leader_limit: int


def pair_components(
    batches: Iterable[pa.RecordBatch], plan: LeaderPlan
) -> Iterator[pa.RecordBatch]:
    """Compare the documents of each component (for ``mapInArrow``).

    Args:
        batches: root int64, node int64, id int64, sketch binary, hubs list<int64>; sorted by
            root, node, id; all rows of a root in one partition.
        plan: The limits. Unverified, every document leaves in favour of its component's first.

    Yields:
        Batches of ``PAIR_SCHEMA``.
    """
    for block in whole_components(batches):
        yield _pair_block(block, plan)


def settle_components(
    batches: Iterable[pa.RecordBatch], threshold: float
) -> Iterator[pa.RecordBatch]:
    """Decide the pairs that sketches left open (for ``mapInArrow``).

    Args:
        batches: ``PAIR_SCHEMA`` and a column set binary. A row with a set is a document: its id
            and the shingle hashes of ``shingle_sets``; the others are pairs. Sorted by root.
        threshold: Jaccard similarity from which on a document leaves.

    Yields:
        Batches of ``REMOVAL_SCHEMA``.
    """
    for block in whole_components(batches):
        is_set = block.column("set").is_valid()
        pairs = block.filter(pc.invert(is_set))
        yield _settle_block(pairs.sort_by(_PAIR_ORDER), block.filter(is_set), threshold)


_PAIR_ORDER: Final = [(name, "ascending") for name in ("node", "leader", "id", "leader_id")]


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


def _pair_block(block: pa.Table, plan: LeaderPlan) -> pa.RecordBatch:
    roots = block.column("root").to_numpy()
    begins = np.flatnonzero(np.diff(roots, prepend=roots[:1] - 1))
    offsets = np.append(begins, len(roots)).astype(np.int64)
    rows = string_views(block.column("sketch")).data.reshape(len(roots), -1)
    if plan.verified:
        neighbours, neighbour_offsets = _neighbour_rows(block)
        pairs = pair_with_leaders(
            rows,
            offsets,
            neighbours,
            neighbour_offsets,
            surely_equal=plan.surely_equal,
            possibly_equal=plan.possibly_equal,
            leader_limit=plan.leader_limit,
        )
    else:
        pairs = pair_with_root(rows, offsets)
    return _pair_batch(block, pairs, rows.shape[1], plan)


def _neighbour_rows(block: pa.Table) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Row numbers of each document's hubs, and where those of each document begin."""
    nodes = block.column("node").to_numpy()
    lists = block.column("hubs").combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    offsets = np.zeros(len(nodes) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    order = np.argsort(nodes, kind="stable")
    places = np.searchsorted(nodes, lists.flatten().to_numpy(), sorter=order)
    return order[places].astype(np.int64), offsets


def _pair_batch(
    block: pa.Table, pairs: LeaderPairs, places: int, plan: LeaderPlan
) -> pa.RecordBatch:
    member, leader = pa.array(pairs.member), pa.array(pairs.leader)
    sure = np.where(pairs.equal >= plan.surely_equal, SURE_PAIR, OPEN_PAIR)
    verdict = np.where(pairs.decided != 0, REMOVAL, sure)
    columns = [
        _take(block, "root", member),
        _take(block, "node", member),
        _take(block, "node", leader),
        _take(block, "id", member),
        _take(block, "id", leader),
        pa.array(estimated_similarity(pairs.equal, places)),
        pa.array(verdict.astype(np.int8)),
    ]
    return pa.record_batch(columns, schema=PAIR_SCHEMA)


def _settle_block(pairs: pa.Table, documents: pa.Table, threshold: float) -> pa.RecordBatch:
    ids = documents.column("id").to_numpy()
    order = np.argsort(ids)
    similarity = pairs.column("similarity").to_numpy().copy()
    is_open = pairs.column("verdict").to_numpy() == OPEN_PAIR
    opened = pairs.filter(pa.array(is_open))
    sides = [
        _sets_of(
            documents, order[np.searchsorted(ids, opened.column(name).to_numpy(), sorter=order)]
        )
        for name in ("id", "leader_id")
    ]
    similarity[is_open] = exact_similarity(sides[0], sides[1])
    similar = np.flatnonzero(~is_open | (similarity >= threshold))
    chosen = similar[
        settle_open(
            pairs.column("node").to_numpy()[similar], pairs.column("leader").to_numpy()[similar]
        )
    ]
    places = pa.array(chosen)
    columns = [_take(pairs, "id", places), _take(pairs, "leader_id", places)]
    return pa.record_batch([*columns, pa.array(similarity[chosen])], schema=REMOVAL_SCHEMA)


def _sets_of(documents: pa.Table, rows: npt.NDArray[np.int64]) -> Shingles:
    views = string_views(documents.column("set").take(pa.array(rows)))
    return Shingles(views.data.view("<u4"), views.offsets // 4)


def _take(table: pa.Table, name: str, places: pa.Array) -> pa.Array:
    return table.column(name).take(places).combine_chunks()

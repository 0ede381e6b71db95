"""The search for duplicates over signatures held in memory: for corpora of up to a few million.

The same rules as the DataFrame sub-stages of ``jobs/dedup``, with the same results, without their
ten Spark jobs: for a hundred thousand documents that is one second instead of fifteen. Some 800
bytes a document are needed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from udfs.columns.sorted_integers import are_among, distinct_integers
from udfs.columns.string_views import string_views
from udfs.dedup.components import component_roots
from udfs.dedup.resolution import (
    REMOVAL_SCHEMA,
    SCREENING_SCHEMA,
    LeaderPlan,
    screen_components,
    settle_components,
)
from udfs.dedup.similarity import compare_sketches

EXACT_SCHEMA = pa.schema([("id", pa.int64()), ("keeper_id", pa.int64())])
DUPLICATE_SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("keeper_id", pa.int64()),
        ("similarity", pa.float64()),
        ("kind", pa.string()),
        ("cluster_id", pa.int64()),
        ("cluster_size", pa.int64()),
        ("n_exact", pa.int64()),
    ]
)
_COMPARED_AT_ONCE = 1 << 16  # edges; their sketches are copied


class Edges(NamedTuple):
    """Links of row numbers: the hub is preferred; ``bands``: in how many buckets it is the hub."""

    hub: npt.NDArray[np.int64]
    node: npt.NDArray[np.int64]
    bands: npt.NDArray[np.int64]


def find_exact(signatures: pa.Table, removed: pa.Table | None = None) -> pa.Table:
    """Find all but the preferred document of each group of equal normalised texts.

    Args:
        signatures: id, order_key, text_hash_high, text_hash_low.
        removed: id of documents that earlier runs removed: of copies one that they kept comes first, and
            any of theirs, with an order key below zero, before new ones.

    Returns:
        ``EXACT_SCHEMA``.
    """
    known = signatures.filter(signatures.column("text_hash_high").is_valid())
    high, low, key, ids = (
        known.column(name).to_numpy()
        for name in ("text_hash_high", "text_hash_low", "order_key", "id")
    )
    gone = np.zeros(len(ids), np.bool_)
    if removed is not None:
        gone = are_among(ids, np.sort(removed.column("id").to_numpy()))
    order = np.lexsort((ids, key, gone, key >= 0, low, high))
    new = np.ones(len(order), np.bool_)
    new[1:] = (np.diff(high[order]) != 0) | (np.diff(low[order]) != 0)
    first = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
    removed = order[~new]
    keeper = order[first[~new]]
    return pa.table([ids[removed], ids[keeper]], schema=EXACT_SCHEMA)


def screen_signatures(
    signatures: pa.Table,
    exact: pa.Table,
    plan: LeaderPlan,
    telling_bands: int,
    known: pa.Table | None = None,
) -> pa.Table:
    """Go from signatures to the screening of components.

    Args:
        signatures: id, order_key, band_keys, sketch.
        exact: ``find_exact``; these documents are left out.
        plan: When two documents are similar.
        telling_bands: From this many common bands on, a pair needs no look at its sketches.
        known: ``REMOVAL_SCHEMA``; what earlier runs removed. These documents link others and are not
            looked at themselves.

    Returns:
        ``SCREENING_SCHEMA``.
    """
    # Rebound, so that a caller who keeps no reference holds two copies at most.
    signatures = comparable(signatures, exact)
    rows = signatures.combine_chunks()
    del signatures
    if not len(rows):
        return SCREENING_SCHEMA.empty_table()
    key = rows.column("order_key").to_numpy()
    edges = verified_edges(rows, plan, telling_bands)
    block = _component_rows(rows, key, edges)
    if known is not None:
        gone = pc.is_in(block.column("id"), known.column("id").combine_chunks())
        block = block.filter(pc.invert(gone)).combine_chunks()
    batches = block.to_batches(max_chunksize=len(block) or None)
    return pa.Table.from_batches(screen_components(batches, plan), SCREENING_SCHEMA)


def comparable(signatures: pa.Table, exact: pa.Table) -> pa.Table:
    """Return the signatures with something to compare, without exact copies of preferred documents."""
    copies = pc.is_in(signatures.column("id"), exact.column("id").combine_chunks())
    return signatures.filter(pc.and_(signatures.column("sketch").is_valid(), pc.invert(copies)))


def verified_edges(rows: pa.Table, plan: LeaderPlan, telling_bands: int) -> Edges:
    """Link documents that share a bucket, unless their sketches say that they are not alike.

    Args:
        rows: order_key, band_keys, sketch, each column in one piece; at least one ``comparable`` row.
        plan: When two documents are similar.
        telling_bands: From this many common bands on, a pair needs no look at its sketches.
    """
    key = rows.column("order_key").to_numpy()
    sketches = string_views(rows.column("sketch")).data.reshape(len(rows), -1)
    keys = pc.list_flatten(rows.column("band_keys")).to_numpy().reshape(len(rows), -1)
    edges = band_edges(keys, key)
    if not plan.verified:
        return edges
    return _possible_edges(edges, sketches, plan.limits.possibly_equal, telling_bands)


def settle_screening(screening: pa.Table, sets: pa.Table, plan: LeaderPlan) -> pa.Table:
    """Decide the involved documents of a screening: ``REMOVAL_SCHEMA``, sure removals included.

    Args:
        screening: ``SCREENING_SCHEMA``.
        sets: root, id, set binary; the shingle sets of the involved documents.
        plan: As for the screening.
    """
    removals = screening.filter(screening.column("keeper_id").is_valid())
    removals = removals.select(["id", "keeper_id", "similarity"])
    involved = screening.filter(screening.column("keeper_id").is_null())
    involved = involved.drop_columns(["keeper_id", "similarity"])
    both = pa.concat_tables([involved, sets], promote_options="default")
    both = both.sort_by([("root", "ascending"), ("node", "ascending"), ("id", "ascending")])
    settled = settle_components(both.combine_chunks().to_batches(), plan)
    return pa.concat_tables([removals, *(pa.Table.from_batches([batch]) for batch in settled)])


def combine(exact: pa.Table, near: pa.Table, known: pa.Table | None = None) -> pa.Table:
    """One row a removed document; a copy of a removed document goes to that one's keeper.

    Args:
        exact: ``EXACT_SCHEMA``.
        near: ``REMOVAL_SCHEMA``.
        known: ``REMOVAL_SCHEMA``; what earlier runs removed, whose documents have ids below zero. It counts
            in the sizes and is not returned; given, exact copies among the known documents are not
            returned either.

    Returns:
        ``DUPLICATE_SCHEMA``.
    """
    groups, copies = np.unique(exact.column("keeper_id").to_numpy(), return_counts=True)
    if known is not None:
        exact = exact.filter(pc.greater_equal(exact.column("id"), 0))
        removed = known.select(REMOVAL_SCHEMA.names).cast(REMOVAL_SCHEMA)
        near = pa.concat_tables([near, removed])
    near_id, near_keeper, near_similarity = (column.to_numpy() for column in near.columns)
    exact_id, keeper = exact.column("id").to_numpy(), exact.column("keeper_id").to_numpy().copy()
    copies_of = np.concatenate([near_id, keeper])
    order = np.argsort(near_id)
    places = np.searchsorted(near_id, keeper, sorter=order)
    moved = places < len(order)
    moved[moved] = near_id[order[places[moved]]] == keeper[moved]
    targets = order[places[moved]]
    keeper[moved] = near_keeper[targets]
    similarity = np.ones(len(keeper))
    similarity[moved] = near_similarity[targets]
    keepers = np.concatenate([near_keeper, keeper])
    _, cluster, followers = np.unique(keepers, return_inverse=True, return_counts=True)
    is_exact = np.append(np.zeros(len(near_id), np.bool_), ~moved)
    columns = [
        np.concatenate([near_id, exact_id]),
        keepers,
        np.concatenate([near_similarity, similarity]),
        np.where(is_exact, "exact", "near"),
        keepers,
        followers[cluster] + 1,
        _copies_of(copies_of, groups, copies) + 1,
    ]
    table = pa.table([pa.array(column) for column in columns], schema=DUPLICATE_SCHEMA)
    if known is not None:
        table = table.filter(pc.greater_equal(table.column("id"), 0))
    return table.sort_by("id")


def _copies_of(
    ids: npt.NDArray[np.int64], groups: npt.NDArray[np.int64], copies: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """How many exact copies each document has: int64[ids]; ``groups`` ascend."""
    if not len(groups):
        return np.zeros(len(ids), np.int64)
    places = np.minimum(np.searchsorted(groups, ids), len(groups) - 1)
    return np.where(groups[places] == ids, copies[places], 0)


def band_edges(keys: npt.NDArray[np.int64], order_key: npt.NDArray[np.int64]) -> Edges:
    """Link each document of a bucket to the bucket's preferred document.

    Args:
        keys: int64[documents, bands]; a bucket is a band and a key.
        order_key: int64[documents]; rows with equal ones are told apart by their place.
    """
    count = len(keys)
    preference = np.argsort(order_key, kind="stable")
    found: list[npt.NDArray[np.int64]] = []
    for band in range(keys.shape[1]):  # one at a time: all keys sorted at once take 500 bytes a row
        # In the order of preference, a stable sort by key puts a bucket's preferred row first.
        column = keys[preference, band]
        order = np.argsort(column, kind="stable")
        column = column[order]
        member = np.flatnonzero(column[1:] == column[:-1]) + 1
        new = np.ones(count, np.bool_)
        new[member] = False
        first = np.maximum.accumulate(np.where(new, np.arange(count), 0))
        found.append(order[first[member]] * count + order[member])
    pairs, number = np.unique(np.concatenate(found), return_counts=True)
    return Edges(preference[pairs // count], preference[pairs % count], number)


def _possible_edges(
    edges: Edges, sketches: npt.NDArray[np.uint8], least_equal: int, telling_bands: int
) -> Edges:
    wanted = edges.bands >= telling_bands
    doubtful = np.flatnonzero(~wanted)
    for start in range(0, len(doubtful), _COMPARED_AT_ONCE):
        part = doubtful[start : start + _COMPARED_AT_ONCE]
        equal = compare_sketches(sketches[edges.hub[part]], sketches[edges.node[part]])
        wanted[part] = equal >= least_equal
    return Edges(edges.hub[wanted], edges.node[wanted], edges.bands[wanted])


def _component_rows(rows: pa.Table, key: npt.NDArray[np.int64], edges: Edges) -> pa.Table:
    """The input of ``screen_components``: documents with an edge, by component and preference."""
    nodes, roots = component_roots(key[edges.hub], key[edges.node])
    linked = distinct_integers(np.concatenate([edges.hub, edges.node]))
    root = roots[np.searchsorted(nodes, key[linked])]
    ids = rows.column("id").to_numpy()[linked]
    order = np.lexsort((ids, key[linked], root))
    linked, root, ids = linked[order], root[order], ids[order]
    by_node = np.argsort(edges.node, kind="stable")
    ends = np.searchsorted(edges.node, linked, side="right", sorter=by_node)
    begins = np.searchsorted(edges.node, linked, side="left", sorter=by_node)
    lengths = ends - begins
    offsets = np.append(0, np.cumsum(lengths)).astype(np.int32)
    places = np.repeat(begins - offsets[:-1], lengths) + np.arange(offsets[-1])
    hubs = key[edges.hub[by_node[places]]]
    return pa.table(
        {
            "root": root,
            "node": key[linked],
            "id": ids,
            "sketch": rows.column("sketch").take(pa.array(linked)),
            "hubs": pa.ListArray.from_arrays(pa.array(offsets), pa.array(hubs)),
        }
    ).combine_chunks()

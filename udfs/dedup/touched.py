"""Which documents of earlier runs can matter to new ones, whatever the others are to each other.

A new document is compared with those of its component, and with equal texts. So what a search needs of
millions of earlier documents are those that share a band key or a text with a new one; of those that are
linked with a new one whoever shares a key with them; and so on until nobody is added. Each step is one pass
over keys where they lie. A search among these and the new ones has, in every component with a new document,
the same members, links and hubs as one among all: the keys of each member were asked for, so its buckets are
whole. Only where two different documents have one order key (``keep_order``: once in 10**9 documents) may a
search among all see more in a component, which it knows by these keys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from udfs.columns.sorted_integers import are_among, distinct_integers
from udfs.dedup.components import component_roots
from udfs.dedup.resolution import LeaderPlan
from udfs.dedup.search import comparable, find_exact, verified_edges

_ROOM: Final = 16  # places of a filter for each of its hashes: one in 16 of the others passes
_FILTER_BITS: Final = (10, 26)

Hashes = npt.NDArray[np.int64]


class Wanted(NamedTuple):
    """What makes a document wanted: band keys, first halves of text hashes; int64, ascending, each once."""

    keys: Hashes
    hashes: Hashes


class HashFilter:
    """Tells which of many hashes are among some; a table of flags passes over most of the others."""

    def __init__(self, ordered: Hashes) -> None:
        """Take int64 hashes, ascending, each once."""
        bits = int(np.clip((_ROOM * len(ordered)).bit_length(), *_FILTER_BITS))
        self._ordered = ordered
        self._shift = np.uint64(64 - bits)
        self._flags = np.zeros(1 << bits, np.bool_)
        self._flags[ordered.view(np.uint64) >> self._shift] = True

    def places(self, hashes: Hashes) -> npt.NDArray[np.int64]:
        """Return where those that are among the others stand: int64, ascending."""
        places = np.flatnonzero(self._flags[hashes.view(np.uint64) >> self._shift])
        return places[are_among(hashes[places], self._ordered)]


class WantedFilter:
    """Finds wanted documents among signatures."""

    def __init__(self, wanted: Wanted) -> None:
        """Take what makes a document wanted."""
        self._keys, self._hashes = map(HashFilter, wanted)

    def places(self, signatures: pa.Table) -> npt.NDArray[np.int64]:
        """Return the rows of wanted documents, int64, ascending.

        Args:
            signatures: text_hash_high, band_keys.
        """
        lists = signatures.column("band_keys").combine_chunks()
        keys = lists.flatten().to_numpy()
        ends = np.cumsum(pc.fill_null(pc.list_value_length(lists), 0).to_numpy())
        with_key = np.searchsorted(ends, self._keys.places(keys), side="right")
        hashes = signatures.column("text_hash_high").combine_chunks()
        known = np.flatnonzero(hashes.is_valid().to_numpy(zero_copy_only=False))
        with_text = known[self._hashes.places(hashes.drop_null().to_numpy())]
        return distinct_integers(np.concatenate([with_key, with_text]))


def touched_documents(
    new: pa.Table,
    look_up: Callable[[Wanted], pa.Table],
    removals: Callable[[Hashes], pa.Table],
    plan: LeaderPlan,
    telling_bands: int,
    most: int,
) -> pa.Table | None:
    """Gather the earlier documents that a search for duplicates of new ones has to look at.

    Args:
        new: ``SIGNATURE_SCHEMA`` of the new documents; order keys of 0 and more.
        look_up: Returns the earlier documents that are wanted, others too if it likes: the same columns and
            any further ones, ids and order keys below zero.
        removals: Returns which of some earlier documents, by ids that ascend, their runs removed: id.
        plan: When two documents are similar.
        telling_bands: As for ``screen_signatures``.
        most: Documents, new ones included, that may be held.

    Returns:
        Rows of ``look_up``, each once, by id; None: with the new ones they are more than ``most``.
    """
    asked = wanted = Wanted(_keys(new), _text_hashes(new))
    found, removed = look_up(wanted), None
    added = found
    while True:
        if len(new) + len(found) > most:
            return None
        gone = removals(np.sort(added.column("id").to_numpy())).select(["id"])
        removed = gone if removed is None else pa.concat_tables([removed, gone])
        linked = _linked(new, found, removed, plan, telling_bands)
        wanted = Wanted(
            _without(_keys(linked), asked.keys), _without(_text_hashes(added), asked.hashes)
        )
        if not len(wanted.keys) and not len(wanted.hashes):
            return found.sort_by("id")
        asked = Wanted(*map(_joined, asked, wanted))
        rows = look_up(wanted)
        added = rows.filter(pc.invert(_among(rows, found)))
        found = pa.concat_tables([found, added])


def _linked(
    new: pa.Table, found: pa.Table, removed: pa.Table, plan: LeaderPlan, telling_bands: int
) -> pa.Table:
    """The earlier documents in one component with a new one, as far as it is known."""
    both = pa.concat_tables([new, found.select(new.column_names)])
    rows = comparable(both, find_exact(both, removed)).combine_chunks()
    if not len(rows):
        return found.slice(0, 0)
    key = rows.column("order_key").to_numpy()
    edges = verified_edges(rows, plan, telling_bands)
    nodes, roots = component_roots(key[edges.hub], key[edges.node])
    with_new = are_among(roots, distinct_integers(roots[nodes >= 0]))
    keys = found.column("order_key").to_numpy()
    return found.filter(pa.array(are_among(keys, nodes[with_new])))


def _keys(signatures: pa.Table) -> Hashes:
    return distinct_integers(pc.list_flatten(signatures.column("band_keys")).to_numpy())


def _text_hashes(signatures: pa.Table) -> Hashes:
    return distinct_integers(signatures.column("text_hash_high").drop_null().to_numpy())


def _without(hashes: Hashes, ordered: Hashes) -> Hashes:
    return hashes[~are_among(hashes, ordered)]


def _joined(ordered: Hashes, others: Hashes) -> Hashes:
    return np.sort(np.concatenate([ordered, others]))


def _among(rows: pa.Table, found: pa.Table) -> pa.ChunkedArray:
    return pc.is_in(rows.column("id"), value_set=found.column("id").combine_chunks())

"""The search in memory, part by part, against plain Python."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.dedup.resolution import REMOVAL_SCHEMA
from udfs.dedup.search import EXACT_SCHEMA, band_edges, combine, find_exact


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.lists(st.integers(-2, 4), min_size=3, max_size=3)),
        min_size=1,
        max_size=12,
    )
)
def test_every_member_is_linked_to_the_preferred_one(
    documents: list[tuple[int, list[int]]],
) -> None:
    key = np.array([preference for preference, _ in documents], np.int64)
    keys = np.array([row for _, row in documents], np.int64)
    buckets = defaultdict(set)
    for row, (_, values) in enumerate(documents):
        for band, value in enumerate(values):
            buckets[band, value].add(row)
    expected: dict[tuple[int, int], int] = defaultdict(int)
    for members in buckets.values():
        hub = min(members, key=lambda row: (documents[row][0], row))
        for member in members - {hub}:
            expected[hub, member] += 1
    found = band_edges(keys, key)
    pairs = zip(found.hub.tolist(), found.node.tolist(), strict=True)
    assert dict(zip(pairs, found.bands.tolist(), strict=True)) == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([None, 1, 2]), st.integers(0, 1), st.integers(0, 2))))
def test_of_equal_hashes_the_preferred_stays(rows: list[tuple[int | None, int, int]]) -> None:
    ids = [100 - number for number in range(len(rows))]
    table = pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "order_key": pa.array([row[2] for row in rows], pa.int64()),
            "text_hash_high": pa.array([row[0] for row in rows], pa.int64()),
            "text_hash_low": pa.array([row[1] for row in rows], pa.int64()),
        }
    )
    groups = defaultdict(list)
    for identity, (high, low, key) in zip(ids, rows, strict=True):
        if high is not None:
            groups[high, low].append((key, identity))
    expected = {
        identity: min(group)[1] for group in groups.values() for _, identity in sorted(group)[1:]
    }
    found = find_exact(table)
    assert dict(zip(*(column.to_pylist() for column in found.columns), strict=True)) == expected


@pytest.mark.parametrize(("removed", "first"), [([], -3), ([-3], -2), ([-3, -2], -3)])
def test_a_copy_that_was_kept_comes_first_and_new_ones_last(removed: list[int], first: int) -> None:
    ids = [-3, -2, 4, 5]
    rows = pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "order_key": pa.array([-9, -8, 1, 2], pa.int64()),
            "text_hash_high": pa.array([7] * 4, pa.int64()),
            "text_hash_low": pa.array([7] * 4, pa.int64()),
        }
    )
    found = find_exact(rows, pa.table({"id": pa.array(removed, pa.int64())}))
    assert sorted(found["id"].to_pylist()) == sorted(set(ids) - {first})
    assert set(found["keeper_id"].to_pylist()) == {first}


def test_copies_of_the_removed_follow_to_their_keeper() -> None:
    exact = pa.table([[11, 12, 21], [10, 10, 20]], schema=EXACT_SCHEMA)
    near = pa.table([[10], [5], [0.8]], schema=REMOVAL_SCHEMA)
    rows = sorted(tuple(row.values()) for row in combine(exact, near).to_pylist())
    assert rows == [
        (10, 5, 0.8, "near", 5, 4, 3),
        (11, 5, 0.8, "near", 5, 4, 3),
        (12, 5, 0.8, "near", 5, 4, 3),
        (21, 20, 1.0, "exact", 20, 2, 2),
    ]


def test_nothing_makes_nothing() -> None:
    assert len(combine(EXACT_SCHEMA.empty_table(), REMOVAL_SCHEMA.empty_table())) == 0

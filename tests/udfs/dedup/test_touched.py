"""Among the documents that new ones touch the search finds what it finds among all."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import event, given, settings
from hypothesis import strategies as st

from udfs.dedup.leader_clusters import Limits
from udfs.dedup.resolution import REMOVAL_SCHEMA, LeaderPlan
from udfs.dedup.search import combine, find_exact, screen_signatures, settle_screening
from udfs.dedup.signatures import SHINGLE_SET_SCHEMA, SIGNATURE_SCHEMA
from udfs.dedup.touched import (
    HashFilter,
    Wanted,
    WantedFilter,
    touched_documents,
)

BANDS, PLACES = 3, 6
PLAN = LeaderPlan(verified=True, threshold=0.6, limits=Limits(6, 3, 4, 2))
UNVERIFIED = LeaderPlan(verified=False, threshold=0.6, limits=PLAN.limits)
TELLING = 3

# Few keys, texts and sketches, so that buckets, chains, copies and mere resemblance all occur.
DOCUMENT = st.tuples(
    st.integers(0, 40),  # order key
    st.one_of(st.none(), st.integers(0, 12)),  # text
    st.one_of(st.none(), st.tuples(*[st.integers(0, 9)] * BANDS)),
    st.tuples(*[st.integers(0, 1)] * PLACES),
)
DOCUMENTS = st.lists(DOCUMENT, max_size=14)
Documents = list[tuple[int, int | None, tuple[int, ...] | None, tuple[int, ...]]]


LOW = -(1 << 63)
RUN = 1 << 40  # ids of one earlier run


def signatures(documents: Documents, run: int | None = None) -> pa.Table:
    """Of new documents, or of those of an earlier run; no two order keys of one side are equal."""
    rows = [
        {
            "id": number if run is None else LOW + run * RUN + number,
            "order_key": 100 * order + number + (0 if run is None else LOW + 50 * (run - 1)),
            "text_hash_high": text,
            "text_hash_low": text,
            "band_keys": [] if keys is None else [key + 100 * band for band, key in enumerate(keys)],
            "sketch": None if keys is None else bytes(sketch),
        }
        for number, (order, text, keys, sketch) in enumerate(documents)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, SIGNATURE_SCHEMA)


def search(rows: pa.Table, plan: LeaderPlan, removed: pa.Table) -> pa.Table:
    exact = find_exact(rows, removed)
    screening = screen_signatures(rows, exact, plan, TELLING, removed)
    near = settle_screening(screening, SHINGLE_SET_SCHEMA.empty_table(), plan)
    return combine(exact, near, removed)


def removals(found: pa.Table, run: int) -> pa.Table:
    """What a run removed, as a later run sees it."""
    ids = (found.column(name).to_numpy() for name in ("id", "keeper_id"))
    known = [np.where(column < 0, column, LOW + run * RUN + column) for column in ids]
    return pa.table([*known, found.column("similarity")], schema=REMOVAL_SCHEMA)


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS, DOCUMENTS, DOCUMENTS, st.sampled_from([PLAN, UNVERIFIED]))
def test_a_search_among_the_touched_is_one_among_all(
    first: Documents, second: Documents, newer: Documents, plan: LeaderPlan
) -> None:
    old, removed = SIGNATURE_SCHEMA.empty_table(), REMOVAL_SCHEMA.empty_table()
    for run, documents in enumerate((first, second), 1):
        found = search(pa.concat_tables([signatures(documents), old]), plan, removed)
        removed = pa.concat_tables([removed, removals(found, run)])
        old = pa.concat_tables([old, signatures(documents, run)])
    new = signatures(newer)

    def look_up(wanted: Wanted) -> pa.Table:
        return old.take(pa.array(WantedFilter(wanted).places(old)))

    touched = touched_documents(new, look_up, lambda _: removed, plan, TELLING, 1000)
    assert touched is not None
    event("all are touched" if len(touched) == len(old) else "some are not")
    among_all = search(pa.concat_tables([new, old]), plan, removed)
    assert search(pa.concat_tables([new, touched]), plan, removed).equals(among_all)


def nobody(_: object) -> pa.Table:
    return REMOVAL_SCHEMA.empty_table()


def test_who_is_not_linked_is_not_followed() -> None:
    old = signatures(
        [
            (1, 1, (1, 1, 1), (0,) * 6),  # shares a bucket with the new one, and its sketch says no
            (2, 2, (1, 2, 2), (0,) * 6),
            (3, 3, (5, 2, 5), (0,) * 6),  # shares one with the second only
        ],
        run=1,
    )
    new = signatures([(1, 9, (1, 8, 8), (1,) * 6)])
    asked: list[Wanted] = []

    def look_up(wanted: Wanted) -> pa.Table:
        asked.append(wanted)
        return old.take(pa.array(WantedFilter(wanted).places(old)))

    touched = touched_documents(new, look_up, nobody, PLAN, TELLING, 10)
    assert touched is not None
    assert touched.column("id").to_pylist() == [LOW + RUN, LOW + RUN + 1]
    assert [len(wanted.keys) for wanted in asked] == [3, 0]  # then for copies of these two only


def test_more_than_may_be_held_are_not_gathered() -> None:
    old = signatures([(n, n, (1, n, n), (0,) * 6) for n in range(5)], run=1)
    new = signatures([(1, 9, (1, 9, 9), (0,) * 6)])
    assert touched_documents(new, lambda _: old, nobody, PLAN, TELLING, 6) is not None
    assert touched_documents(new, lambda _: old, nobody, PLAN, TELLING, 5) is None


def test_earlier_documents_without_new_ones_are_left_alone() -> None:
    old = signatures([(1, 1, (1, 1, 1), (0,) * 6)], run=1)
    nothing = signatures([])
    touched = touched_documents(nothing, lambda _: old.slice(0, 0), nobody, PLAN, TELLING, 9)
    assert touched is not None
    assert len(touched) == 0


@given(
    st.lists(st.integers(-(1 << 63), (1 << 63) - 1)), st.lists(st.integers(-3, 3)), st.booleans()
)
def test_a_filter_finds_what_is_among_the_others(
    wide: list[int], narrow: list[int], swapped: bool
) -> None:
    wanted = np.unique(np.array([*wide, *narrow[::2]], np.int64))
    hashes = np.array([*narrow, *wide[::2]] if swapped else [*wide, *narrow], np.int64)
    expected = [place for place, value in enumerate(hashes) if value in set(wanted.tolist())]
    assert HashFilter(wanted).places(hashes).tolist() == expected


def test_a_key_or_a_text_makes_a_document_wanted() -> None:
    rows = signatures(
        [(n, None if n == 2 else n, None if n == 1 else (n, n, n), (0,) * 6) for n in range(4)],
        run=1,
    )
    wanted = Wanted(np.array([203], np.int64), np.array([1], np.int64))
    assert WantedFilter(wanted).places(rows).tolist() == [1, 3]

"""Leaders of components, against the same rule written with Python sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.dedup.leader_clusters import NO_LEADER, Components, Limits, follow_first, screen, settle
from udfs.dedup.minhash import permutations, signatures, sketches
from udfs.dedup.shingles import Shingles
from udfs.dedup.similarity import distinct_sorted, least_equal_bytes

PLACES = 140
THRESHOLD = 0.7


def limits(below: float, above: float, leader_limit: int = 100, exact_limit: int = 100) -> Limits:
    return Limits(
        least_equal_bytes(above, PLACES),
        least_equal_bytes(below, PLACES),
        leader_limit,
        exact_limit,
    )


def components_of(families: list[list[set[int]]], edges: list[tuple[int, int]]) -> Components:
    sets = [members for family in families for members in family]
    offsets = np.cumsum([0, *map(len, families)]).astype(np.int64)
    rows = sketches(signatures(shingles_of(sets), permutations(PLACES)))
    edges = sorted(edges)
    counts = np.bincount([row for row, _ in edges], minlength=len(sets))
    neighbours = np.array([other for _, other in edges], np.int64)
    neighbour_offsets = np.append(0, np.cumsum(counts)).astype(np.int64)
    return Components(rows, offsets, neighbours, neighbour_offsets, np.zeros(len(sets), np.bool_))


def shingles_of(sets: list[set[int]]) -> Shingles:
    offsets = np.cumsum([0, *map(len, sets)]).astype(np.int64)
    hashes = np.array([h for s in sets for h in sorted(s)], np.uint64) * np.uint64(2654435761)
    return distinct_sorted(Shingles((hashes & np.uint64(2**32 - 1)).astype(np.uint32), offsets))


def select(components: Components, rows: np.ndarray) -> Components:
    """The components of some of the rows, without edges."""
    offsets = np.searchsorted(np.flatnonzero(rows), components.offsets).astype(np.int64)
    nothing = np.zeros(int(rows.sum()) + 1, np.int64)
    return Components(
        components.sketches[rows], offsets, np.zeros(0, np.int64), nothing, components.fixed[rows]
    )


def resolve(families: list[list[set[int]]], wanted: Limits) -> list[int]:
    """Leader of each document after both passes."""
    components = components_of(families, [])
    found = screen(components, wanted)
    sets = [members for family in families for members in family]
    involved = found.involved
    places = np.flatnonzero(involved)
    inner = shingles_of([sets[place] for place in places])
    leader, _ = settle(select(components, involved), wanted, inner, THRESHOLD)
    result = found.leader.copy()
    for place, chosen in zip(places, leader, strict=True):
        if chosen != NO_LEADER:
            assert result[place] == NO_LEADER
            result[place] = places[chosen]
    return result.tolist()


def jaccard(one: set[int], other: set[int]) -> float:
    return len(one & other) / len(one | other)


def reference(families: list[list[set[int]]]) -> list[int]:
    result: list[int] = []
    for family in families:
        start = len(result)
        kept: list[int] = []
        for offset, members in enumerate(family):
            similar = [row for row in kept if jaccard(family[row - start], members) >= THRESHOLD]
            result.append(similar[0] if similar else NO_LEADER)
            if not similar:
                kept.append(start + offset)
    return result


FAMILIES = st.lists(
    st.lists(st.sets(st.integers(0, 14), min_size=1, max_size=14), min_size=1, max_size=8),
    min_size=1,
    max_size=4,
)


@settings(max_examples=80, deadline=None)
@given(FAMILIES)
def test_with_all_pairs_doubtful_the_rule_is_followed_exactly(
    families: list[list[set[int]]],
) -> None:
    assert resolve(families, limits(below=-1.0, above=1.5)) == reference(families)


@settings(max_examples=80, deadline=None)
@given(FAMILIES)
def test_the_removed_are_similar_to_one_that_stays(families: list[list[set[int]]]) -> None:
    leaders = resolve(families, limits(below=0.58, above=0.86))
    sets = [members for family in families for members in family]
    for row, leader in enumerate(leaders):
        if leader != NO_LEADER:
            assert leaders[leader] == NO_LEADER
            assert leader < row
            assert jaccard(sets[row], sets[leader]) > 0.6  # 0.86 may be an overestimate, by little


def chain(length: int) -> list[set[int]]:
    """Each set has similarity 0.75 to the next and less to all others."""
    return [set(range(start, start + 700)) for start in range(0, length * 100, 100)]


def test_a_chain_is_split() -> None:
    leaders = resolve([chain(20)], limits(below=0.58, above=0.86))
    assert leaders == [NO_LEADER if row % 2 == 0 else row - 1 for row in range(20)]


def test_neighbours_are_compared_when_leaders_are_too_many() -> None:
    family = chain(40)
    edges = [(row, row - 1) for row in range(1, 40)]
    narrow = limits(below=0.7, above=0.7, leader_limit=2)  # sketches decide
    found = screen(components_of([family], edges), narrow).leader
    removed = np.flatnonzero(found != NO_LEADER)
    assert len(removed) > 15
    assert (found[removed] == removed - 1).all()
    without = screen(components_of([family], []), narrow).leader
    assert (without != NO_LEADER).sum() <= 2


def test_documents_that_matter_to_no_doubtful_case_are_not_involved() -> None:
    same = set(range(200))
    found = screen(
        components_of([[same, same, set(range(500, 700))]], []), limits(below=0.58, above=0.86)
    )
    assert found.leader.tolist() == [NO_LEADER, 0, NO_LEADER]
    assert not found.involved.any()
    assert found.equal[1] == PLACES


@pytest.mark.parametrize(("exact_limit", "leader"), [(4, NO_LEADER), (5, 4)])
def test_exact_comparisons_are_bounded(exact_limit: int, leader: int) -> None:
    strangers = [set(range(start, start + 50)) for start in range(0, 1000, 50)]
    members = [*strangers, strangers[4]]
    wanted = limits(below=-1.0, above=1.5, exact_limit=exact_limit)
    found, similarity = settle(components_of([members], []), wanted, shingles_of(members), 0.7)
    assert found.tolist() == [NO_LEADER] * 20 + [leader]
    assert np.isnan(similarity[20]) if leader == NO_LEADER else similarity[20] == 1.0


def test_unverified_everything_follows_the_first() -> None:
    families = [[{1}, {2}, {3}], [{4}], [{5}, {6}]]
    found = follow_first(components_of(families, []))
    assert found.leader.tolist() == [NO_LEADER, 0, 0, NO_LEADER, NO_LEADER, 4]


def test_what_an_earlier_run_kept_stays_and_is_followed() -> None:
    base = set(range(1000))
    family = [base, base | {1}, base | {2000}, base | {3000}]
    components = components_of([family], [])._replace(fixed=np.array([True, True, False, False]))
    found = screen(components, limits(0.58, 0.86))
    assert found.leader.tolist() == [NO_LEADER, NO_LEADER, 0, 0]
    assert follow_first(components).leader.tolist() == [NO_LEADER, NO_LEADER, 0, 0]


@pytest.mark.parametrize(("shared", "leaves"), [(0.9, True), (0.55, False)])
def test_without_a_text_the_estimate_decides(shared: float, leaves: bool) -> None:
    common = int(2000 * shared / (1 + shared))  # of two sets of a thousand
    family = [set(range(1000)), set(range(1000 - common, 2000 - common))]
    components = components_of([family], [])._replace(fixed=np.array([True, False]))
    sets = shingles_of([set(), family[1]])
    leader, similarity = settle(components, limits(0.0, 1.0), sets, THRESHOLD)
    assert leader.tolist() == [NO_LEADER, 0 if leaves else NO_LEADER]
    assert np.isnan(similarity).all()

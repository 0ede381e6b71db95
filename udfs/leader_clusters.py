"""Which documents of a component stay: leaders, taken in the order of preference.

Going through a component from the most preferred document on, a document similar to one that stays
is removed in its favour; any other stays. So every removed document is similar to its own kept
document, which connected components alone cannot promise: in a chain A-B-C, C may resemble B and
not A. Documents are compared by sketch with every leader of their component (the first
``leader_limit`` of them), so pairs that never met in a bucket are found as well.

An estimate near the threshold decides nothing: such a document is *open*, and the pairs that could
decide it are handed back, to be settled by exact similarity.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.compiled import kernel
from udfs.set_similarity import equal_bytes

KEPT: Final = 0
REMOVED: Final = 1
OPEN: Final = 2


class LeaderPairs(NamedTuple):
    """Pairs (member, leader) of row numbers, each member after its leader in preference.

    Attributes:
        member: int64[pairs].
        leader: int64[pairs].
        equal: int32[pairs]; equal bytes of their sketches.
        decided: uint8[pairs]; 1 = the member is removed in favour of this leader, which stays;
            0 = the pair must be settled: the member goes if the two are similar and the leader stays.
    """

    member: npt.NDArray[np.int64]
    leader: npt.NDArray[np.int64]
    equal: npt.NDArray[np.int32]
    decided: npt.NDArray[np.uint8]


def pair_with_leaders(
    sketches: npt.NDArray[np.uint8],
    component_offsets: npt.NDArray[np.int64],
    neighbours: npt.NDArray[np.int64],
    neighbour_offsets: npt.NDArray[np.int64],
    *,
    surely_equal: int,
    possibly_equal: int,
    leader_limit: int,
) -> LeaderPairs:
    """Compare each document with the leaders before it.

    Args:
        sketches: uint8[documents, k]; component by component, most preferred first.
        component_offsets: int64[components + 1].
        neighbours: int64[edges]; row numbers of documents each is known to be similar to. They
            are compared even when the leaders before them are more than ``leader_limit``.
        neighbour_offsets: int64[documents + 1].
        surely_equal: From this many equal bytes on, two documents are similar without a check.
        possibly_equal: Below this many equal bytes they are not; between, the pair is open.
        leader_limit: Bounds the work for a giant component: linear, not quadratic.

    Returns:
        The pairs: one decided pair for a removed document, any number of undecided ones for an open
        one, none for a document that stays.
    """
    members: list[npt.NDArray[np.int64]] = []
    capacity = 1 << 12
    rows = len(sketches)
    status = np.empty(rows, np.uint8)
    pairs = np.empty((capacity, 4), np.int64)
    row, component = 0, 0
    leaders = np.empty(leader_limit, np.int64)
    leader_count = 0
    while row < rows:
        row, component, leader_count, count = _compare(
            sketches, component_offsets, neighbours, neighbour_offsets, surely_equal,
            possibly_equal, status, leaders, row, component, leader_count, pairs,
        )  # fmt: skip
        members.append(pairs[:count].copy())
        if row < rows and count == 0:
            pairs = np.empty((2 * len(pairs), 4), np.int64)
    found = np.concatenate(members) if members else pairs[:0]
    return LeaderPairs(
        found[:, 0], found[:, 1], found[:, 2].astype(np.int32), found[:, 3].astype(np.uint8)
    )


def pair_with_root(
    sketches: npt.NDArray[np.uint8], component_offsets: npt.NDArray[np.int64]
) -> LeaderPairs:
    """Pair every document with the first of its component, similar or not: connected components
    without verification, as most published pipelines have it.

    Args:
        sketches: uint8[documents, k]; component by component, most preferred first.
        component_offsets: int64[components + 1].
    """
    sizes = np.diff(component_offsets)
    leader = np.repeat(component_offsets[:-1], sizes)
    member = np.arange(len(sketches), dtype=np.int64)
    others = member != leader
    equal = np.empty(len(sketches), np.int32)
    _compare_pairs(sketches, member, leader, equal)
    decided = np.ones(int(others.sum()), np.uint8)
    return LeaderPairs(member[others], leader[others], equal[others], decided)


def settle_open(
    member: npt.NDArray[np.int64], leader: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Decide open documents from the pairs that proved similar.

    Args:
        member: int64[pairs]; node ids, ascending: the less preferred document of each pair.
        leader: int64[pairs]; node ids, ascending within a member; each below its member.

    Returns:
        int64[removed]; for each removed member the index of the pair that removes it: the one with
        its most preferred leader that stays.
    """
    chosen = np.empty(len(member), np.int64)
    return chosen[: _settle(member, leader, chosen)]


@kernel
def _compare_pairs(
    sketches: npt.NDArray[np.uint8],
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    equal: npt.NDArray[np.int32],
) -> None:
    for pair in range(len(first)):
        equal[pair] = equal_bytes(sketches, first[pair], second[pair])


@kernel
def _compare(
    sketches: npt.NDArray[np.uint8],
    component_offsets: npt.NDArray[np.int64],
    neighbours: npt.NDArray[np.int64],
    neighbour_offsets: npt.NDArray[np.int64],
    surely_equal: int,
    possibly_equal: int,
    status: npt.NDArray[np.uint8],
    leaders: npt.NDArray[np.int64],
    row: int,
    component: int,
    leader_count: int,
    pairs: npt.NDArray[np.int64],
) -> tuple[int, int, int, int]:
    """Go on from ``row`` until the pairs are full; return the state and the number of pairs."""
    count = 0
    while row < len(sketches):
        while row >= component_offsets[component + 1]:
            component += 1
        if row == component_offsets[component]:
            leader_count = 0
        first_edge = neighbour_offsets[row]
        edges = neighbour_offsets[row + 1] - first_edge
        before = count
        outcome = KEPT
        for index in range(leader_count + edges):
            known = index >= leader_count
            other = neighbours[first_edge + index - leader_count] if known else leaders[index]
            if other >= row or status[other] == REMOVED:
                continue
            if known and leader_count < len(leaders):
                continue  # all leaders are in the list, so this one was compared
            equal = equal_bytes(sketches, row, other)
            if equal < possibly_equal:
                continue
            decided = equal >= surely_equal and status[other] == KEPT
            if decided:
                count = before  # what was open before no longer matters
                outcome = REMOVED
            elif outcome != REMOVED:
                outcome = OPEN
            if count == len(pairs):
                return row, component, leader_count, before
            pairs[count, 0] = row
            pairs[count, 1] = other
            pairs[count, 2] = equal
            pairs[count, 3] = decided
            count += 1
            if decided:
                break
        status[row] = outcome
        if outcome != REMOVED and leader_count < len(leaders):
            leaders[leader_count] = row
            leader_count += 1
        row += 1
    return row, component, leader_count, count


@kernel
def _settle(
    member: npt.NDArray[np.int64],
    leader: npt.NDArray[np.int64],
    chosen: npt.NDArray[np.int64],
) -> int:
    count = 0
    place = 0
    while place < len(member):
        stop = place
        found = False
        while stop < len(member) and member[stop] == member[place]:
            if not found and not _is_removed(member, chosen, count, leader[stop]):
                chosen[count] = stop
                count += 1
                found = True
            stop += 1
        place = stop
    return count


@kernel
def _is_removed(
    member: npt.NDArray[np.int64], chosen: npt.NDArray[np.int64], count: int, node: int
) -> bool:
    """Whether ``node`` is among the members removed so far, which are in ascending order."""
    low = 0
    high = count
    while low < high:
        middle = (low + high) // 2
        if member[chosen[middle]] < node:
            low = middle + 1
        else:
            high = middle
    return low < count and member[chosen[low]] == node

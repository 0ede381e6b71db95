"""Which documents of a component stay: leaders, taken in the order of preference.

Going through a component from the most preferred document on, a document similar to one that stays
is removed in its favour; any other stays. So every removed document is similar to its own kept
document, which connected components alone cannot promise: in a chain A-B-C, C may resemble B and
not A. Documents are compared by sketch with every leader of their component (the first
``leader_limit`` of them), so pairs that never met in a bucket are found as well.

An estimate near the threshold decides nothing. So there are two passes: :func:`screen` decides what
sketches can decide and says which documents have to be looked at closer; :func:`settle` decides
those, with their shingle sets at hand.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.dedup.shingles import Shingles
from udfs.dedup.similarity import equal_bytes, jaccard, least_equal_bytes

NO_LEADER: Final = -1
KEPT: Final = 0
REMOVED: Final = 1
OPEN: Final = 2


class Components(NamedTuple):
    """Documents, component by component, the most preferred of each first.

    Attributes:
        sketches: uint8[documents, k].
        offsets: int64[components + 1]; where each component begins.
        neighbours: int64[edges]; earlier rows each document is known to be like. They are compared
            even when more than ``leader_limit`` leaders come before them.
        neighbour_offsets: int64[documents + 1].
        fixed: bool[documents]; documents that an earlier run kept, and that stay whatever is found.
    """

    sketches: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    neighbours: npt.NDArray[np.int64]
    neighbour_offsets: npt.NDArray[np.int64]
    fixed: npt.NDArray[np.bool_]


class Limits(NamedTuple):
    """From what on two documents are similar.

    Attributes:
        surely_equal: From this many equal sketch bytes on they are, without a closer look.
        possibly_equal: Below this many they are not.
        leader_limit: Leaders that each document is compared with: bounds the work for a giant
            component to something linear in it.
        exact_limit: Exact comparisons of one document, with the same purpose. The price of both:
            a document may stay although a later leader is similar. None is wrongly removed.
    """

    surely_equal: int
    possibly_equal: int
    leader_limit: int
    exact_limit: int


class Screening(NamedTuple):
    """What sketches decided.

    Attributes:
        leader: int64[documents]; row of the document that a removed one is similar to and that
            stays for sure; NO_LEADER for all others.
        equal: int32[documents]; their equal sketch bytes.
        involved: bool[documents]; the document is still open, or an open one may be similar to it.
    """

    leader: npt.NDArray[np.int64]
    equal: npt.NDArray[np.int32]
    involved: npt.NDArray[np.bool_]


def screen(components: Components, limits: Limits) -> Screening:
    """Decide by sketches."""
    rows = len(components.sketches)
    leader = np.full(rows, NO_LEADER, np.int64)
    equal = np.zeros(rows, np.int32)
    involved = np.zeros(rows, np.bool_)
    _screen(
        components.sketches, components.offsets, components.neighbours,
        components.neighbour_offsets, components.fixed, limits.surely_equal, limits.possibly_equal,
        limits.leader_limit, leader, equal, involved,
    )  # fmt: skip
    return Screening(leader, equal, involved)


def settle(
    components: Components, limits: Limits, sets: Shingles, threshold: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Decide among the involved documents, by exact similarity where sketches do not tell.

    Args:
        components: The involved documents only.
        limits: As for ``screen``.
        sets: ``distinct_sorted`` shingles of the same documents, row by row. Empty where the text is out
            of reach; such a document is compared by its estimate alone.
        threshold: Jaccard similarity from which on a document leaves.

    Returns:
        leader int64[documents], NO_LEADER for those that stay; exact similarity float64[documents]
        to the leader, NaN where sketches were enough.
    """
    rows = len(components.sketches)
    leader = np.full(rows, NO_LEADER, np.int64)
    similarity = np.full(rows, np.nan)
    _settle(
        components.sketches, components.offsets, components.neighbours,
        components.neighbour_offsets, components.fixed, limits.surely_equal, limits.possibly_equal,
        limits.leader_limit, limits.exact_limit, sets.hashes, sets.offsets, threshold,
        least_equal_bytes(threshold, components.sketches.shape[1]), leader, similarity,
    )  # fmt: skip
    return leader, similarity


def follow_first(components: Components) -> Screening:
    """Remove every document but the first of its component, similar or not.

    That is connected components without verification, as most published pipelines have it.
    """
    rows = len(components.sketches)
    begins = np.repeat(components.offsets[:-1], np.diff(components.offsets))
    equal = np.empty(rows, np.int32)
    _compare(components.sketches, begins, equal)
    stays = components.fixed | (begins == np.arange(rows))
    leader = np.where(stays, NO_LEADER, begins)
    return Screening(leader, equal, np.zeros(rows, np.bool_))


@kernel
def _compare(
    sketches: npt.NDArray[np.uint8],
    others: npt.NDArray[np.int64],
    equal: npt.NDArray[np.int32],
) -> None:
    for row in range(len(others)):
        equal[row] = equal_bytes(sketches, row, others[row])


@kernel
def _candidates(
    row: int,
    leaders: npt.NDArray[np.int64],
    leader_count: int,
    neighbours: npt.NDArray[np.int64],
    neighbour_offsets: npt.NDArray[np.int64],
    found: npt.NDArray[np.int64],
) -> int:
    """Write the rows to compare ``row`` with; return their number (at most len(found))."""
    found[:leader_count] = leaders[:leader_count]
    count = leader_count
    if leader_count == len(leaders):  # else every leader is in the list already
        for index in range(neighbour_offsets[row], neighbour_offsets[row + 1]):
            if neighbours[index] > leaders[leader_count - 1] and count < len(found):
                found[count] = neighbours[index]
                count += 1
    return count


@kernel
def _screen(
    sketches: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    neighbours: npt.NDArray[np.int64],
    neighbour_offsets: npt.NDArray[np.int64],
    fixed: npt.NDArray[np.bool_],
    surely_equal: int,
    possibly_equal: int,
    leader_limit: int,
    leader: npt.NDArray[np.int64],
    equal: npt.NDArray[np.int32],
    involved: npt.NDArray[np.bool_],
) -> None:
    status = np.zeros(len(sketches), np.uint8)
    leaders = np.empty(leader_limit, np.int64)
    found = np.empty(leader_limit + 1024, np.int64)
    for component in range(len(offsets) - 1):
        leader_count = 0
        for row in range(offsets[component], offsets[component + 1]):
            count = 0
            if not fixed[row]:
                count = _candidates(
                    row, leaders, leader_count, neighbours, neighbour_offsets, found
                )  # fmt: skip
            possible = 0
            for index in range(count):
                other = found[index]
                if status[other] == REMOVED:
                    continue
                same = equal_bytes(sketches, row, other)
                if same >= surely_equal and status[other] == KEPT:
                    status[row] = REMOVED
                    leader[row] = other
                    equal[row] = same
                    break
                if same >= possibly_equal:
                    found[possible] = other  # never ahead of index
                    possible += 1
            if status[row] == REMOVED:
                continue
            if possible > 0:
                status[row] = OPEN
                involved[row] = True
                for index in range(possible):
                    involved[found[index]] = True
            if leader_count < leader_limit:
                leaders[leader_count] = row
                leader_count += 1


@kernel
def _settle(
    sketches: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    neighbours: npt.NDArray[np.int64],
    neighbour_offsets: npt.NDArray[np.int64],
    fixed: npt.NDArray[np.bool_],
    surely_equal: int,
    possibly_equal: int,
    leader_limit: int,
    exact_limit: int,
    hashes: npt.NDArray[np.uint32],
    set_offsets: npt.NDArray[np.int64],
    threshold: float,
    estimated_equal: int,
    leader: npt.NDArray[np.int64],
    similarity: npt.NDArray[np.float64],
) -> None:
    leaders = np.empty(leader_limit, np.int64)
    found = np.empty(leader_limit + 1024, np.int64)
    for component in range(len(offsets) - 1):
        leader_count = 0
        for row in range(offsets[component], offsets[component + 1]):
            count = 0
            if not fixed[row]:
                count = _candidates(
                    row, leaders, leader_count, neighbours, neighbour_offsets, found
                )  # fmt: skip
            looked = 0
            has_set = set_offsets[row + 1] > set_offsets[row]
            for index in range(count):
                other = found[index]
                if leader[other] != NO_LEADER:
                    continue
                same = equal_bytes(sketches, row, other)
                comparable = has_set and set_offsets[other + 1] > set_offsets[other]
                if same >= (surely_equal if comparable else estimated_equal):
                    leader[row] = other
                    break
                if comparable and same >= possibly_equal and looked < exact_limit:
                    looked += 1
                    exact = jaccard(hashes, set_offsets, row, other)
                    if exact >= threshold:
                        leader[row] = other
                        similarity[row] = exact
                        break
            if leader[row] == NO_LEADER and leader_count < leader_limit:
                leaders[leader_count] = row
                leader_count += 1

"""Places in the picture: inside it, in order, whatever the values are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.report.score_scatter import BOTTOM, LEFT, MOST_POINTS, MOST_TICKS, RIGHT, TOP, scatter

LOSSES = st.floats(0, 100, allow_subnormal=False)


@settings(deadline=None)  # a loaded machine is no fault
@given(st.lists(st.tuples(LOSSES, LOSSES), min_size=1, max_size=30))
def test_points_and_ticks_lie_inside_in_the_order_of_their_values(
    pairs: list[tuple[float, float]],
) -> None:
    kenlm, bits = ([pair[place] for pair in pairs] for place in (0, 1))
    found = scatter(kenlm, bits, [False] * len(pairs), list(range(len(pairs))))
    for point in found.points:
        assert LEFT <= point.x <= RIGHT
        assert TOP <= point.y <= BOTTOM
    ordered = sorted(zip(kenlm, found.points, strict=True), key=lambda pair: pair[0])
    assert [point.x for _, point in ordered] == sorted(point.x for point in found.points)
    for ticks in (found.across, found.upward):
        assert 2 <= len(ticks) <= MOST_TICKS + 2
        assert len({tick.label for tick in ticks}) == len(ticks)


def test_a_higher_loss_stands_higher() -> None:
    low, high = scatter([1, 1], [2, 3], [True, False], ["a", "b"]).points
    assert high.y < low.y
    assert (low.seen, high.seen, low.title) == (True, False, "a: KenLM 1.00, reference 2.00")


def test_ticks_are_whole_steps() -> None:
    found = scatter([0.4, 5.7], [2.0, 2.3], [False] * 2, [1, 2])
    assert [tick.label for tick in found.across] == ["0", "1", "2", "3", "4", "5", "6"]
    assert found.upward[0].label == "2"


@pytest.mark.parametrize("count", [1, MOST_POINTS, MOST_POINTS + 1, 5 * MOST_POINTS - 1])
def test_too_many_are_thinned_and_counted(count: int) -> None:
    values = [float(number) for number in range(count)]
    found = scatter(values, values, [False] * count, values)
    assert len(found.points) <= MOST_POINTS
    assert len(found.points) + found.left_out == count

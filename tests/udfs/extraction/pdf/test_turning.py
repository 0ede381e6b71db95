"""Pages whose text is set sideways or upside down."""

from __future__ import annotations

import pytest

from udfs.extraction.pdf.turning import Turn, turn_of, turned


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_the_commonest_direction_is_turned_level(quarters: int) -> None:
    level = turned((100.0, 110.0, 50.0, 250.0), quarters)
    boxes = [(quarters, 30, level), ((quarters + 1) % 4, 5, (0.0, 9.0, 0.0, 9.0))]
    turn = turn_of(boxes)
    assert turn.quarters == quarters
    x0, x1, y0, y1 = turn.apply((100.0, 110.0, 50.0, 250.0))
    expected = (10.0, 200.0) if quarters % 2 == 0 else (200.0, 10.0)
    assert (x1 - x0, y1 - y0) == expected
    assert quarters == 0 or (x0, y0) == (0.0, 0.0)


def test_a_page_without_text_is_not_turned() -> None:
    assert turn_of([]) == Turn()

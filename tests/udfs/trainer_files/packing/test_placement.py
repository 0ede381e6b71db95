"""Best fit decreasing: the rows of its definition, found quickly."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.trainer_files.packing.placement import best_fit_rows


def by_definition(lengths: list[int], capacity: int) -> list[int]:
    """Best fit decreasing as it is written down: all rows are looked at for every piece."""
    rooms: list[int] = []
    changed: list[int] = []  # when the row got its last piece
    rows = [0] * len(lengths)
    order = sorted(range(len(lengths)), key=lambda piece: -lengths[piece])
    for time_, piece in enumerate(order):
        fitting = [row for row, room in enumerate(rooms) if room >= lengths[piece]]
        if fitting:
            # Of rows with equal room, any is a best fit; ours takes the one filled last.
            row = min(fitting, key=lambda row: (rooms[row], -changed[row]))
        else:
            row = len(rooms)
            rooms.append(capacity)
            changed.append(0)
        rooms[row] -= lengths[piece]
        changed[row] = time_
        rows[piece] = row
    return rows


@given(st.data(), st.sampled_from([16, 63, 64, 65, 200, 4097]))
@settings(deadline=None)
def test_rows_are_those_of_the_definition(data: st.DataObject, capacity: int) -> None:
    lengths = data.draw(st.lists(st.integers(1, capacity), max_size=60))
    found = best_fit_rows(np.array(lengths, np.int32), capacity)
    assert found.tolist() == by_definition(lengths, capacity)


def test_rooms_far_apart_are_found_in_a_long_row() -> None:
    capacity = 1 << 20
    lengths = np.array([capacity - 1, capacity - 700_000, 600_000, 1, 99_999], np.int32)
    assert best_fit_rows(lengths, capacity).tolist() == by_definition(lengths.tolist(), capacity)


def test_a_full_row_takes_nothing_more() -> None:
    assert best_fit_rows(np.array([16, 16, 1], np.int32), 16).tolist() == [0, 1, 2]


def test_nothing_needs_no_row() -> None:
    assert len(best_fit_rows(np.zeros(0, np.int32), 16)) == 0


@pytest.mark.parametrize("length", [0, 17])
def test_a_length_that_no_row_has_is_an_error(length: int) -> None:
    with pytest.raises(ValueError, match="wanted 1 to the row's 16"):
        best_fit_rows(np.array([length], np.int32), 16)


def web_lengths(documents: int) -> np.ndarray:
    """Lengths as measured on the web: log-normal, median 490 tokens, mean some 900."""
    drawn = np.random.default_rng(7).lognormal(np.log(490), 1.1, documents)
    return np.clip(drawn, 1, 2048).astype(np.int32)


def test_ten_thousand_documents_leave_little_padding() -> None:
    lengths = web_lengths(10_000)
    rows = int(best_fit_rows(lengths, 2048).max()) + 1
    assert 1 - lengths.sum() / (rows * 2048) <= 0.00035


def test_a_million_documents_a_second_and_core() -> None:
    lengths = web_lengths(400_000)
    best_fit_rows(lengths[:10], 2048)
    started = time.process_time()
    best_fit_rows(lengths, 2048)
    assert len(lengths) / (time.process_time() - started) > 1_000_000

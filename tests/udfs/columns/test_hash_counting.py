from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.columns.hash_counting import (
    add_to_filter,
    clear_filter,
    clear_table,
    count_key,
    key_filter,
    key_table,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.integers(0, 9), st.integers(0, 2**64 - 1)), max_size=60))
def test_counts_like_a_counter_and_numbers_by_first_occurrence(keys: list[int]) -> None:
    table = key_table(60)
    for _ in range(2):  # the second round starts from a used table
        mask = clear_table(table, len(keys))
        used = 0
        numbers = []
        for key in keys:
            number = count_key(table, mask, used, np.uint64(key))
            used += number == used
            numbers.append(number)
        expected = Counter(keys)
        assert used == len(expected)
        assert [int(table.keys[n]) for n in range(used)] == list(expected)
        assert table.counts[:used].tolist() == list(expected.values())
        assert [list(expected)[n] for n in numbers] == keys


def test_keys_that_share_all_low_bits_are_kept_apart() -> None:
    table = key_table(100)
    mask = clear_table(table, 100)
    for i in range(100):
        assert count_key(table, mask, i, np.uint64(i << 40)) == i


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1), max_size=100), st.integers(0, 50))
def test_the_filter_never_calls_a_repeated_key_unique(keys: list[int], again: int) -> None:
    keys = keys + keys[:again]
    slots = key_filter(200)
    for _ in range(2):  # the second round starts from a used filter
        shift = clear_filter(slots, len(keys))
        for key in keys:
            add_to_filter(slots, np.uint64(key) >> shift)
        for key, count in Counter(keys).items():
            assert slots[np.uint64(key) >> shift] == 2 or count == 1

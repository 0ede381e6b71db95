"""The order of preference of each keep policy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.dedup.keep_order import KeepPolicy, order_keys, preference_buckets

NAN = float("nan")


def keys(
    policy: KeepPolicy, lengths: list[int], values: list[float], hashes: list[int] | None = None
) -> list[int]:
    buckets = preference_buckets(policy, np.array(lengths, np.int64), np.array(values))
    text = np.array(hashes or [1] * len(lengths), np.uint64)
    return order_keys(policy, buckets, text, np.zeros(len(lengths), np.uint64)).tolist()


@pytest.mark.parametrize(
    ("policy", "lengths", "values"),
    [
        ("longest", [2**34, 3000, 2800, 100, 1, 0][:5], [NAN] * 5),
        ("best", [1] * 7, [1e30, 4.5, 4.4, 0.0, -0.1, -5.0, NAN]),
        ("earliest", [1] * 6, [-32768.0, -1.0, 0.0, 20000.0, 20001.0, NAN]),
        ("source_priority", [1] * 5, [0.0, 1.0, 2.0, 254.0, NAN]),
    ],
)
def test_the_preferred_have_the_smaller_keys(
    policy: KeepPolicy, lengths: list[int], values: list[float]
) -> None:
    found = keys(policy, lengths, values)
    assert found == sorted(found)
    assert len(set(found)) == len(found)
    assert min(found) >= 0


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_longest_never_prefers_the_shorter_bucket(one: int, other: int) -> None:
    first, second = preference_buckets(
        "longest", np.array([one, other], np.int64), np.array([NAN, NAN])
    )
    if one > other * 1.07:
        assert first <= second
    assert 0 <= min(first, second) <= max(first, second) < 1024


def test_within_a_bucket_the_hash_decides() -> None:
    one, other = keys("longest", [3000, 3001], [NAN, NAN], [11, 12])
    assert one != other
    again = keys("longest", [3001, 3000], [NAN, NAN], [12, 11])
    assert again == [other, one]


def test_the_address_enters() -> None:
    buckets = np.zeros(2, np.int64)
    text = np.array([5, 5], np.uint64)
    found = order_keys("longest", buckets, text, np.array([1, 2], np.uint64))
    assert found[0] != found[1]

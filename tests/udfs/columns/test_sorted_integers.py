"""Sets of integers by sorting are those that numpy's own functions find."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from udfs.columns.sorted_integers import are_among, distinct_integers


@given(
    st.sampled_from([(np.int32, -(2**31)), (np.int64, -(2**63)), (np.uint64, 0)]).flatmap(
        lambda kind: arrays(
            kind[0],
            st.integers(0, 40),
            elements=st.integers(0, 9) | st.integers(kind[1], 2**31 - 1),
        )
    )
)
def test_the_different_values_are_those_of_numpy(values: npt.NDArray[np.int64]) -> None:
    before = values.copy()
    found = distinct_integers(values)
    assert found.dtype == values.dtype
    assert found.tolist() == np.unique(values).tolist() == sorted(set(values.tolist()))
    assert values.tolist() == before.tolist()


@pytest.mark.parametrize("values", [[], [5], [5, 5], [-1, -(2**63), 2**63 - 1, -1]])
def test_none_one_and_the_extremes(values: list[int]) -> None:
    assert distinct_integers(np.array(values, np.int64)).tolist() == sorted(set(values))


@given(st.lists(st.integers(-9, 9)), st.lists(st.integers(-9, 9)))
def test_values_among_others_are_those_of_numpy(values: list[int], others: list[int]) -> None:
    given_values, ordered = np.array(values, np.int64), np.sort(np.array(others, np.int64))
    expected = np.isin(given_values, ordered)
    assert are_among(given_values, ordered).tolist() == expected.tolist()

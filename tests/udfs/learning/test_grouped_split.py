from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.columns.content_keys import content_keys
from udfs.learning.grouped_split import MINIMUM_PART, grouped_split


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5), st.booleans()), max_size=400),
    seed=st.integers(0, 9),
)
def test_parts_are_disjoint_complete_and_never_share_a_group(
    rows: list[tuple[int, int, bool]], seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(len(rows))
    groups = np.array([group for group, _, _ in rows], np.uint64)
    labels = np.array([float(label) for _, label, _ in rows])
    usable = np.array([use for _, _, use in rows], np.bool_)
    split = grouped_split(groups, labels, usable)
    assert np.array_equal(sum(part.astype(int) for part in split), usable.astype(int))
    owners = [set(groups[part].tolist()) for part in split]
    assert sum(map(len, owners)) == len(set().union(*owners))
    assert split.test.sum() == 0 or min(split.test.sum(), split.calibration.sum()) >= MINIMUM_PART
    again = grouped_split(groups[order], labels[order], usable[order])
    for part, shuffled in zip(split, again, strict=True):
        assert np.array_equal(part[order], shuffled)


def test_each_grade_is_in_each_part() -> None:
    groups = content_keys([f"host {number}" for number in range(600)])
    labels = np.repeat(np.arange(6.0), 100)
    split = grouped_split(groups, labels, np.ones(600, np.bool_))
    for part, share in zip(split, (60, 20, 20), strict=True):
        assert np.bincount(labels[part].astype(int)).tolist() == [share] * 6


def test_few_documents_are_all_learnt_from() -> None:
    split = grouped_split(content_keys(list("abcdef")), np.arange(6.0), np.ones(6, np.bool_))
    assert (split.training.all(), split.calibration.any(), split.test.any()) == (True, False, False)


def test_keys_follow_the_content_alone() -> None:
    assert content_keys(["a", b"a", None, ""])[[0, 2]].tolist() == content_keys(["a", ""]).tolist()

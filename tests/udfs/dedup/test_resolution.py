"""Components arrive in batches; none may be cut, none lost."""

from __future__ import annotations

import itertools

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.dedup import resolution
from udfs.dedup.resolution import whole_components


@pytest.mark.parametrize("block_rows", [1, 4, 1000])
@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(1, 9), max_size=12), batch=st.integers(1, 7))
def test_no_component_is_cut(block_rows: int, sizes: list[int], batch: int) -> None:
    roots = [root * 3 for root, size in enumerate(sizes) for _ in range(size)]
    table = pa.table({"root": pa.array(roots, pa.int64()), "place": range(len(roots))})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resolution, "BLOCK_ROWS", block_rows)
        blocks = list(whole_components(table.to_batches(max_chunksize=batch)))
    assert [row for block in blocks for row in block["place"].to_pylist()] == list(
        range(len(roots))
    )
    seen = [set(block["root"].to_pylist()) for block in blocks]
    assert not any(one & other for one, other in itertools.combinations(seen, 2))


def test_blocks_are_not_much_larger_than_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolution, "BLOCK_ROWS", 10)
    table = pa.table({"root": pa.array([n // 2 for n in range(1000)], pa.int64())})
    blocks = list(whole_components(table.to_batches(max_chunksize=5)))
    assert max(map(len, blocks)) <= 20

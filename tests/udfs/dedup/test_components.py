"""Connected components in memory, against a union-find in plain Python."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.dedup import components
from udfs.dedup.components import component_roots, contract_edges

BIG = 2**62
EDGES = st.lists(
    st.tuples(
        st.sampled_from([*range(12), BIG, BIG + 1, -BIG, -1]),
        st.sampled_from([*range(12), BIG, BIG + 1, -BIG, -1]),
    ),
    max_size=20,
)


def reference(edges: list[tuple[int, int]]) -> dict[int, int]:
    root = {node: node for edge in edges for node in edge}
    changed = True
    while changed:
        changed = False
        for one, other in edges:
            least = min(root[one], root[other])
            changed |= root[one] != least or root[other] != least
            root[one] = root[other] = least
    return root


def arrays(edges: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    pairs = np.array(edges, np.int64).reshape(-1, 2)
    return pairs[:, 0].copy(), pairs[:, 1].copy()


@settings(max_examples=100, deadline=None)
@given(EDGES)
def test_roots_are_the_smallest_nodes_of_components(edges: list[tuple[int, int]]) -> None:
    nodes, roots = component_roots(*arrays(edges))
    assert dict(zip(nodes.tolist(), roots.tolist(), strict=True)) == reference(edges)


@pytest.mark.parametrize("contraction_edges", [1, 3, 1000])
@settings(max_examples=30, deadline=None)
@given(edges=EDGES, cut=st.integers(1, 5))
def test_contraction_keeps_components(
    contraction_edges: int, edges: list[tuple[int, int]], cut: int
) -> None:
    node, root = arrays(edges)
    batches = [
        pa.record_batch({"node": node[i : i + cut], "root": root[i : i + cut]})
        for i in range(0, len(edges), cut)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(components, "CONTRACTION_EDGES", contraction_edges)
        stars = pa.Table.from_batches(contract_edges(batches), components.STAR_SCHEMA)
    found = list(zip(*(column.to_pylist() for column in stars.columns), strict=True))
    assert all(one > other for one, other in found)
    expected = reference(edges)
    got = reference(found)
    assert {node: got.get(node, node) for node in expected} == expected

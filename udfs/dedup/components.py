"""Connected components of an edge list held in memory, and the contraction of a part of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

CONTRACTION_EDGES: Final = 1 << 22  # 64 MB of edges and some 400 MB while they are sorted

STAR_SCHEMA: Final = pa.schema([("node", pa.int64()), ("root", pa.int64())])


def component_roots(
    first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Label each node of a graph with the smallest node of its connected component.

    Args:
        first: int64[edges]; any integers, loops and repeats allowed.
        second: int64[edges]; the other end of each edge.

    Returns:
        (nodes int64[n] ascending, roots int64[n]). About 150 bytes an edge are needed.
    """
    nodes, places = np.unique(np.concatenate([first, second]), return_inverse=True)
    if not len(nodes):
        return nodes, nodes.copy()
    # half a second that every command would pay, and every worker
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edges = len(first)
    graph = coo_matrix(
        (np.ones(edges, np.bool_), (places[:edges], places[edges:])), (len(nodes), len(nodes))
    )
    count, labels = connected_components(graph, directed=False)
    smallest = np.empty(count, np.int64)
    smallest[labels[::-1]] = nodes[::-1]  # nodes ascend: the last one written is the smallest
    return nodes, smallest[labels]


def contract_edges(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Replace the edges at hand by stars with the same components (for ``mapInArrow``).

    Args:
        batches: node int64, root int64; the two ends of edges.

    Yields:
        Batches of ``STAR_SCHEMA``, at most one edge a node and ``CONTRACTION_EDGES`` edges read.
    """
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += len(batch)
        if rows >= CONTRACTION_EDGES:
            yield _star(held)
            held, rows = [], 0
    if rows:
        yield _star(held)


def _star(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    table = pa.Table.from_batches(batches)
    nodes, roots = component_roots(table.column("node").to_numpy(), table.column("root").to_numpy())
    inner = nodes != roots
    return pa.record_batch([pa.array(nodes[inner]), pa.array(roots[inner])], schema=STAR_SCHEMA)

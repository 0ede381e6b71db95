"""Connected components: driver and Spark agree with scipy and with each other."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs.dedup import components
from jobs.dedup.components import find_components
from jobs.dedup.work_folder import WorkFolder
from jobs.runtime.errors import StageError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Edges = list[tuple[int, int]]
BIG = 2**62


def random_graph(nodes: int, edges: int, seed: int) -> Edges:
    chooser = random.Random(seed)
    return [(chooser.randrange(nodes), chooser.randrange(nodes)) for _ in range(edges)]


def shuffled_chain(length: int) -> Edges:
    names = list(range(length))
    random.Random(5).shuffle(names)
    return list(itertools.pairwise(names))


GRAPHS: dict[str, Edges] = {
    "one edge": [(1, 2)],
    "parallel edges": [(1, 2)] * 5,
    "star": [(0, leaf) for leaf in range(1, 300)],
    "star around the largest": [(leaf, 1000) for leaf in range(300)],
    "sorted chain": [(i, i + 1) for i in range(200)],
    "shuffled chain": shuffled_chain(200),
    "cycle": [*((i, i + 1) for i in range(50)), (0, 50)],
    "sparse": random_graph(2000, 1200, 1),
    "giant": random_graph(1000, 1500, 2),
    "63-bit names": [(BIG + one, BIG + other) for one, other in random_graph(300, 200, 3)],
}


def ordered(edges: Edges) -> Edges:
    """Edges as the earlier sub-stages make them: the preferred document first, no loops."""
    return [(min(edge), max(edge)) for edge in edges if edge[0] != edge[1]]


def reference(edges: Edges) -> dict[int, int]:
    root: dict[int, int] = {}

    def find(node: int) -> int:
        root.setdefault(node, node)
        while root[node] != node:
            node = root[node]
        return node

    for one, other in edges:
        first, second = find(one), find(other)
        root[max(first, second)] = min(first, second)
    return {node: find(node) for node in root}


# One graph of them all: the tests need three Spark runs instead of thirty.
STEP = 100_000
TOGETHER = [
    (number * STEP + one, number * STEP + other)
    for number, edges in enumerate(GRAPHS.values())
    for one, other in ordered(edges)
]


def check(found: DataFrame, edges: Edges) -> None:
    labels = sorted((row.node, row.root) for row in found.collect())
    assert labels == sorted(reference(edges).items())


@pytest.mark.spark
def test_the_driver_finds_them(spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.createDataFrame(TOGETHER, "hub bigint, node bigint")
    work = WorkFolder(spark, str(tmp_path), None)
    check(find_components(frame, work, max_driver_edges=len(TOGETHER)), TOGETHER)


@pytest.mark.spark
@pytest.mark.parametrize("contracted", [True, False])
def test_spark_finds_them(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contracted: bool
) -> None:
    if not contracted:
        monkeypatch.setattr(components, "contract", lambda pairs: pairs)
    frame = spark.createDataFrame(TOGETHER, "hub bigint, node bigint").repartition(3)
    work = WorkFolder(spark, str(tmp_path), None)
    check(find_components(frame, work, max_driver_edges=len(TOGETHER) - 1), TOGETHER)


@pytest.mark.spark
def test_no_edges_no_components(spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.createDataFrame([], "hub bigint, node bigint")
    work = WorkFolder(spark, str(tmp_path), None)
    assert find_components(frame, work, max_driver_edges=10).count() == 0


@pytest.mark.spark
def test_a_run_without_convergence_is_an_error(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(components, "contract", lambda pairs: pairs)
    monkeypatch.setattr(components, "MAX_ROUNDS", 1)
    frame = spark.createDataFrame(ordered(GRAPHS["sorted chain"]), "hub bigint, node bigint")
    with pytest.raises(StageError, match="did not settle in 1 rounds"):
        find_components(frame, WorkFolder(spark, str(tmp_path), None), max_driver_edges=0)

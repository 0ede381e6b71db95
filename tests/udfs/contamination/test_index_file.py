"""An index in a file: what is mapped is what was written, and finds the same."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.udfs.contamination.matched import CLIPS, FILLER, ITEMS, PLANET, index_of
from udfs.contamination.benchmark_index import BenchmarkIndex
from udfs.contamination.index_file import ALIGNMENT, read_index, write_index
from udfs.contamination.items import BenchmarkItem
from udfs.contamination.matching import match_texts
from udfs.contamination.reviews import reviewed_index
from udfs.text.tokenising import tokenise

CODE = BenchmarkItem(
    "code", "0", "def area(radius):\n", code="    return {'area': 3.14 * radius ** 2}\n"
)


def written(index: BenchmarkIndex, folder: Path) -> BenchmarkIndex:
    with (folder / "index.bin").open("wb") as file:
        write_index(index, file)
    return read_index(folder / "index.bin")


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


@pytest.mark.parametrize("items", [(*ITEMS, CODE), (PLANET,)], ids=["all views", "words alone"])
def test_what_is_read_is_what_was_written(items: tuple[BenchmarkItem, ...], tmp_path: Path) -> None:
    index = reviewed_index(index_of(*items), [("mmlu", "planet", "0" * 16, False)])
    read = written(index, tmp_path)
    for field in dataclasses.fields(index):
        assert same(getattr(index, field.name), getattr(read, field.name)), field.name


def test_a_mapped_index_finds_the_same(tmp_path: Path) -> None:
    index = index_of()
    tokens = tokenise(pa.array([f"{FILLER} {CLIPS}", FILLER, PLANET.question], pa.large_string()))
    found = match_texts(tokens, written(index, tmp_path))
    assert found == match_texts(tokens, index)
    assert found


def test_arrays_lie_where_processors_read_them_best(tmp_path: Path) -> None:
    read = written(index_of(), tmp_path)
    assert read.words.phrases.keys.ctypes.data % ALIGNMENT == 0
    assert read.table.ctypes.data % ALIGNMENT == 0

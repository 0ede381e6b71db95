"""Many n-grams in one row: how they travel between the steps of a distributed training.

A row of Spark costs far more than an n-gram; a row here is a block of n-grams of one order for one
bucket, its columns packed as bytes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.perplexity.kneser_ney import Ids

BLOCK_SCHEMA = pa.schema(
    [
        ("bucket", pa.int32()),
        ("kind", pa.string()),
        ("size", pa.int32()),
        ("words", pa.binary()),
        ("first", pa.binary()),
        ("second", pa.binary()),
    ]
)
_ROWS_A_BATCH = 256

Block = tuple[int, str, int, bytes, bytes, bytes]
Values = npt.NDArray[Any]


def cut_blocks(
    kind: str, words: Ids, first: Values, second: Values | None, buckets: npt.NDArray[np.int64]
) -> Iterator[Block]:
    """Cut n-grams of one order into one block a bucket.

    Args:
        kind: What they are, for ``join_blocks``.
        words: int32[n-grams, order].
        first: int64 or float64[n-grams].
        second: int64 or float64[n-grams]; None if there is no second value.
        buckets: int64[n-grams].
    """
    order = np.argsort(buckets, kind="stable")
    buckets, words, first = buckets[order], words[order], first[order]
    second = first[:0] if second is None else second[order]
    for start, stop in _runs(buckets):
        yield (
            int(buckets[start]),
            kind,
            words.shape[1],
            words[start:stop].tobytes(),
            first[start:stop].tobytes(),
            second[start:stop].tobytes(),
        )


def to_batches(blocks: Iterable[Block]) -> Iterator[pa.RecordBatch]:
    """Record batches of BLOCK_SCHEMA."""
    waiting: list[Block] = []
    for block in blocks:
        waiting.append(block)
        if len(waiting) == _ROWS_A_BATCH:
            yield _batch(waiting)
            waiting = []
    if waiting:
        yield _batch(waiting)


def _batch(blocks: Sequence[Block]) -> pa.RecordBatch:
    return pa.record_batch(
        [
            pa.array(column, field.type)
            for column, field in zip(zip(*blocks, strict=True), BLOCK_SCHEMA, strict=True)
        ],
        schema=BLOCK_SCHEMA,
    )


def split_by_bucket(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, pa.Table]]:
    """The blocks of a partition, bucket by bucket.

    The whole partition is held in memory: ``bucket_tokens`` bounds it.
    """
    table = pa.Table.from_batches(list(batches), BLOCK_SCHEMA).sort_by("bucket")
    buckets = table.column("bucket").to_numpy()
    for start, stop in _runs(buckets):
        yield int(buckets[start]), table.slice(start, stop - start)


def join_blocks(
    table: pa.Table, kind: str, size: int, types: tuple[type, type]
) -> tuple[Ids, Values, Values]:
    """All n-grams of one kind and order in a bucket, in any order.

    Args:
        table: The blocks of one bucket.
        kind: As given to ``cut_blocks``.
        size: Words an n-gram.
        types: numpy types of the two value columns.

    Returns:
        (words int32[n-grams, size], first, second).
    """
    rows = [row for row in table.to_pylist() if row["kind"] == kind and row["size"] == size]
    words: Ids = np.frombuffer(b"".join(row["words"] for row in rows), np.int32).reshape(-1, size)
    first: Values = np.frombuffer(b"".join(row["first"] for row in rows), types[0])
    return words, first, np.frombuffer(b"".join(row["second"] for row in rows), types[1])


def _runs(buckets: npt.NDArray[Any]) -> list[tuple[int, int]]:
    """(start, stop) of the stretches of equal values in a sorted array."""
    starts = np.flatnonzero(np.diff(buckets, prepend=-1)).tolist()
    return list(itertools.pairwise([*starts, len(buckets)])) if starts else []

"""Postings and documents of an index, read by row groups: a question touches few of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.contract.driver_tables import opened
from jobs.runtime.store import storage
from jobs.tracing.layout import (
    BLOCK_BITS,
    POSTINGS,
    Segment,
    block_name,
    bucket_name,
)
from udfs.columns.sorted_integers import distinct_integers

Documents = npt.NDArray[np.int64]


def postings(segment: Segment, hashes: npt.NDArray[np.int64]) -> dict[int, Documents]:
    """Return the documents that have each fingerprint, all of them, ascending.

    Args:
        segment: Of the index.
        hashes: int64[n]; fingerprints.
    """
    wanted = distinct_integers(hashes)
    found: dict[int, Documents] = {int(one): np.empty(0, np.int64) for one in wanted}
    # Hashes are never negative, so that their order is that of their bits.
    buckets = wanted >> (segment.hash_bits - segment.bits)
    for bucket in np.unique(buckets):
        name = bucket_name(int(bucket))
        if name in segment.names:
            here = wanted[buckets == bucket]
            with opened(storage.join(segment.folder, name), "index") as file:
                rows = _rows_within(file, here)
            keys, documents = (rows.column(name).to_numpy() for name in POSTINGS.names)
            firsts = np.searchsorted(keys, here, side="left")
            stops = np.searchsorted(keys, here, side="right")
            for one, first, stop in zip(here, firsts, stops, strict=True):
                found[int(one)] = documents[first:stop].astype(np.int64)
    return found


def facts(segment: Segment, documents: Documents) -> pa.Table:
    """Return what became of documents, at least one: ``documents_schema`` in the order of their numbers."""
    wanted = distinct_integers(documents)
    parts = []
    for block in np.unique(wanted >> BLOCK_BITS):
        here = wanted[wanted >> BLOCK_BITS == block]
        with opened(storage.join(segment.folder, block_name(int(block))), "index") as file:
            rows = _rows_within(file, here)
        numbers = rows.column("document").to_numpy()
        parts.append(rows.filter(pa.array(np.isin(numbers, here))))
    return pa.concat_tables(parts)


def documents_between(segment: Segment, first: int, stop: int) -> npt.NDArray[np.int32]:
    """Return the numbers of the documents from one number on and before another: int32[n], ascending."""
    parts = [np.empty(0, np.int32)]
    for block in range(first >> BLOCK_BITS, ((stop - 1) >> BLOCK_BITS) + 1):
        name = block_name(block)
        if name in segment.names:
            with opened(storage.join(segment.folder, name), "index") as file:
                bounds = [file.metadata.row_group(n).column(0) for n in range(file.num_row_groups)]
                groups = [
                    number
                    for number, one in enumerate(bounds)
                    if one.statistics.max >= first and one.statistics.min < stop
                ]
                rows = file.read_row_groups(groups, ["document"], use_threads=False)
            parts.append(rows.column(0).to_numpy())
    numbers = np.concatenate(parts)
    return numbers[slice(*np.searchsorted(numbers, [first, stop]))]


def all_documents(segment: Segment) -> Documents:
    """Return the numbers of all documents of a segment."""
    found = [np.empty(0, np.int64)]
    for name in sorted(segment.names):
        if name.startswith("documents-"):
            with opened(storage.join(segment.folder, name), "index") as file:
                numbers = file.read(columns=["document"], use_threads=False).column(0)
            found.append(numbers.to_numpy().astype(np.int64))
    return np.concatenate(found)


def _rows_within(file: pq.ParquetFile, keys: npt.NDArray[np.int64]) -> pa.Table:
    """The row groups of a sorted file that may hold some values of its first column."""
    groups = sorted(set(_groups_within(file.metadata, keys)))
    return file.read_row_groups(groups, use_threads=False)


def _groups_within(footer: pq.FileMetaData, keys: npt.NDArray[np.int64]) -> Iterator[int]:
    bounds = [footer.row_group(n).column(0).statistics for n in range(footer.num_row_groups)]
    # Equal values may lie on both sides of a border: the smallest of each group alone would hide the
    # group in which they begin.
    firsts = np.searchsorted([one.max for one in bounds], keys, side="left")
    stops = np.searchsorted([one.min for one in bounds], keys, side="right")
    for first, stop in zip(firsts, stops, strict=True):
        yield from range(int(first), int(stop))

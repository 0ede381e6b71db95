"""Documents of two runs that are the same one: by id, else by address, else by text."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.inspection.run_tables import RunTables
from udfs.columns.string_views import string_views
from udfs.dedup.text_hashes import raw_hashes


class Moved(NamedTuple):
    """Documents of both inputs that only one of the two corpora has."""

    only_first: int
    only_second: int


class Matched(NamedTuple):
    """Documents of the first run that the second has, too, and by what; and those that only one has."""

    by_id: int
    by_url: int
    by_text: int
    only_first: int
    only_second: int


class _Documents(NamedTuple):
    """Documents of a run that are still to be matched: ``id, url, source_id, content_bytes, kept``."""

    tables: RunTables
    rows: pa.Table

    def places(self) -> pa.ChunkedArray:
        """Id and address, or without one what its source calls it, or without that its size in bytes.

        An id alone may name another document: of a file that has changed, or of one name another day.
        """
        ids, *told = (
            self.rows.column(name).cast(pa.string())
            for name in ("id", "url", "source_id", "content_bytes")
        )
        return pc.binary_join_element_wise(ids, pc.coalesce(*told, ""), " ")

    def addresses(self) -> pa.ChunkedArray:
        return self.rows.column("url")

    def texts(self) -> pa.ChunkedArray:
        """64-bit hashes of their texts; of what could not be read, of its bytes' hash."""
        ids = self.rows.column("id")
        hashes: dict[int, int | None] = {}
        for batch in self.tables.batches("extracted", ["id", "text", "content_hash"]):
            wanted = batch.filter(pc.is_in(batch.column("id"), value_set=ids.combine_chunks()))
            told = pc.coalesce(wanted.column("text"), wanted.column("content_hash"))
            known = told.is_valid().to_numpy(zero_copy_only=False)
            found = [
                int(value) if valid else None
                for value, valid in zip(raw_hashes(string_views(told)), known, strict=True)
            ]
            hashes.update(zip(wanted.column("id").to_pylist(), found, strict=True))
        return pa.chunked_array([pa.array([hashes.get(i) for i in ids.to_pylist()], pa.uint64())])

    def without(self, gone: npt.NDArray[np.bool_]) -> _Documents:
        return self._replace(rows=self.rows.filter(pa.array(~gone)))


def compare_documents(first: RunTables, second: RunTables) -> tuple[Matched, Moved]:
    """Match the documents of two runs: by id and what goes with it, the rest by address, then by text.

    Of several of one address or text all are the same document. Texts are read only where something is left.

    Raises:
        InputError: A run was not published, or a file cannot be read.
    """
    left, right = _documents(first), _documents(second)
    by, moved = [], Moved(0, 0)
    for key in (_Documents.places, _Documents.addresses, _Documents.texts):
        if not len(left.rows) or not len(right.rows):
            by.append(0)
            continue
        ours, theirs = key(left), key(right)
        known, known_there = _among(ours, theirs), _among(theirs, ours)
        by.append(int(known.sum()))
        moved = Moved(
            moved.only_first + _kept_alone(left, known, ours, right, theirs),
            moved.only_second + _kept_alone(right, known_there, theirs, left, ours),
        )
        left, right = left.without(known), right.without(known_there)
    return Matched(by[0], by[1], by[2], len(left.rows), len(right.rows)), moved


def _documents(tables: RunTables) -> _Documents:
    rows = tables.columns("extracted", ["id", "url", "source_id", "content_bytes"])
    corpus = tables.columns("corpus", ["id"]).column("id").combine_chunks()
    kept = pc.is_in(rows.column("id"), value_set=corpus)
    return _Documents(tables, rows.append_column("kept", kept))


def _among(keys: pa.ChunkedArray, others: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Which keys are among others; null is none."""
    found = pc.is_in(keys, value_set=others.drop_null().combine_chunks())
    return np.asarray(found.to_numpy(zero_copy_only=False))


def _kept_alone(
    here: _Documents,
    known: npt.NDArray[np.bool_],
    keys: pa.ChunkedArray,
    there: _Documents,
    others: pa.ChunkedArray,
) -> int:
    """How many of the known documents are kept here and not there."""
    kept = here.rows.column("kept").to_numpy(zero_copy_only=False)
    kept_there = _among(keys, others.filter(there.rows.column("kept")))
    return int((known & kept & ~kept_there).sum())

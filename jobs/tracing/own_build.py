"""A segment of an index made by this process: texts from Parquet to postings by its threads, no Spark."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.runtime.contract.document_ids import ROW_BITS
from jobs.runtime.contract.own_tasks import OwnTasks
from jobs.runtime.contract.table_parts import TablePart, each_part
from jobs.tracing.indexed_documents import (
    IndexedDocuments,
    RunFates,
    fates_of,
    rows_of,
)
from jobs.tracing.layout import POSTINGS, Segment, documents_schema
from jobs.tracing.sorted_files import write_documents, write_postings
from jobs.tracing.token_counts import write_counts
from udfs.text.token_batch import TokenRoom
from udfs.tracing.fingerprints import HASH_BITS, fingerprints, folded_tokens
from udfs.tracing.token_counts import COUNTERS, TokenCounts

_DOCUMENT_BITS: Final = np.uint64(64 - HASH_BITS)
MOST_ROWS: Final = 1 << (64 - HASH_BITS)
"""Rows of a segment made here: a posting is one number of 64 bits, hash before document."""
_PIECE_ROWS: Final = 1 << 20
_TEXTS_AT_ONCE: Final = 256


@dataclass
class OwnBuild:
    """Makes one segment.

    Attributes:
        source: The documents.
        fates: What became of a run's; None: a table of the user's.
        segment: What is made.
        table: Of ``fold_table``.
    """

    source: IndexedDocuments
    fates: RunFates | None
    segment: Segment
    table: npt.NDArray[np.int32]
    _postings: list[npt.NDArray[np.uint64]] = field(default_factory=list)
    _documents: list[pa.Table] = field(default_factory=list)
    _counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(COUNTERS, np.int64))
    _adding: threading.Lock = field(default_factory=threading.Lock)

    def write(self, tasks: OwnTasks) -> None:
        """Write the files of the segment."""
        paths = [self.segment.path(file) for file in self.segment.files]
        columns = [*self.segment.columns]
        if self.fates is not None:
            columns += ["status", "stage"]
        schema = pa.schema([self._field(name) for name in columns])
        each_part(tasks, paths, schema, columns, self._take)
        shift = self.segment.hash_bits - self.segment.bits
        list(write_postings(self.segment.folder, shift, self._sorted_postings()))
        list(write_documents(self.segment.folder, self._sorted_documents()))
        write_counts(self.segment.folder, self._counts)

    def _field(self, name: str) -> pa.Field:
        return pa.field(name, self.source.id_type if name == self.source.id_column else pa.string())

    def _take(self, part: TablePart) -> None:
        """Take the fingerprints of a part, and what became of its documents."""
        places = part.ids >> ROW_BITS
        borders = [0, *(np.flatnonzero(np.diff(places)) + 1).tolist(), len(places)]
        room, counts = TokenRoom(), TokenCounts(self.segment.text_bytes)
        for first, stop in itertools.pairwise(borders):
            if stop == first:
                continue  # a part of no rows
            file = self.segment.files[places[first]]
            rows = part.rows.slice(first, stop - first)
            numbers = (part.ids[first:stop] & ((1 << ROW_BITS) - 1)) + file.first
            kept = np.empty(0, np.int64) if self.fates is None else self.fates.kept
            rows = rows.rename_columns(["id", "text", *rows.column_names[2:]])
            chosen = rows_of(file.dataset, rows, kept)
            if not chosen.all():  # else every text would be copied
                rows, numbers = rows.filter(pa.array(chosen)), numbers[chosen]
            self._documents.append(
                fates_of(file.dataset, rows, numbers, self.fates, self.source.id_type)
            )
            self._take_texts(rows.column("text"), numbers, room, counts)
        with self._adding:
            self._counts += counts.counts

    def _take_texts(
        self,
        texts: pa.ChunkedArray,
        numbers: npt.NDArray[np.int64],
        room: TokenRoom,
        counts: TokenCounts,
    ) -> None:
        # A few at a time: the tokens of a whole part would be fresh memory, touched for the first time.
        for first in range(0, len(texts), _TEXTS_AT_ONCE):
            here = numbers[first : first + _TEXTS_AT_ONCE]
            hashes, offsets = folded_tokens(texts.slice(first, len(here)), self.table, room)
            counts.add(hashes, offsets, here)
            found = fingerprints(hashes, offsets, self.segment.hash_bits)
            documents = here[found.texts].astype(np.uint64)
            self._postings.append((found.hashes.astype(np.uint64) << _DOCUMENT_BITS) | documents)

    def _sorted_postings(self) -> Iterator[pa.RecordBatch]:
        keys = np.concatenate([np.empty(0, np.uint64), *self._postings])
        self._postings.clear()
        keys.sort()
        for first in range(0, len(keys), _PIECE_ROWS):
            piece = keys[first : first + _PIECE_ROWS]
            documents = piece & np.uint64(MOST_ROWS - 1)
            columns = [(piece >> _DOCUMENT_BITS).astype(np.int64), documents.astype(np.int32)]
            yield pa.record_batch([pa.array(column) for column in columns], schema=POSTINGS)

    def _sorted_documents(self) -> Iterator[pa.RecordBatch]:
        schema = documents_schema(self.source.id_type)
        tables = [schema.empty_table(), *self._documents]
        yield from pa.concat_tables(tables).sort_by("document").combine_chunks().to_batches()

"""The executors' side of an index made by Spark: texts from their files to postings, and those to files.

A task reads texts by Arrow from where they lie; through Java go names of files, packed postings and ids.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.contract.table_parts import READ_BYTES, group_batches
from jobs.runtime.errors import StoreReadError
from jobs.runtime.store import storage
from jobs.tracing.layout import COUNTS_NAME, POSTINGS, Segment
from jobs.tracing.look_up import documents_between
from jobs.tracing.sorted_files import write_documents, write_postings
from jobs.tracing.token_counts import write_counts
from udfs.text.folding import fold_table
from udfs.text.token_batch import TokenRoom
from udfs.tracing.fingerprints import fingerprints, folded_tokens
from udfs.tracing.posting_keys import PostingKeys
from udfs.tracing.token_counts import TokenCounts, unpacked

TEXT_TASKS: Final = pa.schema([
    ("path", pa.string()), ("first", pa.int64()), ("whole", pa.bool_()), ("part", pa.int32()),
    ("parts", pa.int32()),
])  # fmt: skip
"""What a task reads: every ``parts``-th row group of a file, numbers from ``first`` on; not ``whole``: the
documents alone that are told of."""
WRITTEN: Final = pa.schema([("file", pa.string()), ("rows", pa.int64())])
PACKED: Final = pa.schema([("bucket", pa.int32()), ("keys", pa.binary())])
COUNTED: Final = -1
"""Bucket of counts of tokens, which are dealt out beside the postings."""
_NUMBERED: Final = pa.schema([("document", pa.int32()), ("text", pa.string())])
_SENT_TOGETHER: Final = 1 << 20  # postings: 20 MB of a task, and 2 kB a row where buckets are 4,096
# In a row: what is larger than half a region Java's heap moves by itself.
_MOST_TOGETHER: Final = 1 << 13
_PIECE_ROWS: Final = 1 << 20


@dataclass(frozen=True)
class TextScan:
    """A function for mapInArrow: reads the texts that ``TEXT_TASKS`` name; yields ``document, text``.

    Attributes:
        segment: Its documents are written, and their files named.
    """

    segment: Segment

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield some texts at a time, never a whole row group."""
        for batch in batches:
            for task in batch.to_pylist():
                try:
                    yield from self._texts(**task)
                except OSError as error:
                    if storage.is_passing(task["path"], error):
                        raise StoreReadError(f"{task['path']}: {error}") from error
                    raise

    def _texts(
        self, path: str, first: int, whole: bool, part: int, parts: int
    ) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([(self.segment.columns[1], pa.string())])
        system, inner = storage.file_system(path)
        with pq.ParquetFile(inner, filesystem=system, buffer_size=READ_BYTES) as file:
            begin = first
            for group in range(file.num_row_groups):
                stop = begin + file.metadata.row_group(group).num_rows
                numbers = np.arange(begin, stop, dtype=np.int32)
                if group % parts == part:
                    if not whole:
                        numbers = documents_between(self.segment, begin, stop)
                    # Where nobody is told of, as in most of extracted/, nothing is unpacked.
                    if len(numbers):
                        yield from _chosen(group_batches(file, [group], schema), first, numbers)
                begin = stop


def _chosen(
    batches: Iterable[tuple[int, pa.RecordBatch]], first: int, numbers: npt.NDArray[np.int32]
) -> Iterator[pa.RecordBatch]:
    """The texts of some documents of a row group."""
    for row, batch in batches:
        begin = first + row
        here = numbers[slice(*np.searchsorted(numbers, [begin, begin + len(batch)]))]
        texts = batch.column(0)
        if len(here) < len(batch):
            texts = texts.take(pa.array(here - begin))
        yield pa.record_batch([pa.array(here), texts], schema=_NUMBERED)


@dataclass(frozen=True)
class PostingBatches:
    """A function for mapInArrow: texts to packed postings, many of a bucket in a row.

    A row a posting would cost Spark more than the text costs us.

    Attributes:
        han_variants: Of ``fold_table``.
        text_bytes: Of all texts, for the sample whose tokens are counted.
        keys: How postings are packed.
        scan: Reads the texts; None: they come as ``document, text``.
    """

    han_variants: tuple[tuple[int, int], ...]
    text_bytes: int
    keys: PostingKeys
    scan: TextScan | None = None

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the postings of the batches, and how often their tokens were seen."""
        table, room = fold_table(self.han_variants), TokenRoom()
        counts = TokenCounts(self.text_bytes)
        held: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]] = []
        for batch in batches if self.scan is None else self.scan(batches):
            documents = batch.column(0).to_numpy()
            hashes, offsets = folded_tokens(batch.column(1), table, room)
            counts.add(hashes, offsets, documents.astype(np.int64))
            found = fingerprints(hashes, offsets, self.keys.hash_bits)
            held.append((found.hashes, documents[found.texts]))
            if sum(len(one) for one, _ in held) >= _SENT_TOGETHER:
                yield self._rows(*map(np.concatenate, zip(*held, strict=True)))
                held = []
        if held:
            yield self._rows(*map(np.concatenate, zip(*held, strict=True)))
        counted = pa.array([counts.packed().tobytes()], pa.binary())
        yield pa.record_batch([pa.array([COUNTED], pa.int32()), counted], schema=PACKED)

    def _rows(
        self, hashes: npt.NDArray[np.int64], documents: npt.NDArray[np.int32]
    ) -> pa.RecordBatch:
        firsts, keys = self.keys.dealt(hashes, documents)
        rows = -(-np.diff(firsts) // _MOST_TOGETHER)  # of each bucket
        buckets = np.repeat(np.arange(len(rows), dtype=np.int32), rows)
        within = np.arange(len(buckets)) - np.repeat(np.cumsum(rows) - rows, rows)
        places = np.append(firsts[buckets] + within * _MOST_TOGETHER, len(keys)) * keys.itemsize
        buffers = [None, pa.py_buffer(places.astype(np.int32)), pa.py_buffer(keys)]
        packed = pa.Array.from_buffers(pa.binary(), len(buckets), buffers)
        return pa.record_batch([pa.array(buckets), packed], schema=PACKED)


@dataclass(frozen=True)
class PostingWriter:
    """A function for mapInArrow: writes packed postings, by bucket, as files; yields their names.

    Two attempts of a task write the same bytes under the same names, so that either may win.

    Attributes:
        folder: Of the segment.
        keys: How postings are packed.
    """

    folder: str
    keys: PostingKeys

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Sort and write the buckets of a task, one at a time."""
        rows = (
            (bucket, np.frombuffer(keys.as_buffer(), np.uint64))
            for batch in batches
            for bucket, keys in zip(batch.column(0).to_pylist(), batch.column(1), strict=True)
        )
        for bucket, group in itertools.groupby(rows, lambda row: row[0]):
            keys = np.concatenate([packed for _, packed in group])
            if bucket == COUNTED:
                write_counts(self.folder, unpacked(keys))
                yield from _told(iter([(COUNTS_NAME, len(keys))]))
                continue
            keys.sort()
            yield from _told(
                write_postings(self.folder, self.keys.bucket_shift, self._postings(bucket, keys))
            )

    def _postings(self, bucket: int, keys: npt.NDArray[np.uint64]) -> Iterator[pa.RecordBatch]:
        for place in range(0, len(keys), _PIECE_ROWS):
            columns = self.keys.postings(bucket, keys[place : place + _PIECE_ROWS])
            yield pa.record_batch([pa.array(column) for column in columns], schema=POSTINGS)


@dataclass(frozen=True)
class DocumentWriter:
    """As :class:`PostingWriter`, of what became of documents, by number.

    Attributes:
        folder: Of the segment.
        schema: Of the rows.
    """

    folder: str
    schema: pa.Schema

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Write the rows of a task."""
        yield from _told(write_documents(self.folder, (one.cast(self.schema) for one in batches)))


def _told(written: Iterator[tuple[str, int]]) -> Iterator[pa.RecordBatch]:
    for name, count in written:
        yield pa.RecordBatch.from_pylist([{"file": name, "rows": count}], schema=WRITTEN)

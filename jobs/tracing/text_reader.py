"""Texts of documents by their numbers, read where they lie and split into tokens once."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.contract.driver_tables import opened
from jobs.runtime.errors import InputError
from jobs.runtime.store import storage
from jobs.tracing.layout import Segment, TextFile
from udfs.tracing.fingerprints import folded_texts

ORIGIN: Final = ("source", "source_id", "url")
CONTEXT_CHARACTERS: Final = 240
_WIDEST: Final = 4  # bytes of a character
_BATCH_ROWS: Final = 256
_SPLIT_TOGETHER: Final = 64
_HELD_BYTES: Final = 64 << 20
_READ_BYTES: Final = 1 << 20
_GROUPS_AHEAD: Final = (
    4  # row groups that are unpacked side by side: Arrow lets go of Python's lock
)


@dataclass(frozen=True)
class TracedText:
    """The text of a document.

    Attributes:
        origin: ``source``, ``source_id`` and ``url``, where its file has them.
        file: Where it lies.
        row: Its row there.
        hashes: uint64[tokens], folded.
        start: int64[tokens]; first byte in ``data``.
        end: int64[tokens]; the byte after the last.
        data: uint8[bytes], in NFC where it held combining marks.
    """

    origin: dict[str, Any]
    file: TextFile
    row: int
    hashes: npt.NDArray[np.uint64]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    data: npt.NDArray[np.uint8]

    def passage(self, first: int, tokens: int) -> tuple[str, str, str]:
        """Return what stands before some tokens, they themselves, and what follows."""
        begin, stop = int(self.start[first]), int(self.end[first + tokens - 1])
        reach = CONTEXT_CHARACTERS * _WIDEST
        before = self.data[max(0, begin - reach) : begin].tobytes().decode("utf-8", "ignore")
        after = self.data[stop : stop + reach].tobytes().decode("utf-8", "ignore")
        match = self.data[begin:stop].tobytes().decode("utf-8", "replace")
        return before[-CONTEXT_CHARACTERS:], match, after[:CONTEXT_CHARACTERS]


@dataclass
class TextReader:
    """Reads texts and keeps the latest: the spans of an answer lie in the same documents.

    Attributes:
        table: Of ``fold_table``.
        unpacked: Row groups that were unpacked.
    """

    table: npt.NDArray[np.int32]
    unpacked: int = 0
    _held: OrderedDict[tuple[str, int], TracedText] = field(default_factory=OrderedDict)
    _bytes: int = 0

    def texts(
        self, segment: Segment, documents: npt.NDArray[np.int64]
    ) -> Iterator[tuple[int, TracedText]]:
        """Yield the number and the text of documents, in the order of their numbers.

        Args:
            segment: Of the index.
            documents: int64[n], ascending; none twice.

        Raises:
            InputError: A file is gone or has changed.
        """
        held = [self._held.get((segment.folder, int(one))) for one in documents]
        lacking = documents[np.array([one is None for one in held], np.bool_)]
        read = self._read(segment, lacking)
        for number, text in zip(documents.tolist(), held, strict=True):
            yield number, text or self._keep(segment.folder, number, next(read))

    def _keep(self, folder: str, number: int, text: TracedText) -> TracedText:
        self._held[folder, number] = text
        self._bytes += len(text.data)
        while self._bytes > _HELD_BYTES:
            _, oldest = self._held.popitem(last=False)
            self._bytes -= len(oldest.data)
        return text

    def _read(self, segment: Segment, documents: npt.NDArray[np.int64]) -> Iterator[TracedText]:
        """Texts of documents in their order, split some at a time: each time costs as much as a long text."""
        waiting: list[_Rows] = []
        for read in self._in_order(segment, documents):
            waiting += read
            many = sum(len(one.rows) for one in waiting) >= _SPLIT_TOGETHER
            if many or sum(one.texts.nbytes for one in waiting) >= _READ_BYTES:
                yield from self._split(waiting)
                waiting = []
        yield from self._split(waiting)

    def _in_order(
        self, segment: Segment, documents: npt.NDArray[np.int64]
    ) -> Iterator[list[_Rows]]:
        """Row groups with documents; the next ones are unpacked meanwhile."""
        with ThreadPoolExecutor(_GROUPS_AHEAD) as pool:
            ahead: deque[Future[list[_Rows]]] = deque()
            for wanted in _wanted_groups(segment, documents):
                self.unpacked += 1
                ahead.append(pool.submit(_unpacked, wanted))
                if len(ahead) > _GROUPS_AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def _split(self, read: list[_Rows]) -> Iterator[TracedText]:
        chunks = [chunk for one in read for chunk in one.texts.chunks]
        if not chunks:
            return
        texts = folded_texts(pa.chunked_array(chunks), self.table)
        place = 0
        for file, rows, _, origin_columns in read:
            origins = origin_columns.to_pylist() or [{}] * len(rows)
            for row, origin in zip(rows.tolist(), origins, strict=True):
                begin, stop = texts.text_offsets[place : place + 2]
                here = slice(*texts.offsets[place : place + 2])
                place += 1
                yield TracedText(
                    origin,
                    file,
                    row,
                    texts.hashes[here].copy(),
                    texts.start[here] - begin,
                    texts.end[here] - begin,
                    texts.data[begin:stop].copy(),
                )


class _Wanted(NamedTuple):
    """Rows of a row group: where it lies, its first row, int64 ascending of those wanted, the text column."""

    file: TextFile
    path: str
    footer: pq.FileMetaData
    group: int
    first: int
    rows: npt.NDArray[np.int64]
    column: str


class _Rows(NamedTuple):
    """Rows as they were read: their places in the file, their texts, and ``ORIGIN`` where the file has it."""

    file: TextFile
    rows: npt.NDArray[np.int64]
    texts: pa.ChunkedArray
    origins: pa.Table


def _wanted_groups(segment: Segment, documents: npt.NDArray[np.int64]) -> Iterator[_Wanted]:
    places = segment.file_of(documents)
    for place in np.unique(places):
        file = segment.files[place]
        path = segment.path(file)
        if not file.dataset:
            _require_unchanged(path, file)
        with opened(path) as parquet:
            footer = parquet.metadata
        rows = documents[places == place] - file.first
        sizes = [footer.row_group(group).num_rows for group in range(footer.num_row_groups)]
        firsts = np.cumsum([0, *sizes])
        groups = np.searchsorted(firsts, rows, side="right") - 1
        for group in np.unique(groups):
            here = rows[groups == group]
            yield _Wanted(
                file, path, footer, int(group), int(firsts[group]), here, segment.columns[1]
            )


def _unpacked(wanted: _Wanted) -> list[_Rows]:
    """Some rows of a row group, batch by batch; what lies behind the last is neither read nor unpacked."""
    found = []
    first = wanted.first
    with opened(wanted.path, footer=wanted.footer, read_bytes=_READ_BYTES) as file:
        names = [name for name in ORIGIN if _is_text(file.schema_arrow, name)]
        columns = [wanted.column, *names]
        for batch in file.iter_batches(_BATCH_ROWS, [wanted.group], columns, use_threads=False):
            stop = first + len(batch)
            here = wanted.rows[(wanted.rows >= first) & (wanted.rows < stop)]
            if len(here):
                rows = pa.Table.from_batches([batch]).take(pa.array(here - first))
                found.append(
                    _Rows(wanted.file, here, rows.column(wanted.column), rows.select(names))
                )
            first = stop
            if first > wanted.rows[-1]:
                break
    return found


def _is_text(schema: pa.Schema, name: str) -> bool:
    return name in schema.names and pa.types.is_string(schema.field(name).type)


def _require_unchanged(path: str, file: TextFile) -> None:
    try:
        size = storage.file_entry(path).size
    except OSError as error:
        raise InputError(
            f"{path} is gone ({error.strerror or error}), and with it the texts that were indexed: bring it "
            "back, or index the table again"
        ) from error
    if size != file.bytes:
        raise InputError(
            f"{path} changed since it was indexed: `corpusmill index TABLE OUTPUT` makes the index anew"
        )

"""Texts of documents by their numbers, read where they lie and split into tokens once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

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
_HELD_BYTES: Final = 64 << 20
_READ_BYTES: Final = 1 << 20


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
    """

    table: npt.NDArray[np.int32]
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
        places = segment.file_of(documents)
        for place in np.unique(places):
            file = segment.files[place]
            here = documents[places == place]
            held = [self._held.get((segment.folder, int(one))) for one in here]
            lacking = here[np.array([one is None for one in held], np.bool_)]
            read = self._read(segment, file, lacking - file.first) if len(lacking) else iter(())
            for number, text in zip(here.tolist(), held, strict=True):
                yield number, text or self._keep(segment.folder, number, next(read))

    def _keep(self, folder: str, number: int, text: TracedText) -> TracedText:
        self._held[folder, number] = text
        self._bytes += len(text.data)
        while self._bytes > _HELD_BYTES:
            _, oldest = self._held.popitem(last=False)
            self._bytes -= len(oldest.data)
        return text

    def _read(
        self, segment: Segment, file: TextFile, rows: npt.NDArray[np.int64]
    ) -> Iterator[TracedText]:
        path = segment.path(file)
        if not file.dataset:
            _require_unchanged(path, file)
        with opened(path) as parquet:
            names = [name for name in ORIGIN if _is_text(parquet.schema_arrow, name)]
            first = 0
            for group in range(parquet.num_row_groups):
                stop = first + parquet.metadata.row_group(group).num_rows
                here = rows[(rows >= first) & (rows < stop)] - first
                if len(here):
                    columns = [segment.columns[1], *names]
                    for place, table in _rows(parquet, group, here, columns):
                        yield from self._split(file, first + place, table, segment.columns[1])
                first = stop

    def _split(
        self, file: TextFile, rows: npt.NDArray[np.int64], table: pa.Table, column: str
    ) -> Iterator[TracedText]:
        texts = folded_texts(table.column(column), self.table)
        origins = table.drop_columns([column]).to_pylist()
        if not origins:
            origins = [{} for _ in rows]
        for place, (row, origin) in enumerate(zip(rows.tolist(), origins, strict=True)):
            begin, stop = texts.text_offsets[place : place + 2]
            here = slice(*texts.offsets[place : place + 2])
            yield TracedText(
                origin,
                file,
                row,
                texts.hashes[here].copy(),
                texts.start[here] - begin,
                texts.end[here] - begin,
                texts.data[begin:stop].copy(),
            )


def _rows(
    parquet: pq.ParquetFile, group: int, rows: npt.NDArray[np.int64], columns: list[str]
) -> Iterator[tuple[npt.NDArray[np.int64], pa.Table]]:
    """Some rows of a row group, batch by batch; what lies behind the last is not unpacked."""
    first = 0
    for batch in parquet.iter_batches(_BATCH_ROWS, [group], columns, use_threads=False):
        here = rows[(rows >= first) & (rows < first + len(batch))]
        if len(here):
            yield here, pa.Table.from_batches([batch]).take(pa.array(here - first)).select(columns)
        first += len(batch)
        if first > rows[-1]:
            return


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

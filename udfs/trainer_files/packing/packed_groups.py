"""Batches of documents in the order of packing → tables of packed rows, one a partition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.compiled import kernel
from udfs.columns.string_views import string_views
from udfs.trainer_files.packing.document_pieces import place_documents
from udfs.trainer_files.packing.row_facts import file_facts
from udfs.trainer_files.packing.settings import PackSettings
from udfs.trainer_files.packing.token_rows import RowLayout, build_rows
from udfs.trainer_files.tokenising.engines import TokenEngine

PARTITION, UNIT, COPY, ID, TEXT = "partition", "unit", "copy", "id", "text"
LABELS: Final = ("language", "source")
"""Columns that tokens are counted by, where a table has them."""
EMPTY, INVALID, NO_TOKEN = "empty_text", "invalid_utf8", "no_token"
ENGINE_BYTES: Final = 1 << 20  # text handed to an engine at once; more is no faster
MEBIBYTE: Final = 1 << 20
NO_ID: Final = -1


class FrameIds(NamedTuple):
    """Tokens that are no text; None for none.

    Attributes:
        bos: Before every document.
        eos: Behind every document.
        pad: Behind the last segment of a row.
    """

    bos: int | None
    eos: int | None
    pad: int


class PackedGroup(NamedTuple):
    """What is written of one partition, or of a part of one that was too large.

    Attributes:
        partition: Its number.
        part: 0, 1, 2... of the partition.
        rows: Table of ``token_rows.row_schema``.
        quarantined: Columns document_id and reason.
        facts: JSON-serialisable counts of what the table holds; see ``row_facts``.
    """

    partition: int
    part: int
    rows: pa.Table
    quarantined: pa.Table
    facts: dict[str, Any]


@dataclass
class _Documents:
    """Documents of a partition as they come."""

    ids: list[npt.NDArray[np.int32]] = field(default_factory=list)
    lengths: list[npt.NDArray[np.int64]] = field(default_factory=list)
    texts: list[npt.NDArray[np.int64]] = field(default_factory=list)  # their bytes
    columns: list[pa.RecordBatch] = field(default_factory=list)  # all but the text
    quarantined: list[tuple[Any, str]] = field(default_factory=list)
    part: int = 0

    @property
    def text_bytes(self) -> int:
        return int(sum(sizes.sum() for sizes in self.texts))

    @property
    def is_empty(self) -> bool:
        return not self.lengths and not self.quarantined


def packed_groups(
    batches: Iterable[pa.RecordBatch],
    engine: TokenEngine,
    settings: PackSettings,
    frame: FrameIds,
    id_type: pa.DataType,
) -> Iterator[PackedGroup]:
    """Tokenise and pack documents, one partition after the other.

    Args:
        batches: Columns partition (int32), unit (int64), copy (int32), id, text and any of ``LABELS``,
            sorted by partition, then in the order of packing.
        engine: Gives the ids.
        settings: Strategy, length, padding, seed and the bound in bytes of a partition.
        frame: BOS, EOS and padding.
        id_type: Type of the documents' ids.

    Yields:
        A group for each partition; two and more where its text passes ``partition_megabytes``.
    """
    held, current = _Documents(), None
    for batch in batches:
        for partition, rows in _by_partition(batch):
            if current is not None and partition != current:
                if not held.is_empty:
                    yield _packed(held, current, settings, frame, id_type)
                held = _Documents()
            current = partition
            for part in _small_parts(rows):
                _take_in(held, part, engine, frame)
                if held.text_bytes > settings.partition_megabytes * MEBIBYTE:
                    yield _packed(held, current, settings, frame, id_type)
                    held = _Documents(part=held.part + 1)
    if current is not None and not held.is_empty:
        yield _packed(held, current, settings, frame, id_type)


def _by_partition(batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    numbers = batch.column(PARTITION).to_numpy()
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[:1] - 1))
    for start, stop in zip(starts, [*starts[1:], len(numbers)], strict=True):
        yield int(numbers[start]), batch.slice(int(start), int(stop - start))


def _small_parts(rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Consecutive rows of at most ``ENGINE_BYTES`` of text; a longer text stands alone."""
    ends = string_views(rows.column(TEXT)).offsets[1:]
    start, before = 0, 0
    while start < len(ends):
        stop = max(start + 1, int(np.searchsorted(ends, before + ENGINE_BYTES, side="right")))
        yield rows.slice(start, stop - start)
        start, before = stop, int(ends[stop - 1])


def _take_in(held: _Documents, rows: pa.RecordBatch, engine: TokenEngine, frame: FrameIds) -> None:
    texts, reasons = _readable(rows.column(TEXT))
    tokens = engine.encode(texts)
    for place in np.flatnonzero(np.diff(tokens.offsets) == 0):
        reasons[place] = reasons[place] or NO_TOKEN
    refused = [place for place, reason in enumerate(reasons) if reason]
    identifiers = rows.column(ID)
    copies = rows.column(COPY)
    held.quarantined += [
        (identifiers[place].as_py(), str(reasons[place]))
        for place in refused
        if not copies[place].as_py()  # a document that is seen twice is refused once
    ]
    kept = np.ones(len(texts), np.bool_)
    kept[refused] = False
    framed = _framed(
        tokens.ids,
        tokens.offsets,
        kept,
        NO_ID if frame.bos is None else frame.bos,
        NO_ID if frame.eos is None else frame.eos,
    )
    added = (frame.bos is not None) + (frame.eos is not None)
    held.ids.append(framed)
    held.lengths.append(np.diff(tokens.offsets)[kept] + added)
    held.texts.append(np.diff(string_views(rows.column(TEXT)).offsets)[kept])
    columns = [name for name in rows.schema.names if name not in (TEXT, PARTITION)]
    held.columns.append(rows.select(columns).filter(pa.array(kept)))


def _readable(column: pa.Array) -> tuple[list[str], list[str | None]]:
    """The texts, "" for what cannot be read, and why."""
    try:
        texts = column.to_pylist()
        return [text or "" for text in texts], [None if text else EMPTY for text in texts]
    except UnicodeDecodeError:
        pass
    read: list[str] = []
    reasons: list[str | None] = []
    for content in column.cast(pa.binary() if column.type == pa.string() else pa.large_binary()):
        try:
            text, reason = (content.as_py() or b"").decode("utf-8"), None
        except UnicodeDecodeError:
            text, reason = "", INVALID
        read.append(text)
        reasons.append(reason or (None if text else EMPTY))
    return read, reasons


@kernel
def _framed(
    ids: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    kept: npt.NDArray[np.bool_],
    bos: int,
    eos: int,
) -> npt.NDArray[np.int32]:
    """The ids of kept documents with BOS and EOS around each; a negative id is left out."""
    size = 0
    for place in range(len(kept)):
        if kept[place]:
            size += offsets[place + 1] - offsets[place] + (bos >= 0) + (eos >= 0)
    framed = np.empty(size, np.int32)
    target = 0
    for place in range(len(kept)):
        if not kept[place]:
            continue
        if bos >= 0:
            framed[target] = bos
            target += 1
        length = offsets[place + 1] - offsets[place]
        framed[target : target + length] = ids[offsets[place] : offsets[place + 1]]
        target += length
        if eos >= 0:
            framed[target] = eos
            target += 1
    return framed


def _packed(
    held: _Documents,
    partition: int,
    settings: PackSettings,
    frame: FrameIds,
    id_type: pa.DataType,
) -> PackedGroup:
    tokens = _joined(held.ids, np.int32)
    lengths = _joined(held.lengths, np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    columns = pa.Table.from_batches(held.columns) if held.columns else None
    units = np.zeros(0, np.int64) if columns is None else columns.column(UNIT).to_numpy()
    identifiers = pa.array([], id_type) if columns is None else columns.column(ID).combine_chunks()
    if isinstance(identifiers, pa.ChunkedArray):  # older Arrow keeps the chunks where there is none
        identifiers = pa.concat_arrays(identifiers.chunks)
    pieces = place_documents(
        settings.strategy, offsets, units, settings.length, settings.seed + partition
    )
    layout = RowLayout(settings.length, frame.pad if settings.padded else None)
    rows = build_rows(tokens, offsets, identifiers, pieces, layout)
    facts = file_facts(rows, lengths, pieces, _joined(held.texts, np.int64), _labels(columns))
    facts["quarantined"] = dict(Counter(reason for _, reason in held.quarantined))
    return PackedGroup(partition, held.part, rows, _quarantine(held, id_type), facts)


def _labels(columns: pa.Table | None) -> dict[str, list[Any]]:
    names = (
        []
        if columns is None
        else [name for name in (*LABELS, COPY) if name in columns.column_names]
    )
    return {name: columns.column(name).to_pylist() for name in names} if columns is not None else {}


def _joined(arrays: Sequence[npt.NDArray[Any]], dtype: Any) -> npt.NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype)


def _quarantine(held: _Documents, id_type: pa.DataType) -> pa.Table:
    identifiers, reasons = zip(*held.quarantined, strict=True) if held.quarantined else ((), ())
    return pa.table(
        {
            "document_id": pa.array(identifiers, id_type),
            "reason": pa.array(reasons, pa.string()),
        }
    )

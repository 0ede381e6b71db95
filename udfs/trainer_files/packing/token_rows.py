"""Rows of tokens as an Arrow table, the canonical form: nothing about their boundaries is left to guess."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.compiled import kernel
from udfs.trainer_files.packing.document_pieces import PlacedPieces

METADATA_KEY: Final = b"corpusmill.pack"
"""Key of the JSON in a file's Parquet metadata: tokeniser, settings, and what the file holds."""


def row_schema(id_type: pa.DataType) -> pa.Schema:
    """Return the columns of packed rows.

    Args:
        id_type: Type of the documents' ids.
    """
    return pa.schema(
        [
            # The ids of the row's tokens, padding last.
            ("input_ids", pa.list_(pa.int32())),
            # Tokens of each segment, 1 or more; with the padding they add up to the row.
            ("segment_lengths", pa.list_(pa.int32())),
            # The document of each segment.
            ("document_ids", pa.list_(id_type)),
            # The segment begins in the middle of its document.
            ("is_continuation", pa.list_(pa.bool_())),
            # Tokens of its document that lie before the segment: what puts a long document together.
            ("document_offsets", pa.list_(pa.int32())),
            # Padding tokens at the end of the row.
            ("padding", pa.int32()),
        ]
    )


class RowLayout(NamedTuple):
    """How long rows are and what fills them.

    Attributes:
        length: Tokens of a full row.
        pad_id: What fills a row up; None leaves rows as long as what they hold.
    """

    length: int
    pad_id: int | None


def build_rows(
    tokens: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    document_ids: pa.Array,
    pieces: PlacedPieces,
    layout: RowLayout,
) -> pa.Table:
    """Return placed pieces as rows of ``row_schema``.

    Args:
        tokens: int32[tokens] of all documents.
        offsets: int64[documents + 1] into them.
        document_ids: Id of each document.
        pieces: Where they go.
        layout: Length and padding.
    """
    rows = int(pieces.row[-1]) + 1 if len(pieces.row) else 0
    segments = np.bincount(pieces.row, minlength=rows)
    held = np.bincount(pieces.row, weights=pieces.length, minlength=rows).astype(np.int64)
    full = held if layout.pad_id is None else np.full(rows, layout.length)
    starts = _offsets(full)
    ids = np.full(int(starts[-1]), layout.pad_id or 0, np.int32)
    _copy_pieces(tokens, pieces.start, pieces.length, pieces.row, starts, ids)
    lists = _offsets(segments)
    before = pieces.start - offsets[pieces.document]
    schema = row_schema(document_ids.type)
    return pa.Table.from_arrays(
        [
            _lists(starts, pa.array(ids)),
            _lists(lists, pa.array(pieces.length.astype(np.int32))),
            _lists(lists, document_ids.take(pa.array(pieces.document))),
            _lists(lists, pa.array(before > 0)),
            _lists(lists, pa.array(before.astype(np.int32))),
            pa.array((full - held).astype(np.int32)),
        ],
        schema=schema,
    )


def _offsets(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def _lists(offsets: npt.NDArray[np.int64], values: pa.Array) -> pa.Array:
    if offsets[-1] > np.iinfo(np.int32).max:
        raise ValueError(
            f"{offsets[-1]} tokens do not fit one list column, which holds 2**31: lower "
            "pack.partition_megabytes or pack.partition_documents"
        )
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values)


@kernel
def _copy_pieces(
    tokens: npt.NDArray[np.int32],
    starts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    row_starts: npt.NDArray[np.int64],
    target: npt.NDArray[np.int32],
) -> None:
    """Copy each piece behind those that its row already has; pieces come by row."""
    place = 0
    for piece in range(len(starts)):
        if piece == 0 or rows[piece] != rows[piece - 1]:
            place = row_starts[rows[piece]]
        source, length = starts[piece], lengths[piece]
        target[place : place + length] = tokens[source : source + length]
        place += length


class RowBatch(NamedTuple):
    """The columns of packed rows as flat arrays, without copies.

    Attributes:
        ids: int32[tokens] of all rows, padding included.
        row_offsets: int64[rows + 1] into ``ids``.
        segment_lengths: int32[segments].
        segment_offsets: int64[rows + 1] into the segments.
        document_offsets: int32[segments]; 0 where a document begins.
        padding: int32[rows].
        document_ids: The document of each segment.
    """

    ids: npt.NDArray[np.int32]
    row_offsets: npt.NDArray[np.int64]
    segment_lengths: npt.NDArray[np.int32]
    segment_offsets: npt.NDArray[np.int64]
    document_offsets: npt.NDArray[np.int32]
    padding: npt.NDArray[np.int32]
    document_ids: pa.Array


def row_batch(batch: pa.RecordBatch | pa.Table) -> RowBatch:
    """View a batch of packed rows as flat arrays."""
    ids, row_offsets = _flat(batch.column("input_ids"))
    lengths, segment_offsets = _flat(batch.column("segment_lengths"))
    before, _ = _flat(batch.column("document_offsets"))
    documents, _ = _flat(batch.column("document_ids"))
    return RowBatch(
        ids.to_numpy(),
        row_offsets,
        lengths.to_numpy(),
        segment_offsets,
        before.to_numpy(),
        batch.column("padding").to_numpy(),
        documents,
    )


def _flat(column: Any) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # older Arrow keeps the chunks where there is none
            column = pa.concat_arrays(column.chunks)
    offsets = column.offsets.to_numpy().astype(np.int64)
    return column.flatten(), offsets - offsets[0]

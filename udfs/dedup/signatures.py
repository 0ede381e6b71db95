"""From texts to everything that duplicate removal compares: some 330 bytes a document.

Text is read here once and never leaves its place: only ids, hashes, band keys and sketches go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.string_views import StringViews, string_views
from udfs.dedup.keep_order import KeepPolicy, order_keys, preference_buckets
from udfs.dedup.minhash import band_keys, permutations, signatures, sketches
from udfs.dedup.shingles import Shingles, character_shingles, word_shingles
from udfs.dedup.similarity import distinct_sorted
from udfs.dedup.text_hashes import normalised_hashes, raw_hashes
from udfs.text.tokenising import tokenise

SIGNATURE_FORMAT: Final = 1
"""Raised whenever the same text and plan give other hashes or keys: old signatures are refused then."""

PIECE_BYTES: Final = 4 << 20  # text at a time: its tokens take up to fifteen times the room

_SIGNED_COLUMNS: Final = ("id", "text", "address", "scope", "keep_value")
SIGNATURE_SCHEMA: Final = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("order_key", pa.int64(), nullable=False),
        pa.field("text_hash_high", pa.int64()),  # null: no text, so no copy of anything
        pa.field("text_hash_low", pa.int64()),
        pa.field("band_keys", pa.list_(pa.int64())),  # empty: nothing to compare
        pa.field("sketch", pa.binary()),
    ]
)
SHINGLE_SET_SCHEMA: Final = pa.schema(
    [("root", pa.int64()), ("id", pa.int64()), ("set", pa.binary())]
)


@dataclass(frozen=True)
class ShinglePlan:
    """What a shingle is: its unit, and its length in spaced and in unspaced scripts."""

    unit: Literal["words", "characters"]
    spaced_length: int
    unspaced_length: int


@dataclass(frozen=True)
class SigningPlan:
    """All that decides a signature row."""

    shingle: ShinglePlan
    bands: int
    rows: int
    seed: int
    key_bits: int
    keep: KeepPolicy


def sign_documents(
    batches: Iterable[pa.RecordBatch], plan: SigningPlan
) -> Iterator[pa.RecordBatch]:
    """Sign every document (for ``mapInArrow``).

    Args:
        batches: id int64, text string, address string, scope string, keep_value float64. Documents
            whose scopes differ share neither hash nor key nor place in the order, so they never meet;
            null and the empty string are one scope. Further columns are passed on.
        plan: What to compute.

    Yields:
        Batches of ``SIGNATURE_SCHEMA`` and the further columns, one row a document, in order.
    """
    for batch in batches:
        for piece in pieces(batch, "text"):
            yield _sign(piece, plan)


def shingle_sets(batches: Iterable[pa.RecordBatch], plan: ShinglePlan) -> Iterator[pa.RecordBatch]:
    """The set of shingle hashes of each document, as sorted little-endian uint32 (``mapInArrow``).

    Args:
        batches: root int64, id int64, text string.
        plan: What a shingle is.

    Yields:
        Batches of ``SHINGLE_SET_SCHEMA``.
    """
    for batch in batches:
        for piece in pieces(batch, "text"):
            sets = distinct_sorted(_shingles(piece.column("text"), plan)[0])
            data = pa.py_buffer(sets.hashes.astype("<u4", copy=False))
            column = pa.Array.from_buffers(
                pa.large_binary(), len(piece), [None, pa.py_buffer(sets.offsets * 4), data]
            )
            yield pa.record_batch(
                [piece.column("root"), piece.column("id"), column.cast(pa.binary())],
                schema=SHINGLE_SET_SCHEMA,
            )


def pieces(batch: pa.RecordBatch, column: str) -> Iterator[pa.RecordBatch]:
    """Cut a batch so that each piece holds at most ``PIECE_BYTES`` of text, or a single row."""
    ends = string_views(batch.column(column)).offsets[1:]
    start = 0
    while start < len(batch):
        before = int(ends[start - 1]) if start else 0
        stop = int(np.searchsorted(ends, before + PIECE_BYTES, side="right"))
        stop = max(stop, start + 1)
        yield batch.slice(start, stop - start)
        start = stop


def _shingles(column: pa.Array, plan: ShinglePlan) -> tuple[Shingles, StringViews]:
    """The shingles, and the text they were made of (composed to NFC)."""
    views = string_views(column)
    if plan.unit == "characters":
        return character_shingles(views.data, views.offsets, length=plan.spaced_length), views
    tokens = tokenise(column)
    shingles = word_shingles(
        tokens.token_hash,
        tokens.token_offsets,
        tokens.token_unspaced,
        spaced_length=plan.spaced_length,
        unspaced_length=plan.unspaced_length,
    )
    return shingles, StringViews(tokens.data, tokens.text_offsets, views.valid)


def _sign(batch: pa.RecordBatch, plan: SigningPlan) -> pa.RecordBatch:
    text = string_views(batch.column("text"))
    shingles, composed = _shingles(batch.column("text"), plan.shingle)
    drawn = permutations(plan.bands * plan.rows, plan.seed)
    values = signatures(shingles, drawn)
    comparable = np.diff(shingles.offsets) > 0
    scope = raw_hashes(string_views(batch.column("scope")))
    hashes = normalised_hashes(composed)
    keys = band_keys(values, plan.bands, plan.rows, plan.key_bits).view(np.uint64)
    absent = ~text.valid
    arrays = [
        batch.column("id"),
        pa.array(_order(batch, text, scope, plan.keep)),
        pa.array((hashes[:, 0] ^ scope).view(np.int64), mask=absent),
        pa.array(hashes[:, 1].view(np.int64), mask=absent),
        _lists((keys ^ scope[:, np.newaxis]).view(np.int64), comparable),
        _binaries(sketches(values), comparable),
    ]
    carried = [field for field in batch.schema if field.name not in _SIGNED_COLUMNS]
    arrays += [batch.column(field.name) for field in carried]
    return pa.record_batch(arrays, schema=pa.schema([*SIGNATURE_SCHEMA, *carried]))


def _order(
    batch: pa.RecordBatch, text: StringViews, scope: npt.NDArray[np.uint64], keep: KeepPolicy
) -> npt.NDArray[np.int64]:
    values = batch.column("keep_value").cast(pa.float64())
    quantities = values.fill_null(np.nan).to_numpy(zero_copy_only=False)
    buckets = preference_buckets(keep, np.diff(text.offsets), quantities)
    # An absent address hashes to 0, as the empty text does.
    address = raw_hashes(string_views(batch.column("address")))
    # Components name documents by these keys: the same page in two scopes must have two.
    origin = address ^ (scope * np.uint64(0xD6E8FEB86659FD93))
    return order_keys(keep, buckets, raw_hashes(text), origin)


def _lists(keys: npt.NDArray[np.int64], wanted: npt.NDArray[np.bool_]) -> pa.Array:
    lengths = np.where(wanted, keys.shape[1], 0)
    offsets = np.zeros(len(keys) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(keys[wanted].ravel()))


def _binaries(rows: npt.NDArray[np.uint8], wanted: npt.NDArray[np.bool_]) -> pa.Array:
    offsets = np.zeros(len(rows) + 1, np.int32)
    np.cumsum(np.where(wanted, rows.shape[1], 0), out=offsets[1:])
    validity = pa.py_buffer(np.packbits(wanted, bitorder="little"))
    buffers = [validity, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows[wanted]))]
    return pa.Array.from_buffers(pa.binary(), len(rows), buffers)

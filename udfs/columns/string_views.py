"""Arrow string columns as numpy views: what every compiled kernel reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_WIDE_TYPES = (pa.large_string(), pa.large_binary())
_NARROW_TYPES = (pa.string(), pa.binary())


class StringViews(NamedTuple):
    """The bytes of a string column, readable without copying them.

    Attributes:
        data: uint8[bytes], read-only; the texts one after the other.
        offsets: int64[rows + 1]; text ``i`` is ``data[offsets[i]:offsets[i + 1]]``; starts at 0.
        valid: bool[rows]; False where the row is null (its text is then empty).
    """

    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    valid: npt.NDArray[np.bool_]


def string_views(column: pa.Array | pa.ChunkedArray) -> StringViews:
    """View a string or binary column as bytes and offsets.

    Copies no text, with two exceptions: a ``ChunkedArray`` of several chunks is joined, and a null
    row that hides bytes (Arrow allows it) has them removed.

    Args:
        column: string, large_string, binary or large_binary; may be sliced.

    Returns:
        The views; ``data`` stays valid as long as this tuple lives.

    Raises:
        ValueError: If the column has another type.
    """
    array = _single_array(column)
    if array.type not in _WIDE_TYPES + _NARROW_TYPES:
        raise ValueError(
            f"a column of type {array.type} has no text: wanted string, large_string, binary or "
            "large_binary; cast it first (pyarrow.compute.cast)"
        )
    rows = len(array)
    if rows == 0:
        return StringViews(
            read_only(np.empty(0, np.uint8)), np.zeros(1, np.int64), np.empty(0, np.bool_)
        )
    valid = _validity(array)
    offsets = _raw_offsets(array)
    if not valid.all() and np.any(np.diff(offsets)[~valid]):
        array = pc.fill_null(array, b"" if pa.types.is_binary(array.type) else "")
        offsets = _raw_offsets(array)
    first, last = int(offsets[0]), int(offsets[-1])
    buffer = array.buffers()[2]
    if buffer is None or last == first:
        data = np.empty(0, np.uint8)
    else:
        data = np.frombuffer(buffer, dtype=np.uint8)[first:last]
    return StringViews(read_only(data), offsets - first, valid)


def read_only(array: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A view that numba types as read-only, so that kernels compile for one type only."""
    view = array.view()
    view.flags.writeable = False
    return view


def replace_rows(views: StringViews, changed: Mapping[int, bytes]) -> StringViews:
    """Give some rows other texts.

    Args:
        views: The texts.
        changed: New text by row, in ascending order of rows.

    Returns:
        New data and offsets; the same validity.
    """
    lengths = np.diff(views.offsets)
    for row, text in changed.items():
        lengths[row] = len(text)
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    data = np.empty(int(offsets[-1]), np.uint8)
    source, target = 0, 0
    for row, text in changed.items():
        kept = int(views.offsets[row]) - source
        data[target : target + kept] = views.data[source : source + kept]
        target += kept
        data[target : target + len(text)] = np.frombuffer(text, np.uint8)
        source, target = int(views.offsets[row + 1]), target + len(text)
    data[target:] = views.data[source:]
    return StringViews(read_only(data), offsets, views.valid)


def views_to_array(views: StringViews, arrow_type: pa.DataType) -> pa.Array:
    """The reverse of ``string_views``, without copying the text.

    Args:
        views: The texts; their bytes are not checked.
        arrow_type: string, large_string, binary or large_binary.

    Raises:
        ValueError: If the texts are too long for 32-bit offsets.
    """
    wide = arrow_type in _WIDE_TYPES
    if not wide and views.offsets[-1] > np.iinfo(np.int32).max:
        raise ValueError(
            f"{views.offsets[-1]} bytes of text do not fit a column of type {arrow_type}, which "
            "holds 2 GiB; use large_string or smaller batches"
        )
    offsets = views.offsets.astype(np.int64 if wide else np.int32)
    validity = None
    if not views.valid.all():
        validity = pa.py_buffer(np.packbits(views.valid, bitorder="little").tobytes())
    buffers = [validity, pa.py_buffer(offsets), pa.py_buffer(views.data)]
    return pa.Array.from_buffers(arrow_type, len(views.valid), buffers)


def _single_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    if column.type in _NARROW_TYPES:
        wide = pa.large_binary() if column.type == pa.binary() else pa.large_string()
        column = column.cast(wide)  # joined chunks may pass the 2 GiB that 32-bit offsets reach
    if column.num_chunks == 0:
        return pa.array([], type=column.type)
    return pa.concat_arrays(column.chunks)


def _validity(array: pa.Array) -> npt.NDArray[np.bool_]:
    if array.null_count == 0:
        return np.ones(len(array), np.bool_)
    valid: npt.NDArray[np.bool_] = array.is_valid().to_numpy(zero_copy_only=False)
    return valid


def _raw_offsets(array: pa.Array) -> npt.NDArray[np.int64]:
    width = np.int64 if array.type in _WIDE_TYPES else np.int32
    start = array.offset
    stop = start + len(array) + 1
    offsets = np.frombuffer(array.buffers()[1], dtype=width, count=stop)[start:stop]
    return offsets.astype(np.int64)

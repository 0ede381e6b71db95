import numpy as np
import pyarrow as pa
import pytest

from udfs.columns.string_views import StringViews, replace_rows, string_views, views_to_array

TYPES = [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()]


def texts_of(views: StringViews) -> list[bytes | None]:
    return [
        views.data[start:stop].tobytes() if valid else None
        for start, stop, valid in zip(views.offsets, views.offsets[1:], views.valid, strict=False)
    ]


@pytest.mark.parametrize("arrow_type", TYPES, ids=str)
def test_bytes_offsets_and_nulls_are_those_of_the_column(arrow_type: pa.DataType) -> None:
    column = pa.array([b"one", None, b"", "zwei中".encode()]).cast(arrow_type)
    views = string_views(column)
    assert texts_of(views) == [b"one", None, b"", "zwei中".encode()]
    assert views.data.dtype == np.uint8
    assert views.offsets.dtype == np.int64


@pytest.mark.parametrize("arrow_type", TYPES, ids=str)
def test_slices_start_at_zero(arrow_type: pa.DataType) -> None:
    column = pa.array([b"skipped", b"a", None, b"bcd", b"skipped too"]).cast(arrow_type)
    views = string_views(column.slice(1, 3))
    assert texts_of(views) == [b"a", None, b"bcd"]
    assert views.offsets[0] == 0
    assert len(views.data) == 4


def test_slices_are_read_from_the_buffer_itself() -> None:
    column = pa.array(["abc" * 1000, "def" * 1000])
    views = string_views(column)
    assert views.data.ctypes.data == column.buffers()[2].address
    assert not views.data.flags.writeable


@pytest.mark.parametrize(
    "column",
    [
        pa.array([], pa.string()),
        pa.array(["x"]).slice(1),
        pa.chunked_array([], pa.string()),
        pa.chunked_array([pa.array([], pa.string()), pa.array([], pa.string())]),
    ],
)
def test_no_rows(column: pa.Array | pa.ChunkedArray) -> None:
    views = string_views(column)
    assert views.offsets.tolist() == [0]
    assert len(views.data) == 0
    assert len(views.valid) == 0


def test_all_null_rows_have_no_bytes() -> None:
    views = string_views(pa.array([None, None], pa.string()))
    assert views.offsets.tolist() == [0, 0, 0]
    assert views.valid.tolist() == [False, False]


def test_bytes_hidden_under_a_null_are_removed() -> None:
    offsets = pa.py_buffer(np.array([0, 3, 6], np.int32).tobytes())
    validity = pa.py_buffer(bytes([0b10]))
    column = pa.Array.from_buffers(pa.string(), 2, [validity, offsets, pa.py_buffer(b"badyes")])
    assert texts_of(string_views(column)) == [None, b"yes"]


@pytest.mark.parametrize("arrow_type", TYPES, ids=str)
def test_chunks_are_joined_in_order(arrow_type: pa.DataType) -> None:
    column = pa.chunked_array([[b"a", None], [], [b"bc"]], pa.binary()).cast(arrow_type)
    assert texts_of(string_views(column)) == [b"a", None, b"bc"]


def test_single_chunk_is_not_copied() -> None:
    chunk = pa.array(["abc"])
    assert string_views(pa.chunked_array([chunk])).data.ctypes.data == chunk.buffers()[2].address


def test_other_types_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"int64.*wanted string"):
        string_views(pa.array([1, 2]))


def test_rows_are_replaced_and_the_others_kept() -> None:
    views = string_views(pa.array(["one", None, "three", "four"]))
    replaced = replace_rows(views, {0: b"", 2: "längér".encode()})
    assert texts_of(replaced) == [b"", None, "längér".encode(), b"four"]
    assert texts_of(views) == [b"one", None, b"three", b"four"]


@pytest.mark.parametrize("arrow_type", TYPES, ids=str)
def test_views_become_the_column_again(arrow_type: pa.DataType) -> None:
    column = pa.array([b"skipped", b"a", None, "zwei中".encode(), b""]).cast(arrow_type).slice(1)
    restored = views_to_array(string_views(column), arrow_type)
    restored.validate(full=True)
    assert restored.equals(column)
    assert views_to_array(string_views(column[:0]), arrow_type).to_pylist() == []


def test_more_than_two_gibibytes_need_a_large_type() -> None:
    views = StringViews(np.empty(0, np.uint8), np.array([0, 1 << 31]), np.ones(1, np.bool_))
    with pytest.raises(ValueError, match=r"2147483648 bytes of text do not fit.*use large_string"):
        views_to_array(views, pa.string())

"""Rows of packed Parquet: all of them, in an order that a seed sets and that goes on from anywhere."""

import itertools
from pathlib import Path

import numpy as np
import pytest

import jobs.models.reference.row_stream as row_stream
from jobs.models.reference.row_stream import PackedRow, RowStream
from jobs.packing.opened_rows import open_rows
from jobs.runtime.errors import InputError
from tests.packed_files import packed_file
from tests.packed_folder import SETTINGS, documents, packed_folder
from udfs.trainer_files.packing.settings import PackSettings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed_folder(tmp_path_factory.mktemp("rows") / "run", documents(150), partitions=6)


@pytest.fixture(scope="module")
def paths(folder: Path) -> list[str]:
    return open_rows(str(folder)).paths("train")


def taken(stream: RowStream, count: int, seed: int = 0, first: int = 0) -> list[bytes]:
    return [row.ids.tobytes() for row in itertools.islice(stream.shuffled(seed, first), count)]


WINDOWS = [1, 2_000, 1 << 20]  # a row group, some of them, all


@pytest.mark.parametrize("window", WINDOWS)
def test_an_epoch_has_every_row_once(paths: list[str], window: int) -> None:
    stream = RowStream(paths, window)
    in_order = [row.ids.tobytes() for row in stream.in_order()]
    epochs = taken(stream, 2 * stream.rows)
    first, second = epochs[: stream.rows], epochs[stream.rows :]
    assert len(in_order) == stream.rows > 20
    assert sorted(first) == sorted(second) == sorted(in_order)
    assert first != second
    assert first != in_order


@pytest.mark.parametrize("window", WINDOWS)
def test_it_goes_on_from_any_row(paths: list[str], window: int) -> None:
    stream = RowStream(paths, window)
    whole = taken(stream, 3 * stream.rows, seed=3)
    for first in (0, 1, stream.rows - 1, stream.rows, 2 * stream.rows + 7):
        assert taken(stream, 5, 3, first) == whole[first : first + 5]


def test_a_seed_sets_the_order(paths: list[str]) -> None:
    stream = RowStream(paths)
    assert taken(stream, 20, seed=1) == taken(RowStream(paths), 20, seed=1)
    assert taken(stream, 20, seed=1) != taken(stream, 20, seed=2)


def test_no_more_than_a_window_is_held_and_what_is_left_out_is_not_read(
    paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    inner = row_stream._read

    def counted(groups):  # type: ignore[no-untyped-def]
        read.append(sum(group.rows for group in groups) * SETTINGS.length)
        return inner(groups)

    monkeypatch.setattr(row_stream, "_read", counted)
    stream = RowStream(paths, 2_000)
    taken(stream, stream.rows)
    assert len(read) > 2
    largest_group = max(group.rows for group in stream._groups) * SETTINGS.length
    assert max(read) <= max(2_000, largest_group)
    whole, read[:] = len(read), []
    taken(stream, 1, first=stream.rows - 1)
    assert len(read) == 1 < whole


def test_a_row_tells_its_documents(paths: list[str]) -> None:
    rows = list(RowStream(paths).in_order())
    seen = [document.as_py() for row in rows for document in row.documents]
    begun = [not continued for row in rows for continued in row.continued]
    assert sorted(set(seen)) == list(range(150))
    assert sum(begun) == 150 < len(begun)
    for row in rows:
        assert row.segment_lengths.sum() + row.padding == len(row.ids)


def test_predicted_tokens_are_all_of_a_segment_but_its_first() -> None:
    lengths = np.array([3, 2], np.int32)
    row = PackedRow(np.arange(8, dtype=np.int32), lengths, 3, ["a", "b"], np.zeros(2, bool))
    assert row.predicted == 2 + 1


def test_a_table_that_is_not_packed_is_refused(tmp_path: Path) -> None:
    packed_file(tmp_path / "rows.parquet").close()
    with pytest.raises(InputError, match="was not written by `corpusmill pack`"):
        RowStream([str(tmp_path / "rows.parquet")])


def test_files_of_two_lengths_are_refused(paths: list[str], tmp_path: Path) -> None:
    other = packed_folder(tmp_path / "other", documents(20), settings=PackSettings(length=32))
    with pytest.raises(InputError, match="one length"):
        RowStream([*paths, *open_rows(str(other)).paths("train")])


def test_no_rows_are_told() -> None:
    with pytest.raises(InputError, match="no packed row"):
        RowStream([])

"""Whatever the strategy: every token is in one row, rows are not too long, documents keep their order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.trainer_files.packing.document_pieces import PlacedPieces, place_documents
from udfs.trainer_files.packing.settings import STRATEGIES

CAPACITY = 16
DOCUMENTS = st.lists(st.tuples(st.integers(0, 70), st.integers(0, 3)), max_size=40)


def placed(strategy: str, lengths: list[int], units: list[int], seed: int = 0) -> PlacedPieces:
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return place_documents(strategy, offsets, np.array(units, np.int64), CAPACITY, seed)


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(DOCUMENTS, st.integers(0, 5))
@settings(deadline=None)
def test_every_token_is_in_one_row(
    strategy: str, documents: list[tuple[int, int]], seed: int
) -> None:
    documents.sort(key=lambda pair: pair[1])
    lengths = [length for length, _ in documents]
    pieces = placed(strategy, lengths, [unit for _, unit in documents], seed)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    held = [
        token
        for start, length in zip(pieces.start, pieces.length, strict=True)
        for token in range(start, start + length)
    ]
    assert sorted(held) == list(range(sum(lengths)))
    assert (starts[pieces.document] <= pieces.start).all()
    assert (pieces.start + pieces.length <= starts[pieces.document + 1]).all()
    assert (pieces.length >= 1).all()
    if len(pieces.row):
        assert sorted(set(pieces.row.tolist())) == list(range(pieces.row[-1] + 1))
        assert (np.bincount(pieces.row, weights=pieces.length) <= CAPACITY).all()
        assert (np.diff(pieces.row) >= 0).all()


@given(DOCUMENTS)
@settings(deadline=None)
def test_only_documents_longer_than_a_row_are_cut_by_best_fit(
    documents: list[tuple[int, int]],
) -> None:
    lengths = [length for length, _ in documents]
    pieces = placed("best-fit", lengths, [0] * len(lengths))
    count = np.bincount(pieces.document, minlength=len(lengths))
    assert count.tolist() == [-(-length // CAPACITY) for length in lengths]


def test_concat_fills_every_row_but_the_last_and_keeps_the_order() -> None:
    pieces = placed("concat", [5, 0, 30, 3], [0, 0, 0, 0])
    assert pieces.document.tolist() == [0, 2, 2, 2, 3]
    assert pieces.start.tolist() == [0, 5, 16, 32, 35]
    assert pieces.length.tolist() == [5, 11, 16, 3, 3]
    assert pieces.row.tolist() == [0, 0, 1, 2, 2]


def test_one_document_a_row() -> None:
    pieces = placed("documents", [3, 20, 1], [0, 0, 0])
    assert len(set(pieces.row.tolist())) == len(pieces.row) == 4
    assert sorted(zip(pieces.document.tolist(), pieces.length.tolist(), strict=True)) == [
        (0, 3), (1, 4), (1, 16), (2, 1),
    ]  # fmt: skip


def test_documents_of_one_unit_share_rows() -> None:
    # Each unit fills a row exactly, though mixed they would do so, too.
    pieces = placed("best-fit", [8, 8, 10, 6], [1, 1, 2, 2])
    units = [
        {int(document) // 2 for document in pieces.document[pieces.row == row]}
        for row in range(int(pieces.row[-1]) + 1)
    ]
    assert sorted(map(sorted, units)) == [[0], [1]]


def test_rows_of_units_that_are_not_full_are_put_together() -> None:
    pieces = placed("best-fit", [4] * 8, list(range(8)))
    assert int(pieces.row[-1]) + 1 == 2


def test_the_seed_moves_rows_and_nothing_else() -> None:
    lengths = [9, 16, 7, 30, 2] * 8
    first, again, other = (placed("best-fit", lengths, [0] * 40, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first.document, other.document)

    def rows(pieces: PlacedPieces) -> list[list[int]]:
        return sorted(
            pieces.start[pieces.row == row].tolist() for row in range(int(pieces.row[-1]) + 1)
        )

    assert rows(first) == rows(other)

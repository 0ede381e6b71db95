"""Packed Parquet as an endless stream of rows, shuffled by a seed, that goes on from any row.

Row groups are shuffled, and rows among the groups of a window, which is what is held in memory. The
order depends on the files, the seed and the epoch alone, so that a training that goes on from row n
reads what it would have read, and processes side by side agree on it without speaking.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.runtime.contract.driver_tables import opened
from jobs.runtime.errors import InputError
from udfs.trainer_files.packing.token_rows import METADATA_KEY, RowBatch, row_batch

WINDOW_TOKENS: Final = 16 << 20
"""Tokens shuffled together, 64 MiB of ids: two full row groups of `corpusmill pack`."""
COLUMNS: Final = ("input_ids", "segment_lengths", "document_ids", "document_offsets", "padding")
SAME: Final = ("tokenizer_sha256", "vocabulary_size", "length", "eos_id")


class PackedRow(NamedTuple):
    """One row.

    Attributes:
        ids: int32[tokens], padding last.
        segment_lengths: int32[segments].
        padding: Padding tokens at the end.
        documents: Id of each segment's document.
        continued: bool[segments]; the segment begins in the middle of its document.
    """

    ids: npt.NDArray[np.int32]
    segment_lengths: npt.NDArray[np.int32]
    padding: int
    documents: Sequence[Any]
    continued: npt.NDArray[np.bool_]

    @property
    def predicted(self) -> int:
        """Tokens that are predicted: all of a segment but its first."""
        return len(self.ids) - self.padding - len(self.segment_lengths)


class _Group(NamedTuple):
    path: str
    number: int
    rows: int


class RowStream:
    """The rows of some files.

    Attributes:
        rows: Their number.
        facts: What the files say of tokeniser and settings, the same in all.
    """

    def __init__(self, paths: Sequence[str], window_tokens: int = WINDOW_TOKENS) -> None:
        """Read the files' footers.

        Args:
            paths: Parquet files of `corpusmill pack`, in a fixed order.
            window_tokens: Tokens held at once, 1 or more; at least one row group is.

        Raises:
            InputError: There is no row, a file is none of packed rows, or two files differ in
                tokeniser or length.
        """
        self._groups: list[_Group] = []
        self._window_tokens = window_tokens
        self.facts: dict[str, Any] = {}
        for path in paths:
            self._add(path)
        self.rows = sum(group.rows for group in self._groups)
        if not self.rows:
            raise InputError("there is no packed row to train on: pack documents first")

    @property
    def length(self) -> int:
        """Tokens of a full row."""
        return int(self.facts["length"])

    @property
    def vocabulary(self) -> int:
        """One more than the largest id."""
        return int(self.facts["vocabulary_size"])

    def _add(self, path: str) -> None:
        with opened(path) as file:
            told = (file.metadata.metadata or {}).get(METADATA_KEY)
            if told is None:
                raise InputError(
                    f"{path} was not written by `corpusmill pack`: give its folder packed/"
                )
            facts = {key: value for key, value in json.loads(told).items() if key in SAME}
            if self.facts and facts != self.facts:
                raise InputError(
                    f"{path} says {facts}, other files say {self.facts}: rows of one training have one "
                    "tokeniser and one length; pack again"
                )
            self.facts = facts
            self._groups += [
                _Group(path, number, file.metadata.row_group(number).num_rows)
                for number in range(file.num_row_groups)
            ]

    def in_order(self) -> Iterator[PackedRow]:
        """Return the rows once, as they lie in the files."""
        for group in self._groups:
            yield from packed_rows(_read([group]))

    def shuffled(self, seed: int, first: int = 0) -> Iterator[PackedRow]:
        """Return rows without end, each once an epoch.

        Args:
            seed: Of the order.
            first: Rows to leave out, as a training that goes on has seen them; their ids are not read.
        """
        epoch, left_out = divmod(first, self.rows)
        while True:
            for number, window in enumerate(self._windows(seed, epoch)):
                rows = sum(group.rows for group in window)
                if left_out < rows:
                    order = np.random.default_rng([seed, epoch, 1, number]).permutation(rows)
                    batch = _read(window)
                    yield from (_row(batch, int(place)) for place in order[left_out:])
                left_out = max(0, left_out - rows)
            epoch += 1

    def _windows(self, seed: int, epoch: int) -> Iterator[list[_Group]]:
        order = np.random.default_rng([seed, epoch, 0]).permutation(len(self._groups))
        window: list[_Group] = []
        held = 0
        for place in order:
            group = self._groups[place]
            tokens = group.rows * self.length
            if window and held + tokens > self._window_tokens:
                yield window
                window, held = [], 0
            window.append(group)
            held += tokens
        yield window


def _read(groups: Sequence[_Group]) -> RowBatch:
    tables = []
    for group in groups:
        with opened(group.path) as file:
            tables.append(file.read_row_group(group.number, columns=list(COLUMNS)))
    return row_batch(pa.concat_tables(tables))


def packed_rows(batch: RowBatch) -> Iterator[PackedRow]:
    """Return all rows of a batch, without copies."""
    return (_row(batch, place) for place in range(len(batch.padding)))


def _row(batch: RowBatch, place: int) -> PackedRow:
    first, last = batch.segment_offsets[place], batch.segment_offsets[place + 1]
    return PackedRow(
        batch.ids[batch.row_offsets[place] : batch.row_offsets[place + 1]],
        batch.segment_lengths[first:last],
        int(batch.padding[place]),
        batch.document_ids[first:last],
        batch.document_offsets[first:last] > 0,
    )

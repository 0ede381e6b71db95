"""What a trainer's format is given and gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from udfs.trainer_files.packing.token_rows import RowBatch, row_batch

OpenOutput = Callable[[str], AbstractContextManager[BinaryIO]]
"""Opens a file for writing by its name below the dataset."""
LARGEST_16_BIT_ID: Final = np.iinfo(np.uint16).max


@dataclass(frozen=True)
class RowFacts:
    """What is known of packed rows before any is read.

    Attributes:
        vocabulary_size: One more than the largest id.
        bos: Id before every document, if any.
        eos: Id behind every document, if any.
        pad: Id that fills rows.
        length: Tokens of a row.
        padded: Rows are filled up to their length.
        tokeniser: Name for formats that keep one.
        cut_documents: Documents in more than one piece; None before they are packed.
    """

    vocabulary_size: int
    bos: int | None
    eos: int | None
    pad: int
    length: int
    padded: bool
    tokeniser: str
    cut_documents: int | None = None


class TrainerFormat(Protocol):
    """A way to write packed rows."""

    def refusal(self, facts: RowFacts) -> str | None:
        """Return why files of these rows would say something wrong; None where they would not."""
        ...

    def write(
        self, parquet: pq.ParquetFile, name: str, facts: RowFacts, open_output: OpenOutput
    ) -> Mapping[str, Any]:
        """Write the rows of a Parquet file under a name without ending; return facts of what was written.

        Raises:
            ValueError: The file holds no row, or an id that the format's type does not.
        """
        ...

    def index(self, written: Mapping[str, Mapping[str, Any]]) -> Mapping[str, str]:
        """Return small files that list what was written, by name: file's name → its facts."""
        ...


class KeepsBoundaries:
    """A format that says nothing wrong of any rows: it keeps every boundary and every id."""

    def refusal(self, facts: RowFacts) -> str | None:  # noqa: ARG002
        """None."""
        return None


class WithoutIndex:
    """A format whose files stand alone."""

    def index(self, written: Mapping[str, Mapping[str, Any]]) -> Mapping[str, str]:  # noqa: ARG002
        """No file."""
        return {}


def row_batches(parquet: pq.ParquetFile) -> Iterator[RowBatch]:
    """Yield the row groups of a file of packed rows, one in memory at a time.

    Raises:
        ValueError: It holds no row; readers cannot open a file of tokens without any.
    """
    if not parquet.metadata.num_rows:
        raise ValueError("a file without rows has no form that a reader opens: leave it out")
    for number in range(parquet.num_row_groups):
        yield row_batch(parquet.read_row_group(number))


def stored(ids: npt.NDArray[np.int32], dtype: npt.DTypeLike) -> bytes:
    """Return ids in a trainer's little-endian type.

    Raises:
        ValueError: One does not fit; cut off, it would be another token.
    """
    limits = np.iinfo(np.dtype(dtype))
    if len(ids) and not (limits.min <= ids.min() and ids.max() <= limits.max):
        raise ValueError(f"ids {ids.min()} to {ids.max()} do not fit {np.dtype(dtype)}")
    return ids.astype(np.dtype(dtype).newbyteorder("<")).tobytes()


def without_padding(rows: RowBatch) -> npt.NDArray[np.int32]:
    """Return the ids of all rows, one behind the other, without what fills them."""
    ends = rows.row_offsets[1:] - rows.padding
    changes = np.zeros(len(rows.ids) + 1, np.int64)
    np.add.at(changes, ends, -1)
    np.add.at(changes, rows.row_offsets[1:], 1)
    kept = np.cumsum(changes)[:-1] >= 0
    return rows.ids[kept]
